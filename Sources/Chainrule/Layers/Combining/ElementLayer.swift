import Kernels

/// A layer whose elements are a function of those of one layer or two: `h = f(a, b)`, `δ_a = δ ⊙ ∂f/∂a`, `δ_b = δ ⊙ ∂f/∂b`. By the
/// chain rule `R{h} = ∂f/∂a ⊙ R{a} + ∂f/∂b ⊙ R{b}` and
///
///     R{δ_a} = R{δ} ⊙ ∂f/∂a + δ ⊙ (∂²f/∂a² ⊙ R{a} + ∂²f/∂a∂b ⊙ R{b})
///
/// and likewise for b.
final class ElementLayer: CombiningLayer {
    static let functionKind: StaticString = "function"

    let kind: StaticString
    let settings: LayerSettings
    private let formula: ElementFormula
    /// nil: of two layers.
    private let function: ElementFunction?

    init(_ function: ElementFunction) {
        (kind, settings, formula) = (ElementLayer.functionKind, .function(function), function.formula)
        self.function = function
    }

    init(_ pair: ElementPair) {
        (kind, settings, formula) = (pair.kind, pair.settings, pair.formula)
        function = nil
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        if let function {
            try function.validate(layer: name)
            return try onlyInput(inputs, of: name)
        }
        guard inputs.count == 2 else {
            throw ChainruleError(.size, "\(kind) '\(name.text)' reads two layers; \(inputs.count) were given")
        }
        return try commonShape(named: name, ofInputs: inputs)
    }

    var mapsChannels: Bool {
        if case .affine = function { return true }
        return false
    }

    func channelMap(_ channel: Int, _ numbers: LayerNumbers) -> ChannelMap {
        guard case .affine(let factor, let offset) = function else { preconditionFailure("no channels are mapped") }
        return ChannelMap(factor: Double(factor), offset: Double(offset))
    }

    var predictsInPlace: Bool { true }

    /// A row of a and of b, a derivative, and a row of a tangent.
    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int {
        Int(clamping: (backward ? 4 : 2) * Int64(shape.count))
    }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        let h = pass.samples(of: pass.h)
        for row in 0..<h.rows { compute(.value, pass, row, into: h.row(row)) }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) { passBack(pass, values: pass) }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let h = pass.tangents.samples(of: pass.tangents.h)
        for row in 0..<h.rows {
            h.row(row).clear()
            for index in 0..<pass.values.inputCount where pass.inputTangent(index) != nil {
                let tangent = operand(index, of: pass.tangents, row, 3)
                pass.arithmetic.add(product(partial(index), tangent, pass.values, row), to: h.row(row))
            }
        }
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        passBack(pass.tangents, values: pass.values)
        if formula.isStraight { return }
        let delta = pass.values.samples(of: pass.values.delta)
        for index in 0..<pass.values.inputCount {
            guard let inputDelta = pass.tangents.inputDelta(index).map(pass.tangents.samples) else { continue }
            let repetition = pass.values.repetition(ofInput: index)
            for other in 0..<pass.values.inputCount where pass.inputTangent(other) != nil {
                for row in 0..<delta.rows {
                    let curvature = product(partial(index, other), delta.row(row), pass.values, row)
                    pass.arithmetic.multiply(curvature, by: operand(other, of: pass.tangents, row, 3))
                    repetition.applyAdjoint(
                        curvature, to: inputDelta.row(row), accumulating: true, pass.arithmetic)
                }
            }
        }
    }

    private func passBack(_ pass: LayerPass, values: LayerPass) {
        let delta = pass.samples(of: pass.delta)
        for index in 0..<pass.inputCount {
            guard let inputDelta = pass.inputDelta(index).map(pass.samples) else { continue }
            let repetition = pass.repetition(ofInput: index)
            for row in 0..<delta.rows {
                repetition.applyAdjoint(
                    product(partial(index), delta.row(row), values, row), to: inputDelta.row(row),
                    accumulating: pass.accumulatesInputDelta(index), pass.arithmetic)
            }
        }
    }

    private func partial(_ index: Int) -> Partial { index == 0 ? .byA : .byB }

    private func partial(_ index: Int, _ other: Int) -> Partial {
        index != other ? .byBoth : index == 0 ? .byATwice : .byBTwice
    }

    /// A derivative of a row times other numbers, in scratch memory.
    @inline(never)
    private func product(_ partial: Partial, _ factors: Matrix, _ pass: LayerPass, _ row: Int) -> Matrix {
        let result = room(2, pass)
        compute(partial, pass, row, into: result)
        pass.arithmetic.multiply(result, by: factors)
        return result
    }

    private func compute(_ partial: Partial, _ pass: LayerPass, _ row: Int, into result: Matrix) {
        let a = operand(0, of: pass, row, 0)
        let b = pass.inputCount > 1 ? operand(1, of: pass, row, 1) : a
        pass.arithmetic.compute(formula, partial, a, b, numbers: function?.numbers ?? SIMD2(), into: result)
    }

    /// A row of an input in the layer's shape; in scratch memory if elements are repeated.
    private func operand(_ index: Int, of pass: LayerPass, _ row: Int, _ place: Int) -> Matrix {
        let input = pass.samples(of: pass.inputActivation(index)).row(row)
        if input.count == pass.shape.count { return input }
        let result = room(place, pass)
        pass.repetition(ofInput: index).apply(input, to: result, accumulating: false, pass.arithmetic)
        return result
    }

    private func room(_ place: Int, _ pass: LayerPass) -> Matrix {
        Matrix(base: pass.scratch.base + place * pass.shape.count, rows: 1, columns: pass.shape.count)
    }

    func encode(to json: inout JSONWriter) { function?.encode(to: &json) }

    static func decodeFunction(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        ElementLayer(try ElementFunction.decode(object))
    }
}

/// A function of the elements of two layers.
enum ElementPair {
    case product, quotient, maximum, minimum, power

    var kind: StaticString {
        switch self {
        case .product: "product"
        case .quotient: "quotient"
        case .maximum: "maximum"
        case .minimum: "minimum"
        case .power: "power"
        }
    }

    fileprivate var settings: LayerSettings {
        switch self {
        case .product: .product
        case .quotient: .quotient
        case .maximum: .maximum
        case .minimum: .minimum
        case .power: .power
        }
    }

    fileprivate var formula: ElementFormula {
        switch self {
        case .product: .product
        case .quotient: .quotient
        case .maximum: .maximum
        case .minimum: .minimum
        case .power: .power
        }
    }
}

extension ElementFormula {
    /// Whether its second derivatives are 0.
    fileprivate var isStraight: Bool {
        switch self {
        case .maximum, .minimum, .affine, .clip, .absolute, .step, .stepwiseSigmoid, .quantize, .floor: true
        default: false
        }
    }
}
