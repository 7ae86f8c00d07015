/// A method that looks for a minimum of the cost over all data. To add one, write a file that conforms, and a line in
/// ``Minimizers``.
///
/// It computes in float64. The parameters, C's evaluation and its gradient are the network's float32.
public protocol Minimizer: AnyObject, Sendable {
    /// The stable name.
    var identifier: StaticString { get }
    /// Checks the hyperparameters, and that the method can minimize this cost.
    func validate(for cost: Cost) throws(ChainruleError)
    /// Goes from the run's present point to the run's end.
    func minimize(_ run: Minimization) throws(ChainruleError)
}

/// The table of methods.
public enum Minimizers {
    /// Every method with its usual hyperparameters.
    public static var all: [any Minimizer] {
        [
            LBFGS(), BFGS(), ConjugateGradients(.fletcherReeves), ConjugateGradients(.polakRibiere), NewtonCG(),
            LevenbergMarquardt(),
        ]
    }

    /// If s · y is at most this times y · y, there is no curvature.
    static var leastCurvature: Double { 2.2e-16 }

    static func check(damping: Double, of method: StaticString) throws(ChainruleError) {
        guard damping > 0 && damping.isFinite else {
            throw ChainruleError(.value, "damping of \(method) is \(damping); it must be > 0 and finite")
        }
    }

    /// The largest n for which a method keeps a matrix of n × n: 512 MiB.
    static var largestMatrix: Int { 8192 }

    static func checkMatrix(order: Int, of method: StaticString) throws(ChainruleError) {
        guard order <= largestMatrix else {
            throw ChainruleError(
                .memory,
                """
                \(method) keeps a matrix of \(order) × \(order) numbers for \(order) parameters; it is for at most \
                \(largestMatrix)
                """)
        }
    }
}
