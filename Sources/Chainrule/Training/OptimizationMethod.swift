import Kernels

/// What one step of a method reads and writes: some of the parameters, and what belongs to them.
public struct OptimizerStep {
    let parameters: Matrix
    let gradients: Matrix
    let states: [FloatMemory]
    /// Where the parameters begin in the parameter vector.
    let offset: Int
    /// η, with the factor of the parameters' layer.
    public let learningRate: Float
    /// t, from 1; steps in which the parameters were frozen do not count.
    public let number: Int

    /// The parameters, to be changed, and the gradient.
    public func withParameters(_ body: (_ parameters: inout MutableSpan<Float>, _ gradients: Span<Float>) -> Void) {
        gradients.withSpan { gradients in parameters.withMutableSpan { body(&$0, gradients) } }
    }

    /// A vector of the state, zero before the first step.
    public func withState(_ index: Int, _ body: (inout MutableSpan<Float>) -> Void) {
        states[index].matrix(at: offset, rows: 1, columns: parameters.count).withMutableSpan(body)
    }
}

/// One step of a method that has a kernel.
package struct KernelStep {
    let kernel: OptimizerKernel<Float>
    /// By tensor: ``OptimizationMethod/factors(learningRate:step:)``, and η λ of weight decay in the upper half.
    let factors: UnsafePointer<SIMD16<Float>>
    let parameters: Matrix
    /// Where the state vectors begin.
    let states: UnsafePointer<UnsafeMutablePointer<Float>>

    /// As the kernels have them.
    func factors(ofTensor tensor: Int) -> UnsafePointer<Float> {
        UnsafeRawPointer(factors + tensor).assumingMemoryBound(to: Float.self)
    }
}

/// An optimization method: hyperparameters, and what one step does. A new one is a file that conforms, and a line in
/// ``OptimizationMethods``.
public protocol OptimizationMethod: AnyObject, Sendable {
    /// The stable name.
    var identifier: StaticString { get }
    /// How many vectors of the shape of the parameters it keeps, at most 4.
    var stateVectors: Int { get }
    /// Which of them hold squares, or sums or means of squares: numbers that are never negative.
    var squareStates: Range<Int> { get }
    /// λ of decoupled weight decay, unless ``Regularization/weightDecay`` says otherwise; 0 unless a method has its own.
    var usualWeightDecay: Float { get }
    /// Checks the hyperparameters.
    func validate() throws(ChainruleError)
    /// A bound on the change of any parameter in a step in which no gradient has a larger magnitude than `gradient`, and
    /// before which no parameter has a larger one than `parameter`. Replaces the bounds on the state before the step by
    /// those after it. Infinity if a number on the way to the step could overflow. A larger learning rate must not have
    /// smaller bounds: layers may have a smaller one than this.
    func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double
    /// The method's kernel; nil for a method that is not the library's, whose ``step(_:)`` is called instead.
    var kernel: OptimizerKernelChoice? { get }
    /// What the kernel is told beside parameters, state and gradient: what depends on the number t of the step, from 1.
    func factors(learningRate: Float, step: Int) -> SIMD8<Float>
    /// Changes the parameters and the state, of one tensor after the other.
    func step(_ step: OptimizerStep)
}

extension OptimizationMethod {
    public var squareStates: Range<Int> { 0..<0 }
    public var usualWeightDecay: Float { 0 }
    public var kernel: OptimizerKernelChoice? { nil }
    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> { .zero }
}

/// A method of the library's, with a kernel that is called in place of ``OptimizationMethod/step(_:)``.
public protocol KernelMethod: OptimizationMethod {}

extension KernelMethod {
    public func step(_ step: OptimizerStep) { preconditionFailure("the kernel takes the step") }
}

/// A kernel of the library's for an optimization method.
public struct OptimizerKernelChoice: Sendable {
    let select: @Sendable (Arithmetic) -> OptimizerKernel<Float>

    init(_ select: @escaping @Sendable (Arithmetic) -> OptimizerKernel<Float>) { self.select = select }
}
