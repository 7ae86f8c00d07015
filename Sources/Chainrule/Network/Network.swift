import KernelDispatch

/// A built network: an architecture, its parameters, and the kernels it computes with.
///
/// All parameters lie in one contiguous vector. Gradients and optimizer states are vectors of the same shape.
///
/// Threads: any number may read a network at once (``predict(_:rows:into:)``, or passes with a workspace for each
/// thread). Changing the parameters requires exclusive access to the network.
public final class Network: FallibleClass, @unchecked Sendable {
    public let architecture: Architecture
    package let plan: Plan
    /// The instruction set of ``arithmetic``.
    let level: InstructionSetLevel
    let arithmetic: Arithmetic
    let pool = WorkspacePool()
    /// Counts the library's changes to the parameters.
    package internal(set) var parameterVersion: Int64 = 0 { didSet { preparedCopy.drop() } }
    let preparedCopy = PreparedCopy()
    /// The names of the classes that the outputs stand for; empty: none. See ``setClassLabels(_:)``.
    public internal(set) var classLabels: [String] = []
    /// Texts for you, such as the author or the data: files hold them. Changing them requires exclusive access.
    public var metadata = Metadata()
    private let memory: FloatMemory
    /// Whether a call that trains the network is running. Its callbacks are part of it.
    private var isTraining = false

    fileprivate init(plan: Plan, memory: FloatMemory, level: InstructionSetLevel) {
        architecture = plan.architecture
        self.plan = plan
        self.memory = memory
        self.level = level
        arithmetic = Arithmetic(level)
    }

    deinit { preparedCopy.drop() }

    /// N_0, the length of x.
    public var inputs: Int { architecture.inputs }
    /// N_L, the length of y.
    public var outputs: Int { architecture.outputs }
    public var parameterCount: Int { plan.parameterCount }

    /// The flat parameter vector.
    package var parameters: Matrix { memory.matrix(at: 0, rows: 1, columns: plan.parameterCount) }

    /// The parameters, and behind them the state of the layers: what training changes, and files hold.
    package var numbers: Matrix { memory.vector }

    /// The flat parameter vector, for a caller that may change it at any time. From now on ``parameterVersion`` does not
    /// tell of every change, so predictions read the parameters themselves.
    package func shareParameters() -> Matrix {
        preparedCopy.forbid()
        return parameters
    }

    /// A copy of the flat parameter vector.
    public var parameterVector: [Float] { parameters.elements }

    /// Reads and changes the parameters in place. Invalidates earlier forward passes.
    public func withParameters<Result, Failure: Error>(
        _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        parameterVersion += 1
        // Again at the end: the body may have predicted with some of the changes.
        defer { parameterVersion += 1 }
        return try parameters.withMutableSpan(body)
    }

    /// The range of a tensor such as "0.weight" in the parameter vector, and its shape.
    public func tensor(_ name: String) throws(ChainruleError) -> (range: Range<Int>, rows: Int, columns: Int) {
        let tensor = plan.tensors[try plan.indexOfTensor(named: name)]
        return (tensor.offset..<tensor.offset + tensor.count, tensor.rows, tensor.columns)
    }

    /// Sets a tensor of the state, such as a constant's "0.value" or the statistics "0.running_mean".
    public func setState(_ name: String, _ values: [Float]) throws(ChainruleError) {
        let tensor = try stateTensor(named: name)
        guard values.count == tensor.count else {
            throw ChainruleError(.size, "the tensor '\(name)' has \(tensor.count) elements; \(values.count) were given")
        }
        try checkIsNotTraining()
        parameterVersion += 1
        for (index, value) in values.enumerated() { numbers.base[tensor.offset + index] = value }
    }

    func stateTensor(named name: String) throws(ChainruleError) -> Plan.Tensor {
        guard let tensor = plan.state.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
            throw ChainruleError(.name, "the network's state has no tensor '\(name)'")
        }
        return tensor
    }

    /// Runs `body`, whose callbacks may not train or change the network.
    func whileTraining<Result>(_ body: () throws(ChainruleError) -> Result) throws(ChainruleError) -> Result {
        try checkIsNotTraining()
        isTraining = true
        defer { isTraining = false }
        return try body()
    }

    package func checkIsNotTraining() throws(ChainruleError) {
        guard !isTraining else {
            throw ChainruleError(
                .busy, "the network is being trained or loaded: callbacks can read it, but not train or change it")
        }
    }

    /// The name of a parameter in messages: "0.weight[2, 5]".
    func parameterName(at index: Int) -> String {
        for tensor in plan.tensors where index < tensor.offset + tensor.count {
            let (row, column) = (index - tensor.offset).quotientAndRemainder(dividingBy: tensor.columns)
            return "\(tensor.name)[\(row), \(column)]"
        }
        return "parameter \(index)"
    }

    /// The largest magnitude among the parameters. Throws if it is not finite.
    func largestParameter() throws(ChainruleError) -> Double {
        let largest = arithmetic.largestMagnitude(parameters)
        guard largest.isFinite else {
            let index = parameters.firstNotFinite()?.column ?? 0
            throw ChainruleError(.notFinite, "the parameter \(parameterName(at: index)) is \(parameters[0, index])")
        }
        return Double(largest)
    }

    /// The largest magnitude in a gradient whose first element belongs to the parameter `first`. Throws if it is not
    /// finite.
    func largestMagnitude(ofGradient gradients: Matrix, from first: Int = 0) throws(ChainruleError) -> Double {
        let largest = arithmetic.largestMagnitude(gradients)
        guard largest.isFinite else {
            let index = gradients.firstNotFinite()?.column ?? 0
            throw ChainruleError(
                .notFinite, "the gradient of \(parameterName(at: first + index)) is \(gradients[0, index])")
        }
        return Double(largest)
    }
}

extension FallibleClass where Self == Network {
    /// Builds the network.
    /// - Parameters:
    ///   - architecture: its layers.
    ///   - seed: seeds the generator that draws the first parameters. One seed always gives the same network.
    ///   - instructionSet: what the network, its trainers and its predictors compute with; nil: ``InstructionSet/current``.
    public init(
        _ architecture: Architecture, seed: UInt64, instructionSet: InstructionSet? = nil
    ) throws(ChainruleError) {
        let level = try instructionSet?.supportedLevel() ?? .standard
        self = try Network(architecture, seed: seed, level: level)
    }

    package init(_ architecture: Architecture, seed: UInt64, level: InstructionSetLevel) throws(ChainruleError) {
        let network = try Network(uninitialized: Plan(architecture), level: level)
        var generator = RandomGenerator(seed: seed)
        for tensor in network.plan.tensors + network.plan.state {
            // A bias is a single column. Its fans mean nothing, and its initializers do not use them.
            try tensor.initializer.fill(
                tensor.view(in: network.numbers), fanIn: tensor.fanIn, fanOut: tensor.fanOut,
                from: &generator)
        }
        self = network
    }

    /// A network with all parameters zero, for a file to fill.
    init(uninitialized plan: Plan, level: InstructionSetLevel) throws(ChainruleError) {
        let memory = try FloatMemory(count: plan.numberCount, for: "the parameters")
        self = Network(plan: plan, memory: memory, level: level)
    }
}
