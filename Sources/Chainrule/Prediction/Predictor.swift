import KernelDispatch
import Kernels

/// A network prepared for prediction: read-only, and independent of the original network.
///
/// ```swift
/// let predictor = try Predictor(network, precision: .int8)
/// let y = try predictor.predict(x)
/// ```
///
/// Packs the weights of dense layers and convolutions once, in the order in which products read them. With
/// ``Precision/float32`` the results are those of ``Network/predict(_:)``, bit for bit. The other precisions round, and need
/// less memory and time.
///
/// Folds batch normalization into the layer before it: multiplies its factors into the weights, and takes no time for it. Then
/// results in float32, too, differ from the network's by rounding. The layer has no σ, and only the normalization reads it.
///
/// Threads: any number may predict with one predictor at once.
public final class Predictor: FallibleClass, @unchecked Sendable {
    /// N_0, the length of x.
    public let inputs: Int
    /// N_L, the length of y.
    public let outputs: Int
    public let precision: Precision
    /// The names of the classes that the outputs stand for, as the network had them; empty: none.
    public var classLabels: [String] { labelTexts.labels }
    package let labelTexts: ClassLabelTexts
    /// The instruction set of ``kernels`` and ``arithmetic``.
    let level: InstructionSetLevel

    /// The most rows predicted with scratch memory on the stack; 0 if the network is no chain.
    private let rowsOnStack: Int
    let kernels: PredictionKernels
    let packed: PackedNetwork
    let plan: Plan
    let arithmetic: Arithmetic
    private let scratches = ScratchPool()
    private let workspaces = WorkspacePool()
    /// The parameters of the layers that are not packed.
    let parameters: FloatMemory

    init(
        _ plan: Plan, precision: Precision, level: InstructionSetLevel, kernels: PredictionKernels,
        packed: PackedNetwork, arithmetic: Arithmetic, parameters: FloatMemory, labels: ClassLabelTexts
    ) {
        labelTexts = labels
        inputs = plan.architecture.inputs
        outputs = plan.architecture.outputs
        self.precision = precision
        self.level = level
        self.kernels = kernels
        rowsOnStack = packed.isChain ? Predictor.stackFloats / max(packed.scratchPerRow, 1) : 0
        self.packed = packed
        self.plan = plan
        self.arithmetic = arithmetic
        self.parameters = parameters
    }

    /// Writes the outputs for the inputs. A row's result does not depend on the rows beside it.
    /// - Parameters:
    ///   - x: `rows × inputs`, row-major.
    ///   - rows: the rows of x and y.
    ///   - y: `rows × outputs`.
    public func predict(_ x: Span<Float>, rows: Int, into y: inout MutableSpan<Float>) throws(ChainruleError) {
        try Matrix.withViews(of: x, columns: inputs, into: &y, columns: outputs, rows: rows, predict)
    }

    /// The outputs for inputs of `x.count / inputs` rows.
    public func predict(_ x: [Float]) throws(ChainruleError) -> [Float] {
        try Matrix.withRows(of: x, columns: inputs, resultColumns: outputs, predict)
    }

    package func predict(_ x: Matrix, into y: Matrix) throws(ChainruleError) {
        guard x.rows >= 1 else { throw ChainruleError(.size, "x has 0 rows; at least 1 is needed") }
        precondition(x.columns == inputs && y.columns == outputs && y.rows == x.rows)
        if !packed.isChain { return try predictNodes(x, into: y) }
        if x.rows <= rowsOnStack { return onStack(x.base, x.rows, x.stride, y.base, y.stride) }
        let scratch = try scratches.take(packed.scratchPerRow * min(x.rows, packed.groupRows))
        defer { scratches.put(scratch) }
        try Matrix.inGroups(of: packed.groupRows, x, y) { x, y, _ in
            kernels.chain(
                packed.products.base, packed.products.count, x.rows, x.base, x.stride, y.base, y.stride, scratch)
        }
    }

    /// The most scratch memory on the stack, in floats. Swift puts 1 KiB on the stack unconditionally; alignment takes
    /// a cache line of it.
    private static var stackFloats: Int { 240 }

    /// Predicts a few rows with a small network. Makes no errors, allocates nothing, counts no references.
    /// - Returns: false, with nothing done, if there are more rows, if an argument is wrong, or if y may overlap x.
    @inline(__always)
    package func predictSmall(
        _ x: UnsafePointer<Float>, rows: UInt, stride xStride: UInt, _ y: UnsafeMutablePointer<Float>, yRows: UInt,
        stride yStride: UInt
    ) -> Bool {
        let most = UInt(bitPattern: rowsOnStack)
        let farthest: UInt = 1 << 48
        guard
            rows &- 1 < most && yRows >= rows && xStride >= UInt(bitPattern: inputs) && xStride < farthest
                && yStride >= UInt(bitPattern: outputs) && yStride < farthest
        else { return false }
        let (first, second) = (UInt(bitPattern: x), UInt(bitPattern: y))
        let floats =
            first <= second
            ? (rows - 1) * xStride + UInt(bitPattern: inputs) : (rows - 1) * yStride + UInt(bitPattern: outputs)
        let distance = first <= second ? second - first : first - second
        guard distance >= floats * UInt(MemoryLayout<Float>.stride) else { return false }
        onStack(x, Int(bitPattern: rows), Int(bitPattern: xStride), y, Int(bitPattern: yStride))
        return true
    }

    @inline(__always)
    private func onStack(
        _ x: UnsafePointer<Float>, _ rows: Int, _ xStride: Int, _ y: UnsafeMutablePointer<Float>, _ yStride: Int
    ) {
        withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 16) { memory in
            kernels.chain(
                packed.products.base, packed.products.count, rows, x, xStride, y, yStride,
                memory.baseAddress!.alignedUp(toMultipleOf: 64).assumingMemoryBound(to: Float.self))
        }
    }

    /// Predicts with any network: node by node, in a workspace.
    private func predictNodes(_ x: Matrix, into y: Matrix) throws(ChainruleError) {
        let group = plan.rowsAtATime(packed.groupRows)
        let most = min(x.rows, group)
        let scratch = try scratches.take(packed.scratchCount)
        defer { scratches.put(scratch) }
        try workspaces.withWorkspace(plan: plan, rows: most, purpose: .prediction) { workspace throws(ChainruleError) in
            try plan.withPredictionArithmetic { () throws(ChainruleError) in
                try Matrix.inGroups(of: group, x, y) { x, y, first throws(ChainruleError) in
                    workspace.input.rows(from: 0, count: x.rows).assign(x)
                    workspace.firstRow = first
                    let isLong = Cancellation.isLong(x.rows, times: plan.multiplications)
                    for index in plan.architecture.nodes.indices {
                        if isLong { try Cancellation.look() }
                        try predictNode(index, rows: x.rows, in: workspace, scratch: scratch)
                    }
                    workspace.rows = x.rows
                    y.assign(workspace.output)
                }
            }
        }
    }

    /// Computes a node's h.
    /// - Parameter steps: what ``PreparableLayer/forward(_:over:with:into:)`` takes; nil: the node's input.
    func predictNode(
        _ index: Int, rows: Int, over steps: Matrix? = nil, in workspace: Workspace,
        scratch: UnsafeMutablePointer<Float>
    ) throws(ChainruleError) {
        if case .merged = packed.steps[index] { return }
        let node = plan.architecture.nodes[index]
        let pass = pass(index, rows: rows, in: workspace)
        do throws(ChainruleError) {
            guard case .packed(let packedLayer) = packed.steps[index], let layer = node.layer.preparable else {
                return try node.layer.forward(pass)
            }
            let weights = weights(packedLayer, scratch: scratch)
            func multiply(into z: Matrix) throws(ChainruleError) {
                if let steps { return layer.forward(pass, over: steps, with: weights, into: z) }
                try layer.forward(pass, with: weights, into: z)
            }
            if layer.activation.isCustom {
                // Its z has a place of its own, and nothing is merged into it.
                try multiply(into: pass.z)
                return try layer.activation.forward(pass)
            }
            let h = workspace.layers[packedLayer.target].activation
                .positions(ofRows: pass.rows, channels: node.shape.channels)
            try multiply(into: h)
            guard let place = packedLayer.activation,
                let activation = plan.architecture.nodes[place].layer.outputActivation,
                case .builtIn(let kernel) = activation.function
            else { return }
            arithmetic.apply(kernel, alpha: activation.alpha ?? 0, z: h, h: h)
        } catch {
            throw node.named(in: error)
        }
    }

    /// A pass of a node's layer over the first rows of a workspace.
    func pass(_ index: Int, rows: Int, in workspace: Workspace) -> LayerPass {
        LayerPass(
            arithmetic: arithmetic, memory: workspace.layers[index], networkInput: workspace.input, rows: 0..<rows,
            firstRow: workspace.firstRow, parameters: parameters.vector, layer: index, noise: nil,
            scratch: workspace.scratch.row(0), usesBatchStatistics: false, wantsNetworkInputDelta: false)
    }

    func weights(_ layer: PackedLayer, scratch: UnsafeMutablePointer<Float>) -> PackedWeights {
        PackedWeights(
            kernels: kernels, products: packed.products.base + layer.firstProduct, bias: layer.bias,
            mostRows: layer.mostRows, scratch: scratch, precision: precision)
    }
}

extension FallibleClass where Self == Predictor {
    /// Prepares a network without changing it. Later changes to the network do not affect the predictor.
    public init(_ network: Network, precision: Precision = .float32) throws(ChainruleError) {
        self = try Predictor(network, precision: precision, level: network.level)
    }

    /// - Parameter foldsNormalization: see ``PackedNetwork``.
    package init(
        _ network: Network, precision: Precision, level: InstructionSetLevel, foldsNormalization: Bool = true
    ) throws(ChainruleError) {
        let (kernels, arithmetic) = (precision.kernels(level), Arithmetic(level))
        let packed = try PackedNetwork(
            network, precision: precision, foldsNormalization: foldsNormalization, kernels: kernels,
            arithmetic: arithmetic)
        // What is packed is not copied: its places stay zeros that no one has touched.
        let unpacked = packed.unpackedTensors(of: network.plan)
        let parameters = try FloatMemory(
            count: unpacked.isEmpty ? 0 : network.numbers.count, for: "the parameters of a predictor")
        for tensor in unpacked { tensor.view(in: parameters.vector).assign(tensor.view(in: network.numbers)) }
        self = Predictor(
            network.plan, precision: precision, level: level, kernels: kernels, packed: packed, arithmetic: arithmetic,
            parameters: parameters, labels: try ClassLabelTexts(network.classLabels))
    }
}
