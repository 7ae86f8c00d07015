import Kernels

/// What one step of a method reads and writes: some of the parameters, and their gradients and state.
public struct OptimizerStep {
    let parameters: Matrix
    let gradients: Matrix
    let states: [FloatMemory]
    /// Where the parameters begin in the parameter vector.
    let offset: Int
    /// η, with the factor of the parameters' layer.
    public let learningRate: Float
    /// t, from 1. Does not count steps in which the parameters were frozen.
    public let number: Int

    /// Calls `body` with the parameters, to change, and the gradient.
    public func withParameters(_ body: (_ parameters: inout MutableSpan<Float>, _ gradients: Span<Float>) -> Void) {
        gradients.withSpan { gradients in parameters.withMutableSpan { body(&$0, gradients) } }
    }

    /// Calls `body` with a vector of the state, zero before the first step.
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

    /// The factors in the form that the kernels take.
    func factors(ofTensor tensor: Int) -> UnsafePointer<Float> {
        UnsafeRawPointer(factors + tensor).assumingMemoryBound(to: Float.self)
    }
}

/// An optimization method: its hyperparameters and its step. To add one, write a file that conforms, and a line in
/// ``OptimizationMethods``.
public protocol OptimizationMethod: AnyObject, Sendable {
    /// The stable name.
    var identifier: StaticString { get }
    /// How many vectors of the shape of the parameters it keeps, at most 4.
    var stateVectors: Int { get }
    /// Which of them hold squares, or sums or means of squares, and so are never negative.
    var squareStates: Range<Int> { get }
    /// λ of decoupled weight decay, unless ``Regularization/weightDecay`` sets one; 0 unless the method has its own.
    var usualWeightDecay: Float { get }
    /// Whether a step along a gradient of 0 changes nothing, neither the parameter nor its state.
    var rests: Bool { get }
    /// Its numbers, for files: ``Network/setRecipe(_:)``.
    var hyperparameters: Hyperparameters { get }
    /// The same method with other numbers, all of which it has.
    func with(_ numbers: Hyperparameters) -> any OptimizationMethod
    /// Checks the hyperparameters.
    func validate() throws(ChainruleError)
    /// Bounds the change of any parameter in a step, if no gradient exceeds `gradient` in magnitude and no parameter
    /// exceeds `parameter` before the step. Replaces the bounds on the state before the step by those after it. Returns
    /// infinity if an intermediate result could overflow. A larger learning rate must not have smaller bounds: layers
    /// may have a smaller learning rate than this.
    func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double
    /// The method's kernel; nil if it is not one of the library's methods. Then the optimizer calls
    /// ``OptimizationMethod/step(_:)`` instead.
    var kernel: OptimizerKernelChoice? { get }
    /// What the kernel needs besides parameters, state and gradient. Depends on the number t of the step, from 1.
    func factors(learningRate: Float, step: Int) -> SIMD8<Float>
    /// Changes the parameters and the state of one tensor. Called for one tensor after another.
    func step(_ step: OptimizerStep)
}

extension OptimizationMethod {
    public var squareStates: Range<Int> { 0..<0 }
    public var usualWeightDecay: Float { 0 }
    public var rests: Bool { false }
    public var hyperparameters: Hyperparameters { Hyperparameters() }
    public func with(_ numbers: Hyperparameters) -> any OptimizationMethod { self }
    public var kernel: OptimizerKernelChoice? { nil }
    public func factors(learningRate: Float, step: Int) -> SIMD8<Float> { .zero }
}

/// One of the library's methods. Its kernel replaces ``OptimizationMethod/step(_:)``.
public protocol KernelMethod: OptimizationMethod {}

extension KernelMethod {
    public func step(_ step: OptimizerStep) { preconditionFailure("the kernel takes the step") }
}

/// One of the library's kernels for an optimization method.
public struct OptimizerKernelChoice: Sendable {
    let select: @Sendable (Arithmetic) -> OptimizerKernel<Float>

    init(_ select: @escaping @Sendable (Arithmetic) -> OptimizerKernel<Float>) { self.select = select }
}
