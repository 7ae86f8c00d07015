import CPlatform

/// The steps of one run of training, each on one batch: forward pass, cost, backward pass and the optimizer's step.
///
/// Threads share a step in rounds. The first rounds are the passes from the input to the cost and back, in stages
/// (``PassStage``); they leave s of every layer, or its gradients. In the last, each thread takes some of the parameters and
/// computes their gradients over all rows, if they were not computed by layer. If the method has a kernel, each tile of gradients goes into the step while it is in
/// the cache. A large batch goes through the rounds in pieces, adds up their gradients, and then takes its step. The
/// order of every computation is the same on any thread: the result does not depend on the number of threads.
final class TrainingStep: FallibleClass {
    let network: Network
    /// nil: takes no steps, only computes cost and gradient.
    let optimizer: Optimizer?
    let cost: Cost
    /// The cost's decision; nil if it has none, or without an optimizer, where it is not needed.
    let decision: Cost.Decision?
    /// The seed of dropout and noise.
    private let seed: UInt64
    /// Whether the passes call the caller's functions.
    let callsFunctions: Bool
    /// Whether to copy the rows of a batch. If not, they are consecutive and are read in place.
    private let copiesRows: Bool
    let data: DataView
    let workspace: Workspace
    let batch: BatchTargets
    /// The whole gradient; nil until needed.
    private var gradients: FloatMemory?
    /// ``Regularizer/blocks``; nil until needed.
    private var blocks: FloatMemory?
    /// Of tensors whose gradients are 0 in most rows.
    private let gradientRows: [GradientRows]
    let groups: Memory<RowsTotal>
    let outcomes: [Outcome]
    /// nil: none are carried from batch to batch.
    private let carriedStates: CarriedStates?
    /// The largest magnitude in x.
    var largestInput: Double
    private let threads: ThreadPool?
    /// The stages of the passes where threads share them.
    private let sharedStages: [PassStage]
    let layerTreatments: Memory<LayerTreatment>
    /// Whether every gradient has a bound: no layer writes its own. Otherwise each layer's gradients are computed right after its
    /// backward pass, while s is in the cache.
    let isBounded: Bool
    /// With fewer rows, sharing costs more than it saves.
    private let leastSharedRows: Int
    /// nil if the number of threads was given.
    private var choice: ThreadChoice?

    // The step in progress.
    /// The rows of the present piece of the batch.
    var rows = UnsafeMutableBufferPointer<Int>(start: nil, count: 0)[...]
    /// x of these rows.
    var input: Matrix
    var normalizer = 1.0
    var round = Round.passes(.byRows(layers: 0, copiesRows: false), isLast: true)
    /// Where gradients go that are computed by layer.
    var sink: GradientSink?
    /// The number of threads that take part.
    private var participants = 1
    /// No parameter is larger in magnitude; nil: look it up.
    private var largestParameter: Double?

    enum Round {
        case passes(PassStage, isLast: Bool)
        case parameters(GradientSink)
    }

    fileprivate init(
        network: Network, optimizer: Optimizer?, cost: Cost, seed: UInt64, callsFunctions: Bool, copiesRows: Bool,
        data: DataView, workspace: Workspace,
        batch: BatchTargets,
        gradients: FloatMemory?, gradientRows: [GradientRows], groups: Memory<RowsTotal>, largestInput: Double,
        threads: ThreadPool?,
        sharedStages: [PassStage], layerTreatments: Memory<LayerTreatment>, isBounded: Bool, outcomes: [Outcome],
        leastSharedRows: Int, choice: ThreadChoice?, carriedStates: CarriedStates?
    ) {
        self.network = network
        self.optimizer = optimizer
        self.cost = cost
        decision = optimizer != nil && cost.decision.isMade ? cost.decision : nil
        self.seed = seed
        self.callsFunctions = callsFunctions
        self.copiesRows = copiesRows
        self.data = data
        self.workspace = workspace
        input = workspace.input
        self.batch = batch
        self.gradients = gradients
        self.gradientRows = gradientRows
        self.groups = groups
        self.largestInput = largestInput
        self.threads = threads
        self.sharedStages = sharedStages
        self.layerTreatments = layerTreatments
        self.isBounded = isBounded
        self.leastSharedRows = leastSharedRows
        self.choice = choice
        self.carriedStates = carriedStates
        self.outcomes = outcomes
    }

    /// Takes one step.
    /// - Parameter rows: which rows of the data.
    /// - Returns: C before the step, its weight in the epoch's cost, and what the outputs decided before the step.
    func take(_ rows: Slice<UnsafeMutableBufferPointer<Int>>) throws(ChainruleError) -> (
        cost: Double, weight: Double, decided: DecidedWeight
    ) {
        let (total, totalWeight, gradient) = try passes(over: rows)
        if let gradient {
            let bound = largestParameter
            largestParameter = nil
            largestParameter = try optimizer?.step(
                network, gradients: gradient, rows: gradientRows, largestParameter: bound)
        }
        if workspace.usesBatchStatistics { network.updateState(from: workspace) }
        carriedStates?.advance()
        return (total.cost, cost.weight(totalWeight: totalWeight, rows: rows.count), total.decided)
    }

    /// Computes C of the rows and its gradient, which must be finite, for a method that takes its own steps. The
    /// gradient is valid until the next call.
    func evaluate(_ rows: Slice<UnsafeMutableBufferPointer<Int>>) throws(ChainruleError) -> (
        cost: Double, gradient: Matrix
    ) {
        let (total, _, gradient) = try passes(over: rows)
        guard let gradient else { preconditionFailure("a step was made, though there is no optimizer") }
        _ = try network.largestMagnitude(ofGradient: gradient)
        return (total.cost, gradient)
    }

    private func wholeGradient() throws(ChainruleError) -> Matrix {
        if let gradients { return gradients.vector }
        let made = try FloatMemory(count: network.parameterCount, for: "the gradient")
        gradients = made
        return made.vector
    }

    /// What the optimizer does besides its kernel; nil if nothing.
    private func regularizer() throws(ChainruleError) -> Regularizer? {
        guard let optimizer, optimizer.regularizes else { return nil }
        if blocks == nil {
            let count = try Regularizer.blockCount(for: network.plan, tileRows: network.arithmetic.tileRows)
            blocks = try FloatMemory(
                count: Plan.checkedProduct(outcomes.count, count), for: "the gradients of a regularized step")
        }
        let (memory, threads) = (blocks!, outcomes.count)
        return Regularizer(
            optimizer: optimizer, blocks: memory.matrix(at: 0, rows: threads, columns: memory.count / threads))
    }

    /// Runs all rounds, piece by piece.
    /// - Returns: C and what was decided, the rows' weight, and the gradient; nil if the last round has already taken the
    ///   step.
    private func passes(over rows: Slice<UnsafeMutableBufferPointer<Int>>) throws(ChainruleError) -> (
        total: RowsTotal, totalWeight: Double, gradient: Matrix?
    ) {
        let mayShare = threads != nil && rows.count >= leastSharedRows
        let sharesThreads = mayShare && choice?.isShared ?? true
        let start = mayShare ? platform_seconds() : 0
        defer {
            if mayShare { choice?.took((platform_seconds() - start) / Double(rows.count)) }
        }
        let totalWeight = data.targets.totalWeight(of: rows)
        normalizer = cost.normalizer(totalWeight: totalWeight)
        var total = RowsTotal()
        var gradient: Matrix?
        for first in stride(from: 0, to: rows.count, by: workspace.maxRows) {
            let place = rows.startIndex + first
            let piece = rows[place..<min(place + workspace.maxRows, rows.endIndex)]
            if !isBounded {
                let vector = try wholeGradient()
                sink = .vector(vector, accumulating: first > 0, isClear: !gradientRows.isEmpty)
                gradient = vector
                if first == 0 { for rows in gradientRows { rows.clear(in: vector) } }
            }
            total = try passes(over: piece, after: total, firstRow: first, amongThreads: sharesThreads)
            for rows in gradientRows { rows.add(input, rows: piece.count, in: workspace, network) }
            if !isBounded { continue }
            if piece.count == rows.count, let step = try boundedStep() {
                try share(.parameters(step), amongThreads: sharesThreads)
                return (total, totalWeight, nil)
            }
            let vector = try wholeGradient()
            try share(.parameters(.vector(vector, accumulating: first > 0)), amongThreads: sharesThreads)
            gradient = vector
        }
        for rows in gradientRows { rows.isComplete = true }
        return (total, totalWeight, gradient)
    }

    /// Runs the rounds of the passes.
    /// - Parameter before: the total of the rows before these.
    /// - Returns: the total of the rows before and of these.
    private func passes(
        over rows: Slice<UnsafeMutableBufferPointer<Int>>, after before: RowsTotal, firstRow: Int, amongThreads: Bool
    ) throws(ChainruleError) -> RowsTotal {
        self.rows = rows
        workspace.firstRow = firstRow
        workspace.noise = optimizer.map { NoiseSeed(seed: seed, step: UInt64($0.steps)) }
        if !copiesRows { input = data.x.rows(from: rows[rows.startIndex], count: rows.count) }
        try Cancellation.look()
        for outcome in outcomes {
            outcome.error = nil
            outcome.isOfLayer = false
        }
        if amongThreads {
            let last = sharedStages.count - 1
            for stage in 0...last where !isAnyFailed {
                try share(.passes(sharedStages[stage], isLast: stage == last), amongThreads: true)
            }
        } else {
            try share(
                .passes(.byRows(layers: workspace.layers.count, copiesRows: copiesRows), isLast: true),
                amongThreads: false)
        }
        return try outcome(after: before)
    }

    /// - Throws: only if the round was cancelled. Other errors are in the outcomes.
    private func share(_ round: Round, amongThreads: Bool) throws(ChainruleError) {
        self.round = round
        participants = amongThreads ? outcomes.count : 1
        if amongThreads, let threads { threads.run(self) } else { work(thread: 0, of: 1) }
        guard Cancellation.isWatching else { return }
        for outcome in outcomes.prefix(participants) {
            if let error = outcome.error, error.code == .cancelled { throw error }
        }
    }

    private var isAnyFailed: Bool {
        for outcome in outcomes where outcome.error != nil { return true }
        return false
    }

    /// The total of the rows before and of these. Throws the error that ended the passes.
    private func outcome(after before: RowsTotal) throws(ChainruleError) -> RowsTotal {
        workspace.rows = rows.count
        workspace.parameterVersion = network.parameterVersion
        var total = before
        for group in 0..<Cost.groups(of: rows.count) { total += groups.base[group] }
        if total.cost.isFinite && !isAnyFailed { return total }
        for outcome in outcomes where outcome.isOfLayer { throw outcome.error! }
        // A single thread calls custom functions, and its error is the one to report. To find a built-in cost's error
        // again, look at all rows.
        if let error = outcomes[0].error, threads == nil { throw error }
        let value = try cost.evaluate(
            workspace.output, batch.targets(rows: rows.count),
            gradient: network.outputDelta(of: workspace, rows: rows.count),
            after: Cost.RowsBefore(count: workspace.firstRow, cost: before.cost, normalizer: normalizer),
            network.arithmetic)
        // ∇C has overwritten s: the step cannot go on.
        throw ChainruleError(
            .notFinite, "the cost '\(cost.identifier)' of the batch was not finite, and is \(value) now")
    }

    /// The step for a method whose kernel takes the gradients tile by tile, if bounds on the gradients rule out
    /// overflow. Otherwise nil: the gradients themselves must be checked first.
    private func boundedStep() throws(ChainruleError) -> GradientSink? {
        guard isBounded, let optimizer, !optimizer.needsGradient else { return nil }
        var largestGradient = 0.0
        for layer in workspace.layers.indices
        where !workspace.layers[layer].tensors.isEmpty && !optimizer.isFrozen(layer: layer) {
            var signal = 0.0
            var input = 0.0
            for source in workspace.layers[layer].inputs where source.isNetworkInput { input = largestInput }
            for outcome in outcomes.prefix(participants) {
                signal = larger(signal, outcome.magnitudes.base[layer].signal)
                for source in workspace.layers[layer].inputs where !source.isNetworkInput {
                    input = larger(input, outcome.magnitudes.base[source.position - 1].activation)
                }
            }
            let node = network.architecture.nodes[layer]
            let bound = node.layer.gradientBound(
                positions: rows.count * node.shape.positions, signal: signal, input: input)
            largestGradient = larger(largestGradient, bound)
        }
        // Sums of many terms are rounded: leave half the range for that.
        guard largestGradient < Double(Float.greatestFiniteMagnitude) / 2 else { return nil }
        let regularizer = try regularizer()
        var bound = largestParameter
        while true {
            do throws(ChainruleError) {
                let largest = if let bound { bound } else { try network.largestParameter() }
                largestParameter = try optimizer.begin(
                    network, largestGradient: largestGradient, largestParameter: largest)
                return optimizer.kernelStep(network).map { .step($0, besides: regularizer) }
            } catch {
                // The bound grows with every step, with penalties by a factor: look the parameters up before giving up.
                guard bound != nil else { return nil }
                bound = nil
            }
        }
    }
}

/// C of some rows, and what their outputs decide.
struct RowsTotal: BitwiseCopyable {
    var cost = 0.0
    var decided = DecidedWeight()

    static func += (sum: inout RowsTotal, added: RowsTotal) {
        sum.cost += added.cost
        sum.decided += added.decided
    }
}

/// What one thread found in the passes.
final class Outcome {
    var error: ChainruleError?
    /// Whether the error is a layer's own, not the cost's.
    var isOfLayer = false
    /// By layer.
    let magnitudes: Memory<Magnitudes>

    init(magnitudes: Memory<Magnitudes>) { self.magnitudes = magnitudes }
}

/// The largest magnitudes in a layer's s and h.
struct Magnitudes: BitwiseCopyable {
    var signal = 0.0
    var activation = 0.0
}

/// How the threads of a step treat a layer.
struct LayerTreatment: BitwiseCopyable {
    /// Whether each takes some of the units, not of the rows.
    var isByUnits = false
    var hasSignalByUnits = false
    /// Whether the bounds of a step need the largest magnitudes.
    var measuresSignal = false
    var measuresActivation = false
}

/// The larger of two magnitudes; NaN if either is NaN.
private func larger(_ a: Double, _ b: Double) -> Double { b <= a ? a : (a.isNaN ? a : b) }

extension FallibleClass where Self == TrainingStep {
    /// - Parameters:
    ///   - batchRows: the rows of the largest batch.
    ///   - copiesRows: false: the rows of each batch are consecutive in x, and x is contiguous.
    ///   - largestInput: the largest magnitude in x.
    init(
        network: Network, optimizer: Optimizer?, options: TrainingOptions, batchRows: Int, copiesRows: Bool,
        data: DataView, largestInput: Float, carriedStates: CarriedStates? = nil
    ) throws(ChainruleError) {
        let mixesRows = optimizer != nil && network.plan.mixesRows
        let rows = mixesRows ? batchRows : network.plan.gradientRows(of: batchRows, options.cost)
        var callsFunctions = options.cost.isCustom
        for node in network.architecture.nodes where node.layer.callsCustomFunctions { callsFunctions = true }
        // At most as many threads as groups of rows, or parts of a layer's units.
        let widest = network.architecture.nodes.map { $0.shape.channels }.max() ?? 1
        let mostParts = max(Cost.groups(of: rows), Share.lines(of: widest))
        var count = callsFunctions ? 1 : min(options.threads ?? 0, mostParts)
        var leastSharedRows = 1
        if count == 0 {
            // A step of fewer operations takes about as long as the threads need to meet.
            let operations = 6 * Double(network.plan.multiplications)
            let least = (8e6 / max(operations, 1)).rounded(.up)
            leastSharedRows = max(2 * Cost.groupRows, Int(min(least, 1e9)))
            count = batchRows < leastSharedRows ? 1 : min(Int(platform_processor_count()), mostParts)
        }
        // The outcomes and the pool; the lists of stages and of layers that are shared by units.
        try Reserve.setAside(count * 1024 + network.architecture.nodes.count * 640)
        let threads = count > 1 ? ThreadPool(count: count) : nil
        let sharesUnits = network.plan.sharesUnits(
            rows: rows, threads: threads?.count ?? 1, mixesRows: mixesRows)
        let treatments = try Memory<LayerTreatment>(count: sharesUnits.count, for: "the layers of a step")
        // Otherwise nothing needs to be measured.
        let isBounded = !network.architecture.nodes.contains { $0.layer.writesGradients }
        for (layer, node) in network.architecture.nodes.enumerated() {
            treatments.base[layer].isByUnits = sharesUnits[layer]
            guard isBounded, !network.plan.tensorRanges[layer].isEmpty else { continue }
            treatments.base[layer].measuresSignal = node.layer.signal != .none
            for position in node.inputs where position > 0 { treatments.base[position - 1].measuresActivation = true }
        }
        let hasGradients = network.architecture.nodes.indices.map {
            !isBounded && !network.plan.tensorRanges[$0].isEmpty
                && !network.plan.keepsGradients($0, usesBatchStatistics: mixesRows)
        }
        let stages = PassStage.stages(
            network.plan, sharesUnits: sharesUnits, copiesRows: copiesRows, hasGradients: hasGradients)
        for case .inputDelta(let layer, signal: true) in stages {
            treatments.base[network.architecture.nodes[layer].inputs[0] - 1].hasSignalByUnits = true
        }
        var gradientRows: [GradientRows] = []
        // Without an optimizer, the gradient is the caller's to change.
        if optimizer != nil {
            for (layer, node) in network.architecture.nodes.enumerated() where node.layer.hasFewGradientRows {
                for tensor in network.plan.tensorRanges[layer] {
                    gradientRows.append(try GradientRows(ofLayer: layer, network.plan.tensors[tensor].place))
                }
            }
        }
        var outcomes: [Outcome] = []
        for _ in 0..<(threads?.count ?? 1) {
            outcomes.append(Outcome(magnitudes: try Memory(count: sharesUnits.count, for: "the bounds of a step")))
        }
        // Otherwise only a step that could overflow needs it, or a callback that changes the optimizer's settings.
        let needsGradient = optimizer?.needsGradient != false || batchRows > rows || !isBounded
        let workspace = try Workspace(
            plan: network.plan, maxRows: rows, purpose: .gradients, threads: threads?.count ?? 1,
            usesBatchStatistics: mixesRows, hasGradientsByLayer: !isBounded)
        for layer in workspace.layers.indices { workspace.layers[layer].carried = carriedStates?.rows(ofLayer: layer) }
        self = TrainingStep(
            network: network, optimizer: optimizer, cost: options.cost, seed: options.seed,
            callsFunctions: callsFunctions, copiesRows: copiesRows, data: data,
            workspace: workspace,
            batch: try BatchTargets(rows: rows, like: data.targets),
            gradients: try needsGradient ? FloatMemory(count: network.parameterCount, for: "the gradient") : nil,
            gradientRows: gradientRows,
            groups: try Memory<RowsTotal>(count: Cost.groups(of: rows), for: "the costs of a batch"),
            largestInput: Double(largestInput), threads: threads, sharedStages: stages,
            layerTreatments: treatments, isBounded: isBounded, outcomes: outcomes, leastSharedRows: leastSharedRows,
            choice: options.threads == nil ? ThreadChoice() : nil, carriedStates: carriedStates)
    }
}
