import Kernels

/// A sum, a mean, a maximum or a minimum over some axes, or the place of the maximum: what is left has an element for each line along
/// them.
///
/// The sum is the adjoint of a repetition, `h = Bᵀ h_in`, `δ_in = B δ`. A maximum or minimum passes δ to the first of its largest or
/// smallest elements, whose place it keeps. A place has the gradient 0.
final class Reduction: ParameterlessLayer {
    static let kind: StaticString = "reduction"
    var kind: StaticString { Reduction.kind }
    var settings: LayerSettings { .reduction(method, axes: axes, keepsAxes: keepsAxes) }

    let method: ReductionMethod
    let axes: [Int]
    /// Whether the axes stay, with length 1.
    let keepsAxes: Bool

    init(_ method: ReductionMethod, axes: [Int], keepsAxes: Bool) {
        self.method = method
        self.axes = axes
        self.keepsAxes = keepsAxes
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        var seen = SIMD4<Int>()
        for axis in axes {
            guard axis >= 0 && axis < input.rank, seen[axis] == 0 else {
                throw ChainruleError(
                    .value,
                    """
                    reduction '\(name.text)': \(axis) is \(axis >= 0 && axis < input.rank ? "twice" : "not") among the axes \
                    of \(input.text)
                    """)
            }
            seen[axis] = 1
        }
        guard !axes.isEmpty else {
            throw ChainruleError(.size, "reduction '\(name.text)' takes at least 1 axis of \(input.text); 0 were given")
        }
        var extents: [Int] = []
        for axis in 0..<input.rank where keepsAxes || seen[axis] == 0 {
            extents.append(seen[axis] == 0 ? input[axis] : 1)
        }
        let shape = try Shape(extents.isEmpty ? [1] : extents)
        // A place is a float32, which tells so many apart.
        guard !method.looksForPlaces || input.count / shape.count <= 1 << 24 else {
            throw ChainruleError(
                .size, "reduction '\(name.text)' reads \(input.text): a maximum is of at most 16777216 elements")
        }
        return shape
    }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence {
        axes.contains(0) || shape.rank == 1 ? .allSteps : .step
    }

    func keptPerRow(shape: Shape, inputs: [Shape]) -> Int {
        method.looksForPlaces && method != .argmax ? shape.count : 0
    }

    /// The lines of a row, and an element for each.
    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int {
        Int(clamping: (method.looksForPlaces ? Int64(inputs[0].count) : 0) + Int64(shape.count))
    }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        guard method.looksForPlaces else { return sum(pass) }
        let (x, h) = (pass.samples(of: pass.inputActivation(0)), pass.samples(of: pass.h))
        let window = window(pass)
        for row in 0..<h.rows {
            let lines = lines(of: x.row(row), pass)
            if method == .minimum { lines.negate() }
            let isPlace = method == .argmax
            let largest = isPlace ? room(pass) : h.row(row)
            pass.arithmetic.maximum(window, lines, into: largest, taps: isPlace ? h.row(row) : pass.kept?.row(row))
            if method == .minimum { largest.negate() }
        }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) { passBack(pass, kept: pass) }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let h = pass.tangents.samples(of: pass.tangents.h)
        guard method != .argmax else { return h.clear() }
        guard method.looksForPlaces else { return sum(pass.tangents) }
        let x = pass.tangents.samples(of: pass.tangents.inputActivation(0))
        for row in 0..<h.rows {
            pass.arithmetic.gatherMaximum(
                window(pass.tangents), taps: pass.values.kept!.row(row), lines(of: x.row(row), pass.tangents),
                into: h.row(row))
        }
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { passBack(pass.tangents, kept: pass.values) }

    /// - Parameter kept: the pass that keeps the places.
    private func passBack(_ pass: LayerPass, kept: LayerPass) {
        guard let inputDelta = pass.inputDelta(0).map(pass.samples) else { return }
        let (delta, accumulating) = (pass.samples(of: pass.delta), pass.accumulatesInputDelta(0))
        guard method != .argmax else {
            if !accumulating { inputDelta.clear() }
            return
        }
        let (repetition, order, window) = (
            repetition(of: pass.inputShape(0)), order(of: pass.inputShape(0), into: pass.shape), window(pass)
        )
        for row in 0..<delta.rows {
            if method.looksForPlaces {
                let lines = lines(pass)
                lines.clear()
                pass.arithmetic.scatterMaximum(window, taps: kept.kept!.row(row), delta.row(row), into: lines)
                order.applyAdjoint(
                    lines.asRow, to: inputDelta.row(row), accumulating: accumulating, pass.arithmetic)
            } else {
                let share = room(pass)
                pass.arithmetic.scale(delta.row(row), by: weight(pass), into: share)
                repetition.apply(share, to: inputDelta.row(row), accumulating: accumulating, pass.arithmetic)
            }
        }
    }

    /// The sum, times 1 or, for a mean, divided by the number of elements.
    private func sum(_ pass: LayerPass) {
        let (x, h) = (pass.samples(of: pass.inputActivation(0)), pass.samples(of: pass.h))
        let (repetition, sums) = (repetition(of: pass.inputShape(0)), room(pass))
        for row in 0..<h.rows {
            repetition.applyAdjoint(x.row(row), to: sums, accumulating: false, pass.arithmetic)
            pass.arithmetic.scale(sums, by: weight(pass), into: h.row(row))
        }
    }

    private func weight(_ pass: LayerPass) -> Float { method == .sum ? 1 : 1 / Float(length(pass)) }

    /// How many elements make one.
    private func length(_ pass: LayerPass) -> Int { pass.inputShape(0).count / pass.shape.count }

    /// The distance in h between neighbours along an axis of the input; 0 if the axis is reduced.
    private func stride(ofAxis axis: Int, _ input: Shape) -> Int {
        if axes.contains(axis) { return 0 }
        var stride = 1
        for inner in axis + 1..<max(input.rank, axis + 1) where !axes.contains(inner) { stride *= input[inner] }
        return stride
    }

    /// From h to the input.
    func repetition(of input: Shape) -> Rearrangement {
        var repetition = Rearrangement(isPermutation: axes.allSatisfy { input[$0] == 1 })
        for axis in 0..<input.rank {
            repetition.append(
                input[axis], source: stride(ofAxis: axis, input), result: input.stride(ofAxis: axis))
        }
        return repetition
    }

    /// From a row of the input to a matrix with a column for each element of h.
    func order(of input: Shape, into shape: Shape) -> Rearrangement {
        var order = Rearrangement(isPermutation: true)
        var rows = input.count / shape.count
        for axis in 0..<input.rank {
            var distance = stride(ofAxis: axis, input)
            if distance == 0 {
                rows /= input[axis]
                distance = rows * shape.count
            }
            order.append(input[axis], source: input.stride(ofAxis: axis), result: distance)
        }
        return order
    }

    private func lines(of x: Matrix, _ pass: LayerPass) -> Matrix {
        let lines = lines(pass)
        order(of: pass.inputShape(0), into: pass.shape).apply(x, to: lines.asRow, accumulating: false, pass.arithmetic)
        return lines
    }

    private func lines(_ pass: LayerPass) -> Matrix {
        Matrix(base: pass.scratch.base + pass.shape.count, rows: length(pass), columns: pass.shape.count)
    }

    private func room(_ pass: LayerPass) -> Matrix {
        Matrix(base: pass.scratch.base, rows: 1, columns: pass.shape.count)
    }

    /// Over all rows of the lines.
    private func window(_ pass: LayerPass) -> Window {
        let (one, all) = (Window.Axes(repeating: 1), Window.Axes(1, length(pass), 1))
        return Window(input: all, output: one, kernel: all, stride: one, dilation: one, before: Window.Axes())
    }

    func encode(to json: inout JSONWriter) {
        json.member("method", method.identifier.description)
        json.member("axes", axes)
        json.member("keeps_axes", keepsAxes)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        let name = try object.text("method")
        for method in ReductionMethod.allCases where name.isSame(as: method.identifier.description) {
            return Reduction(
                method, axes: try object.integers("axes"), keepsAxes: try object.boolean("keeps_axes"))
        }
        throw ChainruleError(
            .format, "a layer has the reduction method '\(name.content)', which this version does not know")
    }
}

/// What a reduction makes of the elements along its axes.
public enum ReductionMethod: Sendable, CaseIterable {
    case sum
    case mean
    case maximum
    case minimum
    /// The place of the first of the largest elements, as a whole number from 0; over several axes counted row by row.
    case argmax

    var identifier: StaticString {
        switch self {
        case .sum: "sum"
        case .mean: "mean"
        case .maximum: "maximum"
        case .minimum: "minimum"
        case .argmax: "argmax"
        }
    }

    fileprivate var looksForPlaces: Bool {
        switch self {
        case .sum, .mean: false
        case .maximum, .minimum, .argmax: true
        }
    }
}

extension Matrix {
    fileprivate func negate() { for index in 0..<count { base[index] = -base[index] } }
}
