import CPlatform

/// The steps of one run of training, each on one batch: forward pass, cost, backward pass and the optimizer's step.
///
/// Threads share a step in two rounds. In the first, each takes some of the rows from the input to the cost and back,
/// and leaves s of every layer. In the second, each takes some of the parameters and computes their gradients over all
/// rows. If the method has a kernel, each tile of gradients goes into the step while it is in the cache. A large batch
/// goes through the two rounds in pieces, adds up their gradients, and then takes its step. The order of every
/// computation is the same on any thread: the result does not depend on the number of threads.
final class TrainingStep: FallibleClass {
    private let network: Network
    /// nil: takes no steps, only computes cost and gradient.
    private let optimizer: Optimizer?
    private let cost: Cost
    /// The cost's decision; nil if it has none, or without an optimizer, where it is not needed.
    private let decision: Cost.Decision?
    /// The seed of dropout and noise.
    private let seed: UInt64
    /// Whether to copy the rows of a batch. If not, they are consecutive and are read in place.
    private let copiesRows: Bool
    private let data: DataView
    private let workspace: Workspace
    private let batch: Batch
    /// The whole gradient; nil until needed.
    private var gradients: FloatMemory?
    /// ``Regularizer/blocks``; nil until needed.
    private var blocks: FloatMemory?
    private let groups: Memory<RowsTotal>
    private let outcomes: [Outcome]
    /// The largest magnitude in x.
    var largestInput: Double
    private let threads: ThreadPool?
    /// With fewer rows, sharing costs more than it saves.
    private let leastSharedRows: Int
    /// nil if the number of threads was given.
    private var choice: ThreadChoice?

    // The step in progress.
    /// The rows of the present piece of the batch.
    private var rows = UnsafeMutableBufferPointer<Int>(start: nil, count: 0)[...]
    /// x of these rows.
    private var input: Matrix
    private var normalizer = 1.0
    private var round = Round.rows
    /// The number of threads that take part.
    private var participants = 1
    /// No parameter is larger in magnitude; nil: look it up.
    private var largestParameter: Double?

    private enum Round {
        case rows
        case parameters(GradientSink)
    }

    fileprivate init(
        network: Network, optimizer: Optimizer?, cost: Cost, seed: UInt64, copiesRows: Bool, data: DataView,
        workspace: Workspace,
        batch: Batch,
        gradients: FloatMemory?, groups: Memory<RowsTotal>, largestInput: Double, threads: ThreadPool?,
        leastSharedRows: Int, choice: ThreadChoice?
    ) {
        self.network = network
        self.optimizer = optimizer
        self.cost = cost
        decision = optimizer != nil && cost.decision.isMade ? cost.decision : nil
        self.seed = seed
        self.copiesRows = copiesRows
        self.data = data
        self.workspace = workspace
        input = workspace.input
        self.batch = batch
        self.gradients = gradients
        self.groups = groups
        self.largestInput = largestInput
        self.threads = threads
        self.leastSharedRows = leastSharedRows
        self.choice = choice
        var outcomes: [Outcome] = []
        for _ in 0..<(threads?.count ?? 1) { outcomes.append(Outcome(layers: workspace.layers.count)) }
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
            largestParameter = nil
            try optimizer?.step(network, gradients: gradient)
        }
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

    /// Runs both rounds, piece by piece.
    /// - Returns: C and what was decided, the rows' weight, and the gradient; nil if the second round has already taken
    ///   the step.
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
            total = try passes(over: piece, after: total, firstRow: first, amongThreads: sharesThreads)
            if piece.count == rows.count, let step = try boundedStep() {
                try share(.parameters(step), amongThreads: sharesThreads)
                return (total, totalWeight, nil)
            }
            let vector = try wholeGradient()
            try share(.parameters(.vector(vector, accumulating: first > 0)), amongThreads: sharesThreads)
            gradient = vector
        }
        return (total, totalWeight, gradient)
    }

    /// Runs the first round.
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
        try share(.rows, amongThreads: amongThreads)
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

    /// The total of the rows before and of these. Throws the error that ended the first round.
    private func outcome(after before: RowsTotal) throws(ChainruleError) -> RowsTotal {
        workspace.rows = rows.count
        workspace.parameterVersion = network.parameterVersion
        var total = before
        for group in 0..<Cost.groups(of: rows.count) { total += groups.base[group] }
        var isInOrder = total.cost.isFinite
        for outcome in outcomes.prefix(participants) { if outcome.error != nil { isInOrder = false } }
        if isInOrder { return total }
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
        guard let optimizer, !optimizer.needsGradient else { return nil }
        var largestGradient = 0.0
        for layer in workspace.layers.indices
        where !workspace.layers[layer].tensors.isEmpty && !optimizer.isFrozen(layer: layer) {
            var signal = 0.0
            var input = 0.0
            for source in workspace.layers[layer].inputs where source.isNetworkInput { input = largestInput }
            for outcome in outcomes.prefix(participants) {
                signal = larger(signal, outcome.signals[layer])
                input = larger(input, outcome.inputs[layer])
            }
            let bound = network.architecture.nodes[layer].layer.gradientBound(
                rows: rows.count, signal: signal, input: input)
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

extension TrainingStep: SharedWork {
    func work(thread: Int, of threads: Int) {
        do throws(ChainruleError) {
            switch round {
            case .rows:
                let groups = Cost.groups(of: rows.count)
                let (first, last) = (groups * thread / threads, groups * (thread + 1) / threads)
                outcomes[thread].error = nil
                try work(groups: first..<last, thread: thread)
            case .parameters(let sink):
                try network.parameterGradients(
                    input, of: 0..<rows.count, part: thread, of: threads, in: workspace, into: sink, for: optimizer)
            }
        } catch {
            outcomes[thread].error = error
        }
    }

    /// Goes from the input to the cost and back, for some groups of rows.
    private func work(groups: Range<Int>, thread: Int) throws(ChainruleError) {
        let outcome = outcomes[thread]
        let first = groups.lowerBound * Cost.groupRows
        let range = first..<max(first, min(groups.upperBound * Cost.groupRows, rows.count))
        guard !range.isEmpty else { return outcome.clear() }
        if copiesRows {
            for place in range {
                workspace.input.row(place).assign(data.x.row(rows[rows.startIndex + place]))
            }
        }
        batch.gather(rows, range, from: data.targets)
        try network.forward(input, rows: range, thread: thread, in: workspace)

        let y = workspace.layers[workspace.layers.count - 1].activation.rows(from: 0, count: rows.count)
        let gradient = workspace.layers[workspace.layers.count - 1].delta!.rows(from: 0, count: rows.count)
        let targets = batch.targets(rows: rows.count)
        if cost.isCustom {
            self.groups.base[0].cost = try cost.evaluate(y, targets, gradient: gradient, network.arithmetic)
            for group in groups.dropFirst() { self.groups.base[group].cost = 0 }
        } else {
            try cost.checkOutputs(
                y.rows(from: range.lowerBound, count: range.count), firstRow: workspace.firstRow + range.lowerBound)
            for group in groups {
                // ∇C may overwrite y.
                let decided = decision?.judge(y, targets, rows: Cost.rows(ofGroup: group, of: rows.count))
                let value = cost.evaluate(
                    group: group, y, targets, gradient: gradient, normalizer: normalizer, network.arithmetic)
                self.groups.base[group] = RowsTotal(cost: value, decided: decided ?? DecidedWeight())
            }
        }
        try network.backward(input, rows: range, thread: thread, in: workspace, wantsInputGradient: false)
        outcome.measure(workspace, range, network.arithmetic)
    }
}

/// C of some rows, and what their outputs decide.
private struct RowsTotal: BitwiseCopyable {
    var cost = 0.0
    var decided = DecidedWeight()

    static func += (sum: inout RowsTotal, added: RowsTotal) {
        sum.cost += added.cost
        sum.decided += added.decided
    }
}

/// What one thread found in the first round.
private final class Outcome {
    var error: ChainruleError?
    /// By layer, the largest magnitudes in s and in the inputs' h, without x.
    private(set) var signals: [Double]
    private(set) var inputs: [Double]

    init(layers: Int) {
        signals = [Double](repeating: 0, count: layers)
        inputs = signals
    }

    /// Sets the outcome of no rows.
    func clear() {
        for layer in signals.indices {
            signals[layer] = 0
            inputs[layer] = 0
        }
    }

    /// Finds the largest magnitudes in these rows.
    func measure(_ workspace: Workspace, _ rows: Range<Int>, _ arithmetic: Arithmetic) {
        for (layer, memory) in workspace.layers.enumerated() where !memory.tensors.isEmpty {
            func largest(_ matrix: Matrix) -> Double {
                Double(arithmetic.largestMagnitude(matrix.rows(from: rows.lowerBound, count: rows.count)))
            }
            signals[layer] = memory.signal.map(largest) ?? 0
            inputs[layer] = 0
            for input in memory.inputs where !input.isNetworkInput {
                inputs[layer] = larger(inputs[layer], largest(input.activation))
            }
        }
    }
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
        data: DataView,
        largestInput: Float
    ) throws(ChainruleError) {
        let rows = Network.gradientRows(of: batchRows, options.cost)
        var isCustom = options.cost.isCustom
        for node in network.architecture.nodes where node.layer.callsCustomFunctions { isCustom = true }
        // At most as many threads as groups of rows, or tiles of parameters.
        let widest = network.architecture.nodes.map { $0.width }.max() ?? 1
        let mostParts = max(Cost.groups(of: rows), (widest - 1) / network.arithmetic.tileRows + 1)
        var count = isCustom ? 1 : min(options.threads ?? 0, mostParts)
        var leastSharedRows = 1
        if count == 0 {
            // A step of fewer operations takes about as long as the threads need to meet.
            let operations = 6 * Double(network.parameterCount)
            let least = (8e6 / max(operations, 1)).rounded(.up)
            leastSharedRows = max(2 * Cost.groupRows, Int(min(least, 1e9)))
            count = batchRows < leastSharedRows ? 1 : min(Int(platform_processor_count()), mostParts)
        }
        try Reserve.setAside(count * (64 * network.architecture.nodes.count + 1024))
        let threads = count > 1 ? ThreadPool(count: count) : nil
        // Otherwise only a step that could overflow needs it, or a callback that changes the optimizer's settings.
        let needsGradient = optimizer?.needsGradient != false || batchRows > rows
        self = TrainingStep(
            network: network, optimizer: optimizer, cost: options.cost, seed: options.seed, copiesRows: copiesRows,
            data: data,
            workspace: try Workspace(
                plan: network.plan, maxRows: rows, purpose: .gradients, threads: threads?.count ?? 1),
            batch: try Batch(rows: rows, like: data.targets),
            gradients: try needsGradient ? FloatMemory(count: network.parameterCount, for: "the gradient") : nil,
            groups: try Memory<RowsTotal>(count: Cost.groups(of: rows), for: "the costs of a batch"),
            largestInput: Double(largestInput), threads: threads,
            leastSharedRows: leastSharedRows,
            choice: options.threads == nil ? ThreadChoice() : nil)
    }
}
