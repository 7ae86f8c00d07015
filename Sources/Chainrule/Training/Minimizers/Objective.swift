/// A function C(w) of n numbers that a ``Minimizer`` looks for a minimum of.
package protocol Objective: AnyObject {
    /// n.
    var count: Int { get }
    /// How far C may be from its true value by rounding, relative to it.
    var precision: Double { get }
    /// C at w, and ∂C/∂w.
    ///
    /// Throws an error that ``NetworkError/isOfParameters`` where C is not defined or not finite; any other ends the run.
    /// - Parameter gradient: set to ∂C/∂w, all of it finite.
    func evaluate(at w: Vector, gradient: Vector) throws(NetworkError) -> Double
    /// `G v` with the Gauss-Newton matrix G at w, which C is finite at.
    func multiplyGaussNewton(at w: Vector, by v: Vector, into product: Vector) throws(NetworkError)
    /// G itself.
    func gaussNewtonMatrix(at w: Vector, into matrix: SymmetricMatrix) throws(NetworkError)
}
