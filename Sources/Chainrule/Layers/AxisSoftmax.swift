import Kernels

/// Softmax along any axis: `h_i = e^z_i / Σ_j e^z_j` on each line along the axis, where z is the input's h. Its Jacobian J on a
/// line is symmetric, so that `δ_in = J δ` and `R{h} = J R{z}`; `R{δ_in} = J R{δ} + R{J} δ`.
///
/// The kernels work on rows: the lines of a sample are moved into rows of scratch memory, and back.
final class AxisSoftmax: ParameterlessLayer {
    static let kind: StaticString = "softmax"
    var kind: StaticString { AxisSoftmax.kind }
    var settings: LayerSettings { .softmax(axis: axis) }

    let axis: Int

    init(axis: Int) { self.axis = axis }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        guard axis >= 0 && axis < input.rank, input[axis] > 1 else {
            throw ChainruleError(
                .value,
                "softmax '\(name.text)' runs along axis \(axis); \(input.text) has none of at least 2 elements there")
        }
        return input
    }

    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int {
        Int(clamping: (backward ? 4 : 1) * Int64(shape.count))
    }

    var preactivation: Preactivation { .input }
    var signal: Signal { .none }
    var overwritesInput: Bool { true }
    var overwritesDelta: Bool { true }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence {
        axis == 0 && shape.rank > 1 ? .allSteps : .step
    }

    func forward(_ pass: LayerPass) throws(ChainruleError) { compute(pass.z, nil, nil, nil, into: pass.h, false, pass) }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0) else { return }
        compute(pass.delta, pass.h, nil, nil, into: inputDelta, pass.accumulatesInputDelta(0), pass)
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        compute(pass.tangents.z, pass.values.h, nil, nil, into: pass.tangents.h, false, pass.values)
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        let (values, tangents) = (pass.values, pass.tangents)
        guard let inputDelta = tangents.inputDelta(0) else { return }
        compute(
            tangents.delta, values.h, tangents.h, values.delta, into: inputDelta, tangents.accumulatesInputDelta(0),
            values)
    }

    /// Softmax of u; with h `J u`; with R{h} and δ `J u + R{J} δ`. On each line.
    @inline(never)
    private func compute(
        _ u: Matrix, _ h: Matrix?, _ hTangent: Matrix?, _ delta: Matrix?, into result: Matrix, _ accumulating: Bool,
        _ pass: LayerPass
    ) {
        func kernel(_ arithmetic: Arithmetic) -> ActivationKernel<Float> { arithmetic.kernels.activations.softmax }
        let rearrangement = rearrangement(of: pass.shape)
        for sample in 0..<pass.rows.count {
            /// The lines of one of the matrices, in one of the four parts of the scratch memory.
            func lines(of matrix: Matrix, _ part: Int) -> Matrix {
                let lines = Matrix(
                    base: pass.scratch.base + part * pass.shape.count, rows: 1, columns: pass.shape.count)
                rearrangement.apply(
                    pass.samples(of: matrix).row(sample), to: lines, accumulating: false, pass.arithmetic)
                return lines.reshaped(columns: pass.shape[axis])
            }
            let u = lines(of: u, 0)
            if let h {
                let h = lines(of: h, 1)
                pass.arithmetic.applyBackward(kernel, alpha: 0, z: h, h: h, delta: u, s: u)
                if let hTangent, let delta {
                    let hTangent = lines(of: hTangent, 2)
                    pass.arithmetic.addCurvature(
                        kernel, alpha: 0, z: h, h: h, zTangent: hTangent, hTangent: hTangent,
                        delta: lines(of: delta, 3), sTangent: u)
                }
            } else {
                pass.arithmetic.apply(kernel, alpha: 0, z: u, h: u)
            }
            rearrangement.applyAdjoint(
                u.reshaped(columns: u.count), to: pass.samples(of: result).row(sample), accumulating: accumulating,
                pass.arithmetic)
        }
    }

    /// From a sample to its lines.
    func rearrangement(of shape: Shape) -> Rearrangement {
        let (length, inner) = (shape[axis], shape.stride(ofAxis: axis))
        var rearrangement = Rearrangement(isPermutation: true)
        rearrangement.append(shape.count / (length * inner), source: length * inner, result: length * inner)
        rearrangement.append(length, source: inner, result: 1)
        rearrangement.append(inner, source: 1, result: length)
        return rearrangement
    }

    func encode(to json: inout JSONWriter) {
        json.member("axis", axis)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        AxisSoftmax(axis: try object.integer("axis"))
    }
}
