/// A network's cost over all data, plus a penalty, as a function of its parameters.
final class NetworkObjective: FallibleClass, Objective {
    private let network: Network
    private let step: TrainingStep
    /// All rows, in order.
    private let rows: Memory<Int>
    private let cost: Cost
    private let data: DataView
    private let l2: L2Penalty
    private let validation: (data: DataView, evaluation: Evaluation)?
    /// Memory for float32 products and matrices.
    private var memory: FloatMemory?
    /// How many rows of the Jacobian to compute at a time.
    private static let jacobianRows = 256

    fileprivate init(
        network: Network, cost: Cost, data: DataView, l2: L2Penalty,
        validation: (data: DataView, evaluation: Evaluation)?, step: TrainingStep, rows: Memory<Int>
    ) {
        self.network = network
        self.cost = cost
        self.data = data
        self.l2 = l2
        self.validation = validation
        self.step = step
        self.rows = rows
        for row in 0..<rows.count { rows.base[row] = row }
    }

    var count: Int { network.parameterCount }

    /// The precision of float32 sums of some length.
    var precision: Double { 1e-6 }

    /// Copies the network's parameters into w.
    func read(into w: Vector) {
        for index in 0..<count { w[index] = Double(network.parameters[0, index]) }
    }

    /// Rounds w into the network's parameters.
    func write(_ w: Vector) {
        network.parameterVersion += 1
        for index in 0..<count { network.parameters[0, index] = Float(w[index]) }
    }

    func evaluate(at w: Vector, gradient: Vector) throws(ChainruleError) -> Double {
        write(w)
        _ = try network.largestParameter()
        let (cost, slope) = try step.evaluate(rows.elements[...])
        for index in 0..<count { gradient[index] = Double(slope[0, index]) }
        l2.addGradient(at: w, to: gradient)
        let total = cost + l2.value(at: w)
        guard total.isFinite else { throw ChainruleError(.notFinite, "the cost with the penalty of l2 is \(total)") }
        return total
    }

    func penalty(at w: Vector) -> Double { l2.value(at: w) }

    func validate(at w: Vector) throws(ChainruleError) -> Metrics? {
        guard let validation else { return nil }
        write(w)
        do throws(ChainruleError) {
            return try validation.evaluation.run(validation.data)
        } catch {
            guard error.isOfParameters else { throw error.preceded(by: "validation: ") }
            return .notFinite(rows: validation.data.x.rows)
        }
    }

    /// Splits the rows of a matrix of every pair of parameters into blocks with quick products.
    private func blocks() -> [Range<Int>] {
        let most = network.arithmetic.tileRows * max(1, (1 << 16) / count)
        return stride(from: 0, to: count, by: most).map { $0..<min($0 + most, count) }
    }

    /// Memory for `count` floats. A method always needs the same number.
    private func floats(_ count: Int) throws(ChainruleError) -> FloatMemory {
        if let memory, memory.count == count { return memory }
        let made = try FloatMemory(count: count, for: "the curvature of the cost")
        memory = made
        return made
    }

    func multiplyGaussNewton(at w: Vector, by v: Vector, into product: Vector) throws(ChainruleError) {
        write(w)
        let floats = try floats(Plan.checkedProduct(2, count))
        let vector = floats.matrix(at: 0, rows: 1, columns: count)
        let result = floats.matrix(at: count, rows: 1, columns: count)
        // Scale v to length 1: then no element overflows, whatever the length of v.
        let length = v.norm
        for index in 0..<count { vector[0, index] = Float(length > 0 ? v[index] / length : 0) }
        try network.multiply(.gaussNewton, cost, data.x, data.targets, vector, result)
        for index in 0..<count { product[index] = length * Double(result[0, index]) }
        l2.addProduct(with: v, to: product)
    }

    /// Computes `Σ 2 w_r / N jᵀj` over rows r and outputs, with their j = ∂y/∂w, divided by `Σ w_r` for the mean. Adds
    /// up some rows in float32, the type of j, and those sums in float64.
    func gaussNewtonMatrix(at w: Vector, into matrix: SymmetricMatrix) throws(ChainruleError) {
        write(w)
        let most = max(1, min(data.x.rows, NetworkObjective.jacobianRows / network.outputs))
        let floats = try floats(Plan.checkedProduct(Plan.checkedSum([most * network.outputs, count]), count))
        let scratch = floats.matrix(at: 0, rows: 0, columns: 0)
        let product = floats.matrix(at: 0, rows: count, columns: count)
        let normalizer = cost.normalizer(totalWeight: data.targets.totalWeight(of: 0..<data.x.rows))
        matrix.clear()
        for first in stride(from: 0, to: data.x.rows, by: most) {
            let rows = min(most, data.x.rows - first)
            let jacobian = floats.matrix(at: count * count, rows: rows * network.outputs, columns: count)
            try network.jacobian(data.x.rows(from: first, count: rows), of: .parameters, into: jacobian)
            for row in 0..<jacobian.rows {
                let weight = data.targets.weights.map { Double($0[first + row / network.outputs]) } ?? 1
                let factor = Float((2 * weight / (Double(network.outputs) * normalizer)).squareRoot())
                for column in 0..<count { jacobian[row, column] *= factor }
            }
            for rows in blocks() {
                try Cancellation.look()
                network.arithmetic.transposedProduct(
                    jacobian.columns(from: rows.lowerBound, count: rows.count), jacobian,
                    into: product.rows(from: rows.lowerBound, count: rows.count), accumulating: false, scratch: scratch)
                for row in rows {
                    for column in row..<count { matrix.add(Double(product[row, column]), row: row, column: column) }
                }
            }
        }
        l2.addHessian(to: matrix)
    }
}

extension FallibleClass where Self == NetworkObjective {
    /// - Parameter largestInput: the largest magnitude in x.
    init(
        _ network: Network, _ cost: Cost, _ data: DataView, validation: DataView? = nil,
        options: MinimizationOptions, largestInput: Float
    ) throws(ChainruleError) {
        var training = TrainingOptions(cost: cost)
        training.threads = options.threads
        self = NetworkObjective(
            network: network, cost: cost, data: data,
            l2: L2Penalty(l2: options.l2, includesBiases: options.includesBiases, of: network.plan),
            validation: try validation.map { (held) throws(ChainruleError) in
                (data: held, evaluation: try Evaluation(of: network, cost: cost, rows: held.x.rows))
            },
            step: try TrainingStep(
                network: network, optimizer: nil, options: training, batchRows: data.x.rows,
                copiesRows: !data.x.isContiguous, data: data, largestInput: largestInput),
            rows: try Memory(count: data.x.rows, for: "the order of the rows"))
    }
}
