import Kernels

@testable import Chainrule

/// `h = W h_1 + W h_2 + b`: a layer outside the library, whose weight's gradient is the sum of two terms, `Sᵀ H_1 + Sᵀ H_2`.
/// It is a dense layer of the sum of its inputs.
final class SharedDense: Layer {
    let kind: StaticString = "shared_dense"
    let settings = LayerSettings.dense(.identity, bias: true, weights: .glorotUniform, biases: .constant(0.25))
    let units: Int

    init(units: Int) { self.units = units }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape { try Shape([units]) }

    func tensors(shape: Shape, inputs: [Shape]) -> [TensorShape] {
        [
            TensorShape(
                name: "weight", extents: [units, inputs[0].count], role: .weight, initializer: .glorotUniform,
                gradientTerms: 2),
            TensorShape(name: "offset", extents: [units], role: .bias, initializer: .constant(0.25)),
        ]
    }

    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int {
        PackedProduct.scratchCount(columns: units, depth: inputs[0].count)
    }

    // The second product is made where h will be.
    var preactivation: Preactivation { .alwaysOwn }
    var signal: Signal { .delta }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        for index in 0..<2 {
            pass.arithmetic.productTransposed(
                pass.inputActivation(index), pass.parameter(0), plus: index == 0 ? pass.parameter(1) : nil,
                into: index == 0 ? pass.z : pass.h, scratch: pass.scratch)
        }
        pass.arithmetic.add(pass.z, to: pass.h)
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        for index in 0..<2 {
            guard let inputDelta = pass.inputDelta(index) else { continue }
            pass.arithmetic.product(
                pass.s, pass.parameter(0), into: inputDelta, accumulating: pass.accumulatesInputDelta(index),
                scratch: pass.scratch)
        }
    }

    func gradient(ofTensor index: Int, term: Int, _ pass: GradientPass) -> GradientTerm {
        index == 0 ? .transposedProduct(pass.s, pass.inputActivation(term)) : .columnSums(pass.s)
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let (z, h) = (pass.tangents.z, pass.tangents.h)
        z.fill { 0 }
        for index in 0..<2 {
            if let weightTangent = pass.parameterTangent(0) {
                pass.arithmetic.productTransposed(
                    pass.values.inputActivation(index), weightTangent,
                    plus: index == 0 ? pass.parameterTangent(1) : nil, into: h, scratch: pass.values.scratch)
                pass.arithmetic.add(h, to: z)
            }
            if let inputTangent = pass.inputTangent(index) {
                pass.arithmetic.productTransposed(
                    inputTangent, pass.values.parameter(0), plus: nil, into: h, scratch: pass.values.scratch)
                pass.arithmetic.add(h, to: z)
            }
        }
        h.assign(z)
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        for index in 0..<2 {
            guard let inputDelta = pass.tangents.inputDelta(index) else { continue }
            pass.arithmetic.product(
                pass.tangents.s, pass.values.parameter(0), into: inputDelta,
                accumulating: pass.tangents.accumulatesInputDelta(index), scratch: pass.values.scratch)
            if let weightTangent = pass.parameterTangent(0) {
                pass.arithmetic.product(
                    pass.values.s, weightTangent, into: inputDelta, accumulating: true, scratch: pass.values.scratch)
            }
        }
    }

    func gradientTangent(ofTensor index: Int, term: Int, _ pass: TangentGradientPass) -> GradientTerm? {
        switch (index, term) {
        case (0, 0), (0, 1): .transposedProduct(pass.tangents.s, pass.values.inputActivation(term))
        case (0, _): pass.inputTangent(term - 2).map { .transposedProduct(pass.values.s, $0) }
        case (_, 0): .columnSums(pass.tangents.s)
        default: nil
        }
    }

    /// As a dense layer's, twice.
    func gradientBound(positions: Int, signal: Double, input: Double) -> Double {
        2 * Double(positions) * signal * (1 + input)
    }

    func encode(to json: inout JSONWriter) { json.member("units", units) }
}
