/// A function C(w) of n numbers that a ``Minimizer`` looks for a minimum of.
package protocol Objective: AnyObject {
    /// n.
    var count: Int { get }
    /// How far C may be from its true value by rounding, relative to it.
    var precision: Double { get }
    /// C at w, and ∂C/∂w.
    ///
    /// C includes the penalty, if there is one. Throws an error that ``ChainruleError/isOfParameters`` where C is not defined or not
    /// finite; any other ends the run.
    /// - Parameter gradient: set to ∂C/∂w, all of it finite.
    func evaluate(at w: Vector, gradient: Vector) throws(ChainruleError) -> Double
    /// `G v` with the Gauss-Newton matrix G at w, which C is finite at; a penalty's Hessian is a part of G.
    func multiplyGaussNewton(at w: Vector, by v: Vector, into product: Vector) throws(ChainruleError)
    /// G itself.
    func gaussNewtonMatrix(at w: Vector, into matrix: SymmetricMatrix) throws(ChainruleError)
    /// How much of C at w is a penalty.
    func penalty(at w: Vector) -> Double
    /// How good w is for the validation data; nil without them.
    func validate(at w: Vector) throws(ChainruleError) -> Metrics?
}

extension Objective {
    package func penalty(at w: Vector) -> Double { 0 }
    package func validate(at w: Vector) throws(ChainruleError) -> Metrics? { nil }
}
