/// The penalty `λ₂/2 Σ w²` over a network's weights, as a part of C; if included, also over the biases. Uses the
/// float32 parameters to which w is rounded.
struct L2Penalty {
    private let l2: Double
    private let plan: Plan
    private let includesBiases: Bool

    init(l2: Double, includesBiases: Bool, of plan: Plan) {
        self.l2 = l2
        self.includesBiases = includesBiases
        self.plan = plan
    }

    private func forEachParameter(_ body: (Int) -> Void) {
        guard l2 > 0 else { return }
        for tensor in plan.tensors where tensor.isPenalized(includingBiases: includesBiases) {
            for index in tensor.offset..<tensor.offset + tensor.count { body(index) }
        }
    }

    func value(at w: Vector) -> Double {
        var sum = 0.0
        forEachParameter { index in
            let parameter = Double(Float(w[index]))
            sum += parameter * parameter
        }
        return l2 / 2 * sum
    }

    func addGradient(at w: Vector, to gradient: Vector) {
        forEachParameter { gradient[$0] += l2 * Double(Float(w[$0])) }
    }

    /// Adds the product of v and the penalty's Hessian, λ₂ for each penalized parameter.
    func addProduct(with v: Vector, to product: Vector) {
        forEachParameter { product[$0] += l2 * v[$0] }
    }

    func addHessian(to matrix: SymmetricMatrix) {
        forEachParameter { matrix.add(l2, row: $0, column: $0) }
    }
}
