/// The table of methods, and what several of them share.
public enum OptimizationMethods {
    /// Every method with its usual hyperparameters.
    public static var all: [any OptimizationMethod] {
        [
            GradientDescent(), Momentum(), Nesterov(), AdaGrad(), RMSprop(), Adam(), AdamW(), AMSGrad(), NAdam(),
            Lion(),
            IRPROPMinus(), Quickprop(),
        ]
    }

    static var largest: Double { Double(Float.greatestFiniteMagnitude) }

    // MARK: Checks of hyperparameters

    static func check(_ value: Float, _ name: StaticString, of method: StaticString) throws(ChainruleError) {
        guard value >= 0 && value < 1 else {
            throw ChainruleError(.value, "\(name) of \(method) is \(value); it must be in [0, 1)")
        }
    }

    static func check(epsilon: Float, of method: StaticString) throws(ChainruleError) {
        guard epsilon.isFinite && epsilon >= 1e-30 else {
            throw ChainruleError(.value, "epsilon of \(method) is \(epsilon); it must be finite and >= 1e-30")
        }
    }

    static func check(positive value: Float, _ name: StaticString, of method: StaticString) throws(ChainruleError) {
        guard value.isFinite && value > 0 else {
            throw ChainruleError(.value, "\(name) of \(method) is \(value); it must be finite and > 0")
        }
    }

    // MARK: Bounds and factors

    /// A bound on `a / (√v + ε)`, if no a exceeds `numerator`.
    static func quotient(_ numerator: Double, epsilon: Float) -> Double {
        // The kernels multiply before they divide: the numerator must not overflow either.
        numerator / min(Double(epsilon), 1)
    }

    /// `βᵗ`. By squaring, because the last bit of `pow` depends on the C library.
    static func power(_ beta: Double, _ step: Int) -> Double {
        var power = 1.0
        var square = beta
        var left = step
        while left > 0 {
            if left % 2 == 1 { power *= square }
            square *= square
            left /= 2
        }
        return power
    }
}
