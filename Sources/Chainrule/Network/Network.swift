import KernelDispatch

/// A network that was built: an architecture, its parameters, and the kernels that it computes with.
///
/// All parameters lie in one contiguous vector; gradients and optimizer states are vectors of the same shape.
///
/// Threads: any number may read a network at once (``predict(_:rows:into:)``, or passes with a workspace for each
/// thread). Changing the parameters excludes every other use of the same network.
public final class Network: FallibleClass, @unchecked Sendable {
    public let architecture: Architecture
    package let plan: Plan
    /// The instruction set of ``arithmetic``.
    let level: InstructionSetLevel
    let arithmetic: Arithmetic
    let pool = WorkspacePool()
    /// Counts the changes to the parameters that the library made.
    package internal(set) var parameterVersion: Int64 = 0
    private let memory: FloatMemory
    /// Whether a call that trains the network is under way, of which callbacks are a part.
    private var isTraining = false

    fileprivate init(plan: Plan, memory: FloatMemory, level: InstructionSetLevel) {
        architecture = plan.architecture
        self.plan = plan
        self.memory = memory
        self.level = level
        arithmetic = Arithmetic(level)
    }

    /// N_0, the length of x.
    public var inputs: Int { architecture.inputs }
    /// N_L, the length of y.
    public var outputs: Int { architecture.outputs }
    public var parameterCount: Int { plan.parameterCount }

    /// The flat parameter vector.
    package var parameters: Matrix { memory.vector }

    /// A copy of the flat parameter vector.
    public var parameterVector: [Float] { parameters.elements }

    /// Reads and changes the parameters in place. A forward pass made before is void afterwards.
    public func withParameters<Result, Failure: Error>(
        _ body: (inout MutableSpan<Float>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        parameterVersion += 1
        return try parameters.withMutableSpan(body)
    }

    /// Where a tensor such as "0.weight" lies in the parameter vector, and its shape.
    public func tensor(_ name: String) throws(ChainruleError) -> (range: Range<Int>, rows: Int, columns: Int) {
        let tensor = plan.tensors[try plan.indexOfTensor(named: name)]
        return (tensor.offset..<tensor.offset + tensor.count, tensor.rows, tensor.columns)
    }

    /// Callbacks of what trains a network may not change it.
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

    /// What a parameter is called in messages: "0.weight[2, 5]".
    func parameterName(at index: Int) -> String {
        for tensor in plan.tensors where index < tensor.offset + tensor.count {
            let (row, column) = (index - tensor.offset).quotientAndRemainder(dividingBy: tensor.columns)
            return "\(tensor.name)[\(row), \(column)]"
        }
        return "parameter \(index)"
    }

    /// The largest magnitude among the parameters, which must be finite.
    func largestParameter() throws(ChainruleError) -> Double {
        let largest = arithmetic.largestMagnitude(parameters)
        guard largest.isFinite else {
            let index = parameters.firstNotFinite()?.column ?? 0
            throw ChainruleError(.notFinite, "the parameter \(parameterName(at: index)) is \(parameters[0, index])")
        }
        return Double(largest)
    }

    /// The largest magnitude in a gradient of the parameters from one of them on, which must be finite.
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
    ///   - seed: of the generator that draws the first parameters; one seed always gives the same network.
    ///   - instructionSet: what the network, its trainers and its predictors compute with; nil for ``InstructionSet/current``.
    public init(
        _ architecture: Architecture, seed: UInt64, instructionSet: InstructionSet? = nil
    ) throws(ChainruleError) {
        let level = try instructionSet?.supportedLevel() ?? .standard
        self = try Network(architecture, seed: seed, level: level)
    }

    package init(_ architecture: Architecture, seed: UInt64, level: InstructionSetLevel) throws(ChainruleError) {
        let network = try Network(uninitialized: Plan(architecture), level: level)
        var generator = RandomGenerator(seed: seed)
        for tensor in network.plan.tensors {
            // A bias is a single column: its fans are of no meaning, and its initializers do not ask for them.
            try tensor.initializer.fill(
                tensor.view(in: network.parameters), fanIn: tensor.columns, fanOut: tensor.rows,
                from: &generator)
        }
        self = network
    }

    /// A network with all parameters zero, for a file to fill.
    init(uninitialized plan: Plan, level: InstructionSetLevel) throws(ChainruleError) {
        let memory = try FloatMemory(count: plan.parameterCount, for: "the parameters")
        self = Network(plan: plan, memory: memory, level: level)
    }
}
