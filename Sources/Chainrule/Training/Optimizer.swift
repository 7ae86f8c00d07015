import Kernels

/// An optimizer: a method with its hyperparameters, and its state for the parameters of one network.
///
/// A step reads a gradient and changes the parameters; it is the only thing in the library that does, besides loading.
/// One optimizer serves one network at a time.
public final class Optimizer: FallibleClass {
    public let method: any OptimizationMethod
    /// η, finite and ≥ 0.
    public private(set) var learningRate: Float
    /// t, the number of steps taken.
    public private(set) var steps = 0

    private let plan: Plan
    /// Vectors of the shape of the parameters.
    let states: [FloatMemory]
    private let stateBases: Memory<UnsafeMutablePointer<Float>>
    /// Bounds on the magnitude of each state vector: what the largest gradients so far could have made of it.
    private(set) var stateBounds = SIMD4<Double>.zero

    fileprivate init(
        method: any OptimizationMethod, learningRate: Float, plan: Plan, states: [FloatMemory],
        stateBases: Memory<UnsafeMutablePointer<Float>>
    ) {
        self.method = method
        self.learningRate = learningRate
        self.plan = plan
        self.states = states
        self.stateBases = stateBases
        for index in states.indices { stateBases.base[index] = states[index].base }
    }

    public func setLearningRate(_ rate: Float) throws(NetworkError) {
        try Optimizer.check(rate)
        learningRate = rate
    }

    fileprivate static func check(_ rate: Float) throws(NetworkError) {
        guard rate.isFinite && rate >= 0 else {
            throw NetworkError(.value, "the learning rate is \(rate); it must be finite and >= 0")
        }
    }

    /// Changes the network's parameters by one step along the gradient.
    ///
    /// Throws ``NetworkError/Code/notFinite``, and changes neither parameters nor state, if the gradient has an
    /// element that is not finite, or if the step could make a parameter or the state overflow.
    /// - Parameter gradients: ∂C/∂w for every parameter, in the order of the parameter vector.
    public func step(_ network: Network, gradients: Span<Float>) throws(NetworkError) {
        guard gradients.count == network.parameterCount else {
            throw NetworkError(
                .size, "gradients holds \(gradients.count) floats; the network has \(network.parameterCount) parameters"
            )
        }
        try gradients.withUnsafeBufferPointer { buffer throws(NetworkError) in
            guard let base = buffer.baseAddress else { return }
            try step(network, gradients: Matrix(reading: base, rows: 1, columns: buffer.count, stride: buffer.count))
        }
    }

    func check(_ network: Network) throws(NetworkError) {
        guard network.plan === plan else {
            throw NetworkError(.mismatch, "the optimizer was made for another network")
        }
    }

    package func step(_ network: Network, gradients: Matrix) throws(NetworkError) {
        try check(network)
        precondition(gradients.count == network.parameterCount)
        let largest = network.arithmetic.largestMagnitude(gradients)
        guard largest.isFinite else {
            let index = gradients.firstNotFinite()?.column ?? 0
            throw NetworkError(
                .notFinite, "the gradient of \(network.parameterName(at: index)) is \(gradients[0, index])")
        }
        _ = try begin(network, largestGradient: Double(largest), largestParameter: largestParameter(of: network))
        if let step = kernelStep(network) {
            network.arithmetic.step(step, network.parameters, along: gradients)
        } else {
            method.step(
                OptimizerStep(
                    parameters: network.parameters, gradients: gradients, states: states, learningRate: learningRate,
                    number: steps))
        }
    }

    /// The step that was begun, for the method's kernel; nil if it has none.
    func kernelStep(_ network: Network) -> KernelStep? {
        guard let choice = method.kernel else { return nil }
        return KernelStep(
            kernel: choice.select(network.arithmetic),
            factors: method.factors(learningRate: learningRate, step: steps), parameters: network.parameters,
            states: stateBases.base)
    }

    /// The largest magnitude among the parameters, which must be finite.
    func largestParameter(of network: Network) throws(NetworkError) -> Double {
        let largest = network.arithmetic.largestMagnitude(network.parameters)
        guard largest.isFinite else {
            let index = network.parameters.firstNotFinite()?.column ?? 0
            throw NetworkError(
                .notFinite, "the parameter \(network.parameterName(at: index)) is \(network.parameters[0, index])")
        }
        return Double(largest)
    }

    /// Goes back, or forth, to what it was after some step. Its state vectors are the caller's to set.
    func restore(learningRate: Float, steps: Int, stateBounds: SIMD4<Double>) {
        self.learningRate = learningRate
        self.steps = steps
        self.stateBounds = stateBounds
    }

    /// Counts a step, after the check that it cannot overflow if no gradient and no parameter has a larger magnitude than
    /// these. Nothing is changed otherwise. What remains is to change the parameters and the state.
    /// - Returns: a bound on the parameters after the step.
    func begin(_ network: Network, largestGradient: Double, largestParameter: Double) throws(NetworkError) -> Double {
        var bounds = stateBounds
        let change = method.bound(
            gradient: largestGradient, parameter: largestParameter, state: &bounds, learningRate: Double(learningRate),
            step: steps + 1)
        let limit = Double(Float.greatestFiniteMagnitude)
        let reach = largestParameter + change
        guard reach <= limit && bounds.max() <= limit else {
            throw NetworkError(
                .notFinite,
                """
                a step with learning rate \(learningRate) along a gradient of magnitude \(Float(largestGradient)) would \
                overflow
                """)
        }
        steps += 1
        stateBounds = bounds
        network.parameterVersion += 1
        return reach
    }
}

extension FallibleClass where Self == Optimizer {
    /// - Parameters:
    ///   - learningRate: η, finite and ≥ 0.
    ///   - network: the network whose parameters will be stepped.
    public init(_ method: any OptimizationMethod, learningRate: Float, for network: Network) throws(NetworkError) {
        try method.validate()
        try Optimizer.check(learningRate)
        var states: [FloatMemory] = []
        for _ in 0..<method.stateVectors {
            states.append(try FloatMemory(count: network.parameterCount, for: "the optimizer's state"))
        }
        self = Optimizer(
            method: method, learningRate: learningRate, plan: network.plan, states: states,
            stateBases: try Memory(count: states.count, for: "the places of the optimizer's state"))
    }
}

/// What one step of a method reads and writes: vectors of the shape of the parameters.
public struct OptimizerStep {
    let parameters: Matrix
    let gradients: Matrix
    let states: [FloatMemory]
    /// η.
    public let learningRate: Float
    /// t, from 1.
    public let number: Int

    /// The parameters, to be changed, and the gradient.
    public func withParameters(_ body: (_ parameters: inout MutableSpan<Float>, _ gradients: Span<Float>) -> Void) {
        gradients.withSpan { gradients in parameters.withMutableSpan { body(&$0, gradients) } }
    }

    /// A vector of the state, zero before the first step.
    public func withState(_ index: Int, _ body: (inout MutableSpan<Float>) -> Void) {
        states[index].vector.withMutableSpan(body)
    }
}

/// One step of a method that has a kernel.
package struct KernelStep {
    let kernel: OptimizerKernel<Float>
    /// ``OptimizationMethod/factors(learningRate:step:)``.
    let factors: SIMD8<Float>
    let parameters: Matrix
    /// Where the state vectors begin.
    let states: UnsafePointer<UnsafeMutablePointer<Float>>
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
    /// Checks the hyperparameters.
    func validate() throws(NetworkError)
    /// A bound on the change of any parameter in a step in which no gradient has a larger magnitude than `gradient`, and
    /// before which no parameter has a larger one than `parameter`. Replaces the bounds on the state before the step by
    /// those after it. Infinity if a number on the way to the step could overflow.
    func bound(
        gradient: Double, parameter: Double, state: inout SIMD4<Double>, learningRate: Double, step: Int
    ) -> Double
    /// The method's kernel; nil for a method that is not the library's, whose ``step(_:)`` is called instead.
    var kernel: OptimizerKernelChoice? { get }
    /// What the kernel is told beside parameters, state and gradient: what depends on the number t of the step, from 1.
    func factors(learningRate: Float, step: Int) -> SIMD8<Float>
    /// Changes the parameters and the state, all at once.
    func step(_ step: OptimizerStep)
}

extension OptimizationMethod {
    public var squareStates: Range<Int> { 0..<0 }
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
