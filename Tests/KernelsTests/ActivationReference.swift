import Foundation
import Kernels

/// What each elementwise activation is in float64, written independently of the library's formulas: with erfc instead
/// of erf, hyperbolic functions instead of exponentials, and derivatives of z alone.
struct ElementwiseReference: Sendable {
    let name: String
    var alpha = 0.0
    let kernel: @Sendable (ActivationKernels<Float>) -> ActivationKernel<Float>
    let value: @Sendable (Double) -> Double
    let derivative: @Sendable (Double) -> Double
    let secondDerivative: @Sendable (Double) -> Double
    /// The library's own formulas at float64.
    let formula: Float64Formula
    /// σ and σ' at −∞ and at +∞.
    let limits: (below: (h: Double, slope: Double), above: (h: Double, slope: Double))
    /// Where σ or σ' has a kink, apart from 0.
    var kinks: [Double] = []
}

private let infinity = Double.infinity
private let seluAlpha = 1.673263242354377284817
private let seluScale = 1.050700987355480493419

private func sigmoid(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
private func sigmoidSlope(_ z: Double) -> Double { 1 / (4 * cosh(z / 2) * cosh(z / 2)) }
private func cubic(_ z: Double) -> Double { (2 / Double.pi).squareRoot() * (z + 0.044715 * pow(z, 3)) }
private func normalDistribution(_ z: Double) -> Double { erfc(-z / 2.0.squareRoot()) / 2 }
private func normalDensity(_ z: Double) -> Double { exp(-z * z / 2) / (2 * Double.pi).squareRoot() }

/// `σ = z p(2u)` with `p` the sigmoid and u the cubic, so that `σ'' = 4 u' p' + 2 z u'' p' + 4 z u'² p''`.
private func geluTanhCurvature(_ z: Double) -> Double {
    let (u, scale) = (cubic(z), (2 / Double.pi).squareRoot())
    let (first, second) = (scale * (1 + 3 * 0.044715 * z * z), scale * 6 * 0.044715 * z)
    let slope = sigmoidSlope(2 * u)
    if slope == 0 { return 0 }
    return slope * (4 * first + 2 * z * second - 4 * z * first * first * tanh(u))
}

/// `σ = z tanh u` with u the softplus, so that `u' = p`, the sigmoid, and `p'' = p' (1 − 2 p)`.
private func mish(_ z: Double) -> (h: Double, slope: Double, curvature: Double) {
    let (u, p, steepness) = (log1p(exp(-abs(z))) + max(z, 0), sigmoid(z), sigmoidSlope(z))
    let fall = 1 / (cosh(u) * cosh(u))
    if fall == 0 || p == 0 { return (z * tanh(u), tanh(u), 0) }
    return (
        z * tanh(u), tanh(u) + z * fall * p, 2 * fall * p + z * (fall * steepness - 2 * tanh(u) * fall * p * p)
    )
}

enum ActivationReference {
    /// An activation for tests that only need its kernel.
    struct Entry: Sendable {
        let name: String
        let alpha: Double
        let kernel: @Sendable (ActivationKernels<Float>) -> ActivationKernel<Float>
    }

    /// Every activation, the row activations included.
    static let all =
        elementwise.map { Entry(name: $0.name, alpha: $0.alpha, kernel: $0.kernel) } + [
            Entry(name: "softmax", alpha: 0) { $0.softmax },
            Entry(name: "logSoftmax", alpha: 0) { $0.logSoftmax },
        ]

    static let elementwise = smooth + rectifiers + clipped

    static let smooth = [
        ElementwiseReference(
            name: "identity", kernel: { $0.identity }, value: { $0 }, derivative: { _ in 1 },
            secondDerivative: { _ in 0 },
            formula: Float64Formula(IdentityActivation.self), limits: ((-infinity, 1), (infinity, 1))),
        ElementwiseReference(
            name: "sigmoid", kernel: { $0.sigmoid }, value: { sigmoid($0) }, derivative: { sigmoidSlope($0) },
            secondDerivative: { -sigmoidSlope($0) * Foundation.tanh($0 / 2) },
            formula: Float64Formula(curved: SigmoidActivation.self), limits: ((0, 0), (1, 0))),
        ElementwiseReference(
            name: "tanh", kernel: { $0.tanh }, value: { Foundation.tanh($0) },
            derivative: { 1 / (cosh($0) * cosh($0)) },
            secondDerivative: { -2 * Foundation.tanh($0) / (cosh($0) * cosh($0)) },
            formula: Float64Formula(curved: TanhActivation.self), limits: ((-1, 0), (1, 0))),
        ElementwiseReference(
            name: "softplus", kernel: { $0.softplus },
            value: { $0 > 30 ? $0 : $0 < -30 ? exp($0) : log(1 + exp($0)) }, derivative: { sigmoid($0) },
            secondDerivative: { sigmoidSlope($0) },
            formula: Float64Formula(curved: SoftplusActivation.self), limits: ((0, 0), (infinity, 1))),
        ElementwiseReference(
            name: "gelu", kernel: { $0.gelu }, value: { $0 * normalDistribution($0) },
            derivative: { normalDistribution($0) + $0 * normalDensity($0) },
            secondDerivative: { normalDensity($0) == 0 ? 0 : normalDensity($0) * (2 - $0 * $0) },
            formula: Float64Formula(curved: GELUActivation.self), limits: ((0, 0), (infinity, 1))),
        ElementwiseReference(
            name: "geluTanh", kernel: { $0.geluTanh }, value: { $0 * sigmoid(2 * cubic($0)) },
            derivative: { z in
                let slope = (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * z * z)
                return sigmoid(2 * cubic(z)) + 2 * z * sigmoidSlope(2 * cubic(z)) * slope
            },
            secondDerivative: { geluTanhCurvature($0) },
            formula: Float64Formula(curved: GELUTanhActivation.self), limits: ((0, 0), (infinity, 1))),
        ElementwiseReference(
            name: "silu", kernel: { $0.silu }, value: { $0 * sigmoid($0) },
            derivative: { sigmoid($0) + $0 * sigmoidSlope($0) },
            secondDerivative: { sigmoidSlope($0) == 0 ? 0 : sigmoidSlope($0) * (2 - $0 * Foundation.tanh($0 / 2)) },
            formula: Float64Formula(curved: SiLUActivation.self), limits: ((0, 0), (infinity, 1))),
        ElementwiseReference(
            name: "mish", kernel: { $0.mish }, value: { mish($0).h }, derivative: { mish($0).slope },
            secondDerivative: { mish($0).curvature },
            formula: Float64Formula(curved: MishActivation.self), limits: ((0, 0), (infinity, 1))),
        ElementwiseReference(
            name: "softsign", kernel: { $0.softsign }, value: { $0 / (1 + abs($0)) },
            derivative: { pow(1 + abs($0), -2) },
            secondDerivative: { ($0 < 0 ? 2 : -2) * pow(1 + abs($0), -3) },
            formula: Float64Formula(curved: SoftsignActivation.self), limits: ((-1, 0), (1, 0))),
        ElementwiseReference(
            name: "exponential", kernel: { $0.exponential }, value: { exp($0) }, derivative: { exp($0) },
            secondDerivative: { exp($0) },
            formula: Float64Formula(curved: ExponentialActivation.self), limits: ((0, 0), (infinity, infinity))),
    ]

    static let rectifiers = [
        ElementwiseReference(
            name: "relu", kernel: { $0.relu }, value: { max(0, $0) }, derivative: { $0 > 0 ? 1 : 0 },
            secondDerivative: { _ in 0 },
            formula: Float64Formula(ReLUActivation.self), limits: ((0, 0), (infinity, 1))),
        ElementwiseReference(
            name: "leakyReLU", alpha: 0.01, kernel: { $0.leakyReLU },
            value: { max(0, $0) + Double(Float(0.01)) * min(0, $0) },
            derivative: { $0 > 0 ? 1 : Double(Float(0.01)) },
            secondDerivative: { _ in 0 },
            formula: Float64Formula(LeakyReLUActivation.self), limits: ((-infinity, 0.01), (infinity, 1))),
        ElementwiseReference(
            name: "elu", alpha: 1.5, kernel: { $0.elu }, value: { max(0, $0) + 1.5 * expm1(min(0, $0)) },
            derivative: { $0 > 0 ? 1 : 1.5 * exp($0) },
            secondDerivative: { $0 > 0 ? 0 : 1.5 * exp($0) },
            formula: Float64Formula(curved: ELUActivation.self), limits: ((-1.5, 0), (infinity, 1))),
        ElementwiseReference(
            name: "selu", kernel: { $0.selu },
            value: { seluScale * (max(0, $0) + seluAlpha * expm1(min(0, $0))) },
            derivative: { $0 > 0 ? seluScale : seluScale * seluAlpha * exp($0) },
            secondDerivative: { $0 > 0 ? 0 : seluScale * seluAlpha * exp($0) },
            formula: Float64Formula(curved: SELUActivation.self),
            limits: ((-seluScale * seluAlpha, 0), (infinity, seluScale))),
    ]

    static let clipped = [
        ElementwiseReference(
            name: "clippedReLU", alpha: 1.5, kernel: { $0.clippedReLU }, value: { min(max(0, $0), 1.5) },
            derivative: { $0 > 0 && $0 < 1.5 ? 1 : 0 }, secondDerivative: { _ in 0 },
            formula: Float64Formula(ClippedReLUActivation.self), limits: ((0, 0), (1.5, 0)), kinks: [1.5]),
        ElementwiseReference(
            name: "hardSigmoid", kernel: { $0.hardSigmoid }, value: { min(max(0, $0 / 6 + 0.5), 1) },
            derivative: { abs($0) < 3 ? 1 / 6.0 : 0 }, secondDerivative: { _ in 0 },
            formula: Float64Formula(HardSigmoidActivation.self), limits: ((0, 0), (1, 0)), kinks: [-3, 3]),
        ElementwiseReference(
            name: "hardSwish", kernel: { $0.hardSwish }, value: { $0 * min(max(0, $0 / 6 + 0.5), 1) },
            derivative: { $0 <= -3 ? 0 : $0 >= 3 ? 1 : $0 / 3 + 0.5 },
            secondDerivative: { abs($0) < 3 ? 1 / 3.0 : 0 },
            formula: Float64Formula(curved: HardSwishActivation.self), limits: ((0, 0), (infinity, 1)), kinks: [-3, 3]),
    ]
}

/// Softmax and log-softmax in float64: the value, and `Jᵀ δ` from the whole Jacobian J.
enum RowReference {
    static func softmax(_ z: [Double]) -> [Double] {
        let powers = z.map { exp($0 - z.max()!) }
        let total = powers.reduce(0, +)
        return powers.map { $0 / total }
    }

    static func logSoftmax(_ z: [Double]) -> [Double] {
        let total = z.map { exp($0 - z.max()!) }.reduce(0, +)
        return z.map { $0 - z.max()! - log(total) }
    }

    /// `∂h_i/∂z_j = h_i (1_ij − h_j)`.
    static func softmaxBackward(_ z: [Double], _ delta: [Double]) -> [Double] {
        let h = softmax(z)
        return z.indices.map { j in
            z.indices.map { i in delta[i] * h[i] * ((i == j ? 1 : 0) - h[j]) }.reduce(0, +)
        }
    }

    /// How a function of z and δ, such as those above, changes along R{z}: by differences.
    static func changed(
        _ function: ([Double], [Double]) -> [Double], _ z: [Double], _ delta: [Double], along tangent: [Double]
    ) -> [Double] {
        let step = 1e-5
        let above = function(zip(z, tangent).map { $0 + step * $1 }, delta)
        let below = function(zip(z, tangent).map { $0 - step * $1 }, delta)
        return zip(above, below).map { ($0 - $1) / (2 * step) }
    }

    /// `∂h_i/∂z_j = 1_ij − softmax_j`.
    static func logSoftmaxBackward(_ z: [Double], _ delta: [Double]) -> [Double] {
        let p = softmax(z)
        return z.indices.map { j in z.indices.map { i in delta[i] * ((i == j ? 1 : 0) - p[j]) }.reduce(0, +) }
    }
}
