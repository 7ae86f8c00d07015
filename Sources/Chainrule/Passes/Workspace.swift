/// The memory of one forward and backward pass over at most `maxRows` samples: z, h and δ of every layer.
///
/// A workspace works only with the network it was made for, in one call at a time. Use one workspace per thread. It
/// keeps what it needs alive: the network may be freed first.
public final class Workspace: FallibleClass {
    public enum Purpose: Sendable {
        /// Keeps z, h and δ of every layer.
        case training
        /// Forward only: keeps only h.
        case inference
        /// Forward only: keeps only y. Layers share memory.
        case prediction
        /// Forward and backward, for the parameters' gradients only. Keeps only what they need: h, s, and z where σ'
        /// cannot be computed from h. Layers share memory.
        case gradients
        /// Forward and backward, with the tangents of everything, for products with second derivatives. Keeps only what
        /// the parameters need.
        case tangents
    }

    /// One of a layer's quantities.
    public enum Quantity: Sendable {
        /// z, the preactivation.
        case preactivation
        /// h = σ(z).
        case activation
        /// δ = ∂C/∂h, the error signal that reached the layer.
        case delta
    }

    /// How far the backward pass has come since the last forward pass.
    enum BackwardPass {
        case none
        /// The layers from this index on are computed. The pass goes on, even where no layer is left.
        case stopped(before: Int)
        /// δ of every layer is there.
        case ended
    }

    public let maxRows: Int
    public let purpose: Purpose
    /// The rows of the last forward pass; 0 before the first one or after a failed one.
    public package(set) var rows = 0

    /// The place of this workspace's first row in the caller's batch, for messages.
    var firstRow = 0

    /// For dropout and noise layers; nil (the default): they do nothing.
    var noise: NoiseSeed?

    /// Whether batch normalisation takes its mean and variance from the batch, as in training; otherwise from its running
    /// statistics. Set it before a forward pass.
    public var usesBatchStatistics = false {
        didSet {
            rows = 0
            backwardPass = .none
        }
    }

    package let plan: Plan
    package let input: Matrix
    let inputDelta: Matrix?
    let layers: [LayerMemory]
    /// R{x} and the layers' R{z}, R{h}, R{δ} and R{s}, in a workspace for tangents.
    let tangents: Tangents?
    /// The version of the parameters in the last forward pass.
    var parameterVersion: Int64 = 0
    var backwardPass = BackwardPass.none
    var hasInputDelta = false
    /// A row for each thread.
    let scratch: Matrix
    private let memory: FloatMemory

    struct Tangents {
        let input: Matrix
        let layers: [LayerMemory]

        /// R{y} of the first rows.
        func output(rows: Int) -> Matrix { layers[layers.count - 1].activation.rows(from: 0, count: rows) }
        /// R{δ} of y, of the first rows.
        func outputDelta(rows: Int) -> Matrix { layers[layers.count - 1].delta!.rows(from: 0, count: rows) }
    }

    fileprivate init(
        plan: Plan, maxRows: Int, purpose: Purpose, memory: FloatMemory, input: Matrix, inputDelta: Matrix?,
        layers: [LayerMemory], tangents: Tangents?, scratch: Matrix
    ) {
        self.plan = plan
        self.maxRows = maxRows
        self.purpose = purpose
        self.memory = memory
        self.input = input
        self.inputDelta = inputDelta
        self.layers = layers
        self.tangents = tangents
        self.scratch = scratch
    }

    /// Sets what dropout and noise layers draw in the next passes; nil: they do nothing. Discards the forward pass,
    /// because a backward pass must see the same numbers.
    public func setNoise(_ noise: NoiseSeed?) {
        self.noise = noise
        rows = 0
        backwardPass = .none
    }

    /// The outputs y of the last forward pass.
    package var output: Matrix { layers[layers.count - 1].activation.rows(from: 0, count: rows) }

    /// A copy of the outputs y of the last forward pass, `rows × outputs`; empty if there is none.
    public var outputs: [Float] { output.elements }

    /// A copy of a layer's quantity after the last pass, `rows × width`. "input" is the network's input: its h is x,
    /// its δ is ∂C/∂x.
    public func values(of layer: String, _ quantity: Quantity) throws(ChainruleError) -> [Float] {
        try matrix(of: layer, quantity).elements
    }

    /// A view of the same, valid until the next pass.
    package func matrix(of layer: String, _ quantity: Quantity) throws(ChainruleError) -> Matrix {
        guard let position = plan.architecture.position(of: LayerName(unchecked: layer)) else {
            throw ChainruleError(.name, "the network has no layer '\(layer)'")
        }
        guard rows > 0 else {
            throw ChainruleError(.noForward, "the workspace holds no forward pass")
        }
        let memory = position == 0 ? nil : layers[position - 1]
        let full: Matrix
        switch quantity {
        case .activation:
            guard !purpose.sharesActivations || position == 0 || position == layers.count else {
                throw ChainruleError(.value, "h of layer '\(layer)': a workspace for \(purpose.text) does not keep it")
            }
            full = memory?.activation ?? input
        case .preactivation:
            guard purpose == .training else {
                throw ChainruleError(.value, "z of layer '\(layer)': a workspace for \(purpose.text) does not keep it")
            }
            guard let memory else { throw ChainruleError(.value, "the network's input has no z, only h and delta") }
            full = memory.preactivation
        case .delta:
            guard purpose == .training else {
                throw ChainruleError(
                    .value, "delta of layer '\(layer)': a workspace for \(purpose.text) does not keep it")
            }
            guard case .ended = backwardPass, let delta = memory?.delta ?? inputDelta else {
                throw ChainruleError(.noForward, "delta of layer '\(layer)': the workspace holds no backward pass")
            }
            guard position > 0 || hasInputDelta else {
                throw ChainruleError(
                    .noForward, "delta of the input: the last backward pass was not asked for the input's gradient")
            }
            full = delta
        }
        return full.rows(from: 0, count: rows)
    }
}

extension Workspace.Purpose {
    var isForwardOnly: Bool { self == .inference || self == .prediction }
    /// Whether layers' h share memory, so that only y is there after a pass.
    fileprivate var sharesActivations: Bool { self == .gradients || self == .prediction }

    fileprivate var text: StaticString {
        switch self {
        case .training: "training"
        case .inference: "inference"
        case .prediction: "prediction"
        case .gradients: "gradients alone"
        case .tangents: "tangents"
        }
    }
}

extension FallibleClass where Self == Workspace {
    /// - Parameters:
    ///   - network: whose passes it holds.
    ///   - maxRows: the largest batch, at least 1.
    ///   - purpose: which passes, and what they keep.
    public init(for network: Network, maxRows: Int, purpose: Workspace.Purpose = .training) throws(ChainruleError) {
        self = try Workspace(plan: network.plan, maxRows: maxRows, purpose: purpose)
    }

    /// - Parameters:
    ///   - threads: the number of threads that share the passes; each has its own scratch memory.
    ///   - usesBatchStatistics: the workspace's, which then never changes.
    ///   - hasGradientsByLayer: whether each layer's gradients are computed right after its backward pass.
    init(
        plan: Plan, maxRows: Int, purpose: Workspace.Purpose, threads: Int = 1, usesBatchStatistics: Bool = false,
        hasGradientsByLayer: Bool = false
    ) throws(ChainruleError) {
        guard maxRows >= 1 else {
            throw ChainruleError(.size, "a workspace is for at least 1 row; \(maxRows) were given")
        }
        try plan.architecture.setAside()
        let layout = try plan.layout(
            maxRows: maxRows, purpose: purpose, threads: threads, usesBatchStatistics: usesBatchStatistics,
            hasGradientsByLayer: hasGradientsByLayer)
        let memory = try FloatMemory(count: layout.count, for: "a workspace")
        func views(of places: Plan.Layout.Places) throws(ChainruleError) -> (
            input: Matrix, inputDelta: Matrix?, layers: [LayerMemory]
        ) {
            let columns = plan.architecture.inputs
            let input = memory.matrix(at: places.inputActivation, rows: maxRows, columns: columns)
            let inputDelta = places.inputDelta.map { memory.matrix(at: $0, rows: maxRows, columns: columns) }
            var layers: [LayerMemory] = []
            for (index, node) in plan.architecture.nodes.enumerated() {
                func matrix(_ offset: Int) -> Matrix { memory.matrix(at: offset, rows: maxRows, columns: node.width) }
                let inputs = try Memory<LayerMemory.Input>(count: node.inputs.count, for: "a layer's inputs")
                for (place, position) in node.inputs.enumerated() {
                    let source = position == 0 ? nil : layers[position - 1]
                    inputs.base[place] = LayerMemory.Input(
                        activation: source?.activation ?? input, delta: source?.delta ?? inputDelta,
                        accumulatesDelta: plan.accumulatesDelta[index][place], position: position,
                        shape: plan.architecture.shape(at: position))
                }
                let range = plan.tensorRanges[index]
                let tensors = try Memory<Plan.TensorPlace>(count: range.count, for: "a layer's tensors")
                for (number, tensor) in range.enumerated() { tensors.base[number] = plan.tensors[tensor].place }
                let readsPreactivationFromInput = node.layer.preactivation == .input
                layers.append(
                    LayerMemory(
                        inputs: inputs, readsPreactivation: readsPreactivationFromInput,
                        preactivation: readsPreactivationFromInput
                            ? inputs.base[0].activation : matrix(places.preactivations[index]),
                        activation: matrix(places.activations[index]),
                        delta: places.deltas[index].map(matrix), signal: places.signals[index].map(matrix),
                        shape: node.shape, hasKeptGradients: places.hasKeptGradients[index],
                        kept: memory.matrix(at: places.kept[index], rows: maxRows, columns: places.keptCounts[index]),
                        keptOfBatch: memory.matrix(
                            at: places.keptOfBatch[index], rows: 1, columns: places.keptOfBatchCounts[index]),
                        stateOffset: plan.stateRanges[index].isEmpty
                            ? 0 : plan.state[plan.stateRanges[index].lowerBound].offset,
                        tensors: tensors))
            }
            return (input, inputDelta, layers)
        }
        let values = try views(of: layout.values)
        var tangents: Workspace.Tangents?
        if let places = layout.tangents {
            let views = try views(of: places)
            tangents = Workspace.Tangents(input: views.input, layers: views.layers)
        }
        self = Workspace(
            plan: plan, maxRows: maxRows, purpose: purpose, memory: memory, input: values.input,
            inputDelta: values.inputDelta, layers: values.layers,
            tangents: tangents,
            scratch: memory.matrix(at: layout.scratch, rows: threads, columns: layout.scratchCount))
        self.usesBatchStatistics = usesBatchStatistics
    }
}
