/// The cost of a network over all of the data, as a function of its parameters.
final class NetworkObjective: FallibleClass, Objective {
    private let network: Network
    private let step: TrainingStep
    /// All rows, in order.
    private let rows: Memory<Int>

    fileprivate init(network: Network, step: TrainingStep, rows: Memory<Int>) {
        self.network = network
        self.step = step
        self.rows = rows
        for row in 0..<rows.count { rows.base[row] = row }
    }

    var count: Int { network.parameterCount }

    /// Of float32, after sums of some length.
    var precision: Double { 1e-6 }

    /// The network's parameters.
    func read(into w: Vector) {
        for index in 0..<count { w[index] = Double(network.parameters[0, index]) }
    }

    /// Rounds w to the network's parameters.
    func write(_ w: Vector) {
        network.parameterVersion += 1
        for index in 0..<count { network.parameters[0, index] = Float(w[index]) }
    }

    func evaluate(at w: Vector, gradient: Vector) throws(NetworkError) -> Double {
        write(w)
        _ = try network.largestParameter()
        let (cost, slope) = try step.evaluate(rows.elements[...])
        for index in 0..<count { gradient[index] = Double(slope[0, index]) }
        return cost
    }
}

extension FallibleClass where Self == NetworkObjective {
    /// - Parameter largestInput: the largest magnitude in x.
    init(
        _ network: Network, _ cost: Cost, _ data: DataView, threads: Int, largestInput: Float
    ) throws(NetworkError) {
        var options = TrainingOptions(cost: cost)
        options.batchSize = data.x.rows
        options.shuffles = false
        options.threads = threads
        self = NetworkObjective(
            network: network,
            step: try TrainingStep(
                network: network, optimizer: nil, options: options, data: data, largestInput: largestInput),
            rows: try Memory(count: data.x.rows, for: "the order of the rows"))
    }
}
