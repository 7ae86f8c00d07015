/// The hyperparameters of a method, by name. One that the method does not have is ``none``.
public struct Hyperparameters: Sendable {
    /// No number: what CRL_AUTO is in C.
    public static var none: Float { -Float.greatestFiniteMagnitude }

    /// In the order of the members.
    package static var names: [StaticString] {
        ["momentum", "beta1", "beta2", "epsilon", "growth", "shrink", "min_step", "max_step"]
    }

    /// By place in ``names``.
    package var all: SIMD8<Float>

    public var momentum: Float { all[0] }
    public var beta1: Float { all[1] }
    public var beta2: Float { all[2] }
    public var epsilon: Float { all[3] }
    public var growth: Float { all[4] }
    public var shrink: Float { all[5] }
    public var minStep: Float { all[6] }
    public var maxStep: Float { all[7] }

    public init(
        momentum: Float = none, beta1: Float = none, beta2: Float = none, epsilon: Float = none, growth: Float = none,
        shrink: Float = none, minStep: Float = none, maxStep: Float = none
    ) {
        all = SIMD8(momentum, beta1, beta2, epsilon, growth, shrink, minStep, maxStep)
    }
}

extension OptimizationMethods {
    /// A method of the library with some of its hyperparameters.
    /// - Parameters:
    ///   - method: one of ``all``.
    ///   - numbers: those that are none are the method's usual ones.
    ///   - name: what a number that the method does not have is called in a message: before its name.
    package static func method(
        _ method: any OptimizationMethod, _ numbers: Hyperparameters, _ name: StaticString = ""
    ) throws(ChainruleError) -> any OptimizationMethod {
        let usual = method.hyperparameters.all
        var numbers = numbers
        for (place, parameter) in Hyperparameters.names.enumerated() {
            if numbers.all[place] == Hyperparameters.none {
                numbers.all[place] = usual[place]
            } else if usual[place] == Hyperparameters.none {
                throw ChainruleError(
                    .value,
                    """
                    \(name)\(parameter) is \(numbers.all[place]), but the method '\(method.identifier)' takes no \
                    \(parameter)
                    """)
            }
        }
        return method.with(numbers)
    }
}
