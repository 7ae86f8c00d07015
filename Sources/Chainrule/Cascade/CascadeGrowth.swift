/// A growing network. It keeps each hidden unit and the output layer as a network of one layer that reads the features,
/// and trains only those.
final class CascadeGrowth: FallibleClass {
    /// A hidden unit, or a candidate for one.
    private struct Unit {
        let network: Network
        let activation: Activation
        /// S.
        let correlation: Double
    }

    private let options: CascadeOptions
    private let data: DataView
    private let validation: DataView?
    private var features: CascadeFeatures
    /// nil without validation data, or if a unit has no finite value for one of their rows.
    private var validationFeatures: CascadeFeatures?
    private var units: [Unit] = []
    /// The output layer.
    private var output: Network
    /// The best so far: its number of units, its output layer and its cost.
    private var best: (units: Int, output: Network, cost: Double)?
    /// The last one that beat the gain before it by more than `minDelta`.
    private var lastGain = (units: 0, cost: Double.infinity)

    /// Whether the callback or a ``Cancellation`` ended growth.
    private(set) var isCancelled = false

    /// An iteration that gains less than this, relative to C, is the last.
    private static let costTolerance = 1e-6

    /// Anything lower is rounding.
    private static let leastCorrelation = 1e-6

    /// The approximate deviation of a candidate's first z. Large, so that the candidates are of many kinds, including
    /// steep ones.
    private static let firstDeviation: Float = 4

    fileprivate init(
        _ options: CascadeOptions, _ data: DataView, _ validation: DataView?, _ features: CascadeFeatures,
        _ validationFeatures: CascadeFeatures?, output: Network
    ) {
        self.options = options
        self.data = data
        self.validation = validation
        self.features = features
        self.validationFeatures = validationFeatures
        self.output = output
    }

    /// Grows the network until it ends or is cancelled.
    func run() throws(ChainruleError) {
        do throws(ChainruleError) {
            try grow()
        } catch {
            guard error.code == .cancelled else { throw error }
            isCancelled = true
        }
    }

    private func grow() throws(ChainruleError) {
        while true {
            do throws(ChainruleError) {
                try trainOutput()
                let progress = try measure()
                if options.onUnit?(progress) == false {
                    isCancelled = true
                    return
                }
                if isFinished(progress) { return }
            } catch {
                throw error.preceded(by: "the outputs of \(units.count) hidden units: ")
            }
            guard try install() else { return }
        }
    }

    private func trainOutput() throws(ChainruleError) {
        var limits = limits
        limits.targetCost = options.targetCost
        limits.threads = options.threads
        _ = try minimize(
            output, options.cost, DataView(x: features.matrix, targets: data.targets), limits)
    }

    private func minimize(
        _ network: Network, _ cost: Cost, _ data: DataView, _ limits: MinimizationOptions
    ) throws(ChainruleError) -> Minimum {
        let found = try network.minimize(cost, data, method: LBFGS(), options: limits)
        if case .cancelled = found.reason { throw ChainruleError(.cancelled, "the call was cancelled") }
        return found
    }

    private var limits: MinimizationOptions {
        var limits = MinimizationOptions()
        limits.maxIterations = options.maxIterations
        // Stops only where there is no slope at all, at any size of C.
        limits.gradientTolerance = 0
        limits.costTolerance = CascadeGrowth.costTolerance
        return limits
    }

    private func measure() throws(ChainruleError) -> CascadeUnit {
        let training = try output.evaluate(
            options.cost, DataView(x: features.matrix, targets: data.targets))
        let held = try validate()
        let cost = held?.cost ?? training.cost
        let isBest = best.map { cost < $0.cost } ?? true
        if isBest { best = (units.count, output, cost) }
        if cost < lastGain.cost - options.minDelta { lastGain = (units.count, cost) }
        return CascadeUnit(
            units: units.count, maxUnits: options.maxUnits, training: training, validation: held,
            correlation: units.last?.correlation, isBest: isBest)
    }

    /// The metrics of the validation data; nil without them. Far from the training data, units with an unbounded σ may
    /// grow without limit: a cost that is not finite counts as infinite.
    private func validate() throws(ChainruleError) -> Metrics? {
        guard let validation else { return nil }
        do throws(ChainruleError) {
            if let validationFeatures {
                return try output.evaluate(
                    options.cost, DataView(x: validationFeatures.matrix, targets: validation.targets))
            }
        } catch {
            guard error.code == .notFinite else { throw error }
        }
        return .notFinite(rows: validation.x.rows)
    }

    private func isFinished(_ progress: CascadeUnit) -> Bool {
        // The library's own costs are at least 0.
        let targetCost = options.cost.isCustom ? options.targetCost : max(options.targetCost ?? 0, 0)
        if let targetCost, progress.training.cost <= targetCost { return true }
        if units.count == options.maxUnits { return true }
        guard let patience = options.patience else { return false }
        return units.count - lastGain.units >= patience
    }

    /// Trains candidates and installs the best. Its own weights are final. The outputs' weights for it start at 0, so C
    /// does not change.
    /// - Returns: false if there is nothing left to learn, or no candidate learns it.
    private func install() throws(ChainruleError) -> Bool {
        let number = units.count + 1
        // Arrays of units grow by doubling.
        try Reserve.setAside(512 * number)
        let residual = try FloatMemory(
            count: Plan.checkedProduct(data.x.rows, output.outputs), for: "the residual errors")
        let errors = residual.matrix(at: 0, rows: data.x.rows, columns: output.outputs)
        _ = try output.valueAndGradient(
            options.cost, features.matrix, data.targets, gradients: nil, outputSignals: errors)
        guard CandidateCorrelation.center(errors) else { return false }
        var winner: Unit?
        for index in 0..<options.candidates {
            do throws(ChainruleError) {
                let candidate = try candidate(index, following: errors)
                if candidate.correlation > winner?.correlation ?? CascadeGrowth.leastCorrelation { winner = candidate }
            } catch {
                throw error.preceded(by: "hidden unit \(number), candidate \(index): ")
            }
        }
        guard let winner else { return false }
        do throws(ChainruleError) {
            try features.append(winner.network)
        } catch {
            throw error.preceded(by: "hidden unit \(number): ")
        }
        do throws(ChainruleError) {
            try validationFeatures?.append(winner.network, scale: features.scales.last)
        } catch {
            guard error.code == .notFinite else { throw error }
            validationFeatures = nil
        }
        units.append(winner)
        output = try widenedOutput()
        return true
    }

    /// Makes a unit with random weights and trains it.
    private func candidate(_ index: Int, following errors: Matrix) throws(ChainruleError) -> Unit {
        let activation = options.activations[index % options.activations.count]
        var architecture = try Architecture(inputs: features.width)
        let largest = CascadeGrowth.firstDeviation * (3 / Float(features.width)).squareRoot()
        try architecture.dense(
            1, activation, weights: .uniform(low: -largest, high: largest), biases: .uniform(low: -1, high: 1))
        let place = UInt64(units.count) &* UInt64(options.candidates) &+ UInt64(index)
        var generator = RandomGenerator(seed: options.seed, stream: place)
        let network = try Network(architecture, seed: generator.next())
        let found = try minimize(
            network, CandidateCorrelation.cost, DataView(x: features.matrix, targets: TargetView(values: errors)),
            limits)
        return Unit(network: network, activation: activation, correlation: -found.cost)
    }

    /// Makes the output layer with one more weight for each output, 0.
    private func widenedOutput() throws(ChainruleError) -> Network {
        var architecture = try Architecture(inputs: features.width)
        try architecture.dense(output.outputs, options.outputActivation)
        let wide = try Network(uninitialized: Plan(architecture), level: .standard)
        wide.plan.tensors[0].view(in: wide.parameters).columns(from: 0, count: features.width - 1)
            .assign(output.plan.tensors[0].view(in: output.parameters))
        wide.plan.tensors[1].vector(in: wide.parameters).assign(output.plan.tensors[1].vector(in: output.parameters))
        return wide
    }

    /// Makes one network of the best so far.
    func network() throws(ChainruleError) -> Network {
        let (count, output) = (best?.units ?? 0, best?.output ?? output)
        var architecture = try Architecture(inputs: data.x.columns)
        var features = "input"
        for index in 0..<count {
            let name = "unit\(index + 1)"
            try architecture.dense(1, units[index].activation, name: name, input: features)
            let grown = "features\(index + 1)"
            try architecture.concatenation(of: [features, name], name: grown)
            features = grown
        }
        try architecture.dense(output.outputs, options.outputActivation, name: "output", input: features)
        let network = try Network(uninitialized: Plan(architecture), level: .standard)
        // The parameters are in the order of the layers.
        var offset = 0
        for index in 0...count {
            let layer = index < count ? units[index].network : output
            network.parameters.columns(from: offset, count: layer.parameterCount).assign(layer.parameters)
            self.features.adapt(layer, in: network.parameters.columns(from: offset, count: layer.parameterCount))
            offset += layer.parameterCount
        }
        return network
    }
}

extension FallibleClass where Self == CascadeGrowth {
    init(
        _ data: DataView, outputs: Int, validation: DataView?, options: CascadeOptions
    ) throws(ChainruleError) {
        try options.validate()
        // Before allocating anything for that many outputs.
        try data.checkShape(for: options.cost, outputs: outputs, "x")
        try validation?.checkShape(for: options.cost, outputs: outputs, "the validation data")
        var architecture = try Architecture(inputs: data.x.columns)
        for activation in options.activations {
            // Throws at once for an α out of range.
            try architecture.dense(1, activation)
        }
        architecture = try Architecture(inputs: data.x.columns)
        try architecture.dense(outputs, options.outputActivation, name: "output", biases: .zeros)
        let output = try Network(architecture, seed: options.seed)
        try output.check(data, cost: options.cost, "x")
        if let validation { try output.check(validation, cost: options.cost, "the validation data") }
        let features = try CascadeFeatures(data.x)
        self = CascadeGrowth(
            options, data, validation, features,
            try validation.map { (validation) throws(ChainruleError) in
                try CascadeFeatures(validation.x, like: features)
            },
            output: output)
    }
}
