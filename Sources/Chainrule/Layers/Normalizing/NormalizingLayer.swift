/// A layer that normalises, and then scales and shifts each channel: `z = x̂`, `h = γ ⊙ z + β`. What is normalised together
/// has mean 0 and variance 1 in z, or mean square 1. γ and β are optional; there is no β without γ.
protocol NormalizingLayer: GradientWritingLayer {
    var hasScale: Bool { get }
    var hasOffset: Bool { get }
    /// ε, added to variances.
    var epsilon: Float { get }
}

extension NormalizingLayer {
    func checkEpsilon(_ layer: LayerName) throws(ChainruleError) {
        guard epsilon > 0 && epsilon.isFinite else {
            throw ChainruleError(
                .value, "\(kind) '\(layer.text)': epsilon is \(epsilon); it must be finite and > 0")
        }
    }

    func tensors(shape: Shape, inputs: [Shape]) -> [TensorShape] {
        var tensors: [TensorShape] = []
        if hasScale {
            tensors.append(
                TensorShape(name: "weight", extents: [shape.channels], role: .scale, initializer: .constant(1)))
        }
        if hasOffset {
            tensors.append(TensorShape(name: "bias", extents: [shape.channels], role: .bias, initializer: .zeros))
        }
        return tensors
    }

    var preactivation: Preactivation { hasScale ? .own : .activation }
    var signal: Signal { .delta }

    /// `h = γ ⊙ z + β`.
    func scale(_ pass: LayerPass) {
        guard hasScale else { return }
        pass.arithmetic.columnAffine(
            pass.z, scale: pass.vector(0), plus: nil, scale: nil, offset: hasOffset ? pass.vector(1) : nil,
            into: pass.h, accumulating: false)
    }

    /// `R{h} = γ ⊙ R{z} + R{γ} ⊙ z + R{β}`.
    func scaleTangent(_ pass: TangentPass) {
        let (z, h) = (pass.tangents.z, pass.tangents.h)
        guard hasScale else { return h.assign(z) }
        let gammaTangent = pass.vectorTangent(0)
        pass.arithmetic.columnAffine(
            z, scale: pass.values.vector(0), plus: gammaTangent == nil ? nil : pass.values.z, scale: gammaTangent,
            offset: hasOffset ? pass.vectorTangent(1) : nil, into: h, accumulating: false)
    }

    func writeGradient(
        ofTensor index: Int, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart
    ) {
        sumProducts(ofTensor: index, into: gradient, accumulating: accumulating, pass, part)
    }

    /// `∂C/∂γ = Σ δ ⊙ z`, `∂C/∂β = Σ δ`.
    func sumProducts(
        ofTensor index: Int, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart
    ) {
        if hasScale && index == 0 {
            part.columnProducts(pass.delta, pass.z, into: gradient, accumulating: accumulating)
        } else {
            part.sumColumns(pass.delta, into: gradient, accumulating: accumulating)
        }
    }

    func writeGradientTangent(
        ofTensor index: Int, into tangent: Matrix, accumulating: Bool, _ pass: TangentGradientPass, _ part: GradientPart
    ) {
        guard hasScale && index == 0 else {
            return part.sumColumns(pass.tangents.delta, into: tangent, accumulating: accumulating)
        }
        part.columnProducts(pass.tangents.delta, pass.values.z, into: tangent, accumulating: accumulating)
        part.columnProducts(pass.values.delta, pass.tangents.z, into: tangent, accumulating: true)
    }
}
