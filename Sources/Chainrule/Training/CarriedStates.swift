/// The states of recurrent layers that training carries from batch to batch: row i of a batch begins with the states that row i
/// of the batch before ended with. Gradients stop there.
final class CarriedStates: FallibleClass {
    /// What the next batch begins with.
    let first: Matrix
    /// What the batch in progress ends with: it counts only after its step.
    private let last: Matrix
    private let rows: Int
    /// By node.
    private let places: [(offset: Int, count: Int)]
    private let memory: FloatMemory

    fileprivate init(rows: Int, places: [(offset: Int, count: Int)], memory: FloatMemory) {
        self.rows = rows
        self.places = places
        self.memory = memory
        let count = memory.count / 2
        first = memory.matrix(at: 0, rows: 1, columns: count)
        last = memory.matrix(at: count, rows: 1, columns: count)
    }

    /// A layer's states, a row for each row of a batch.
    struct Rows: BitwiseCopyable {
        let first: Matrix
        let last: Matrix
    }

    /// nil: the layer carries none.
    func rows(ofLayer layer: Int) -> Rows? {
        let (offset, count) = places[layer]
        guard count > 0 else { return nil }
        func view(_ all: Matrix) -> Matrix { Matrix(base: all.base + offset, rows: rows, columns: count) }
        return Rows(first: view(first), last: view(last))
    }

    /// Makes what a batch ended with what the next begins with.
    func advance() { first.assign(last) }

    /// The next batch begins with states of 0.
    func reset() { first.clear() }

    func checkRows(_ count: Int) throws(ChainruleError) {
        guard count % rows == 0 else {
            throw ChainruleError(
                .size,
                """
                there are \(count) rows to train on; carrying states takes whole batches of \(rows), for row i of a batch goes \
                on with row i of the next
                """)
        }
    }
}

extension FallibleClass where Self == CarriedStates {
    init(_ plan: Plan, rows: Int) throws(ChainruleError) {
        var places: [(offset: Int, count: Int)] = []
        var total = 0
        for node in plan.architecture.nodes {
            let count = try node.layer.carriedCount(named: node.name)
            places.append((total, count))
            total = try Plan.checkedSum([total, Plan.checkedProduct(rows, count)])
        }
        guard total > 0 else {
            throw ChainruleError(.mismatch, "states cannot be carried: the network has no recurrent layer")
        }
        self = CarriedStates(
            rows: rows, places: places,
            memory: try FloatMemory(count: Plan.checkedProduct(2, total), for: "the states of a batch"))
    }
}
