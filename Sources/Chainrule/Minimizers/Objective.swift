/// A function C(w) of n numbers for a ``Minimizer`` to minimize.
package protocol Objective: AnyObject {
    /// n.
    var count: Int { get }
    /// The largest rounding error of C, relative to C.
    var precision: Double { get }
    /// Computes C at w, and ∂C/∂w.
    ///
    /// C includes the penalty, if any. Throws an error with ``ChainruleError/isOfParameters`` where C is undefined or
    /// not finite. Any other error ends the run.
    /// - Parameter gradient: receives ∂C/∂w, all finite.
    func evaluate(at w: Vector, gradient: Vector) throws(ChainruleError) -> Double
    /// Computes `G v` with the Gauss-Newton matrix G at w. C must be finite there. G includes the penalty's Hessian.
    func multiplyGaussNewton(at w: Vector, by v: Vector, into product: Vector) throws(ChainruleError)
    /// Computes G.
    func gaussNewtonMatrix(at w: Vector, into matrix: SymmetricMatrix) throws(ChainruleError)
    /// The penalty's part of C at w.
    func penalty(at w: Vector) -> Double
    /// Measures w on the validation data; nil without them.
    func validate(at w: Vector) throws(ChainruleError) -> Metrics?
}

extension Objective {
    package func penalty(at w: Vector) -> Double { 0 }
    package func validate(at w: Vector) throws(ChainruleError) -> Metrics? { nil }
}
