/// An attention layer.
public struct AttentionSettings: Sendable {
    /// How many heads share the channels, at least 1. They divide their number.
    public var heads: Int
    /// Whether a query sees no keys after its own position.
    public var isCausal = false
    /// Whether the layer reads the rows' numbers of keys from a layer, its last.
    package internal(set) var hasLengths = false

    public init(heads: Int, isCausal: Bool = false) {
        self.heads = heads
        self.isCausal = isCausal
    }
}

/// One head of attention in one sample: where its queries, keys and values lie, and who sees whom.
struct AttentionHead {
    enum Operand: Int {
        case query = 0
        case key = 1
        case value = 2
    }

    /// δ of its queries, keys and values, where it is wanted.
    struct InputDeltas {
        let query: Matrix?
        let key: Matrix?
        let value: Matrix?

        /// Calls `body` with some rows of δ, if it is wanted.
        func add(_ operand: Operand, _ rows: Range<Int>, _ body: (Matrix) -> Void) {
            let delta =
                switch operand {
                case .query: query
                case .key: key
                case .value: value
                }
            if let delta { body(delta.rows(rows)) }
        }
    }

    private let sample: Int
    private let head: Int
    private let isCausal: Bool
    /// The layers that it reads besides the lengths.
    private let sources: Int
    /// E, and d.
    private let width: Int
    private let channels: Int
    /// T of the queries and of the keys.
    private let querySteps: Int
    private let keySteps: Int
    /// How many of them the row has.
    let queries: Int
    let keys: Int

    init(_ settings: AttentionSettings, _ head: Int, ofSample sample: Int, _ pass: LayerPass) {
        self.sample = sample
        self.head = head
        isCausal = settings.isCausal
        sources = settings.hasLengths ? pass.inputCount - 1 : pass.inputCount
        width = pass.shape.channels
        channels = width / settings.heads
        querySteps = pass.shape[0]
        keySteps = pass.inputShape(sources - 1)[0]
        keys = settings.hasLengths ? Int(pass.inputActivation(sources)[sample, 0]) : keySteps
        queries = sources == 1 ? keys : querySteps
    }

    // MARK: Places

    /// The row's queries, keys or values.
    func input(_ operand: Operand, _ pass: LayerPass) -> Matrix {
        view(operand, pass.inputActivation(source(operand)))
    }

    /// R{·} of the operand; nil: 0.
    func tangent(_ operand: Operand, _ pass: TangentPass) -> Matrix? {
        pass.inputTangent(source(operand)).map { view(operand, $0) }
    }

    func inputDeltas(_ pass: LayerPass) -> InputDeltas {
        func delta(_ operand: Operand) -> Matrix? { pass.inputDelta(source(operand)).map { view(operand, $0) } }
        return InputDeltas(query: delta(.query), key: delta(.key), value: delta(.value))
    }

    /// h, or its δ, of the row's queries.
    func output(_ all: Matrix) -> Matrix {
        all.rows(from: sample * querySteps, count: queries).columns(from: head * channels, count: channels)
    }

    /// What is kept of some queries: the largest element and 1 over the sum of each row of S; nil if nothing is.
    func statistics(_ pass: LayerPass, _ queries: Range<Int>) -> (most: Matrix, inverses: Matrix)? {
        guard let kept = pass.kept else { return nil }
        let first = kept.row(sample).base + 2 * head * querySteps + queries.lowerBound
        return (
            Matrix(base: first, rows: 1, columns: queries.count),
            Matrix(base: first + querySteps, rows: 1, columns: queries.count)
        )
    }

    private func source(_ operand: Operand) -> Int { min(operand.rawValue, sources - 1) }

    private func view(_ operand: Operand, _ input: Matrix) -> Matrix {
        let isQuery = operand == .query
        let column = (operand.rawValue - source(operand)) * width + head * channels
        return input.rows(from: sample * (isQuery ? querySteps : keySteps), count: isQuery ? queries : keys)
            .columns(from: column, count: channels)
    }

    // MARK: Blocks

    /// How many keys the last of some queries sees.
    func seen(by queries: Range<Int>) -> Int { isCausal ? min(keys, queries.upperBound) : keys }

    func visible(_ queries: Range<Int>, _ keys: Range<Int>) -> Arithmetic.Visible {
        guard isCausal else { return Arithmetic.Visible(first: keys.count, more: 0) }
        return Arithmetic.Visible(first: queries.lowerBound + 1 - keys.lowerBound, more: 1)
    }

    /// Calls `body` with so many queries at a time. Can be cancelled between them.
    func forEachBlockOfQueries(
        _ most: Int, _ body: (Range<Int>) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        for first in stride(from: 0, to: queries, by: most) {
            try Cancellation.look()
            try body(first..<min(first + most, queries))
        }
    }

    /// Calls `body` with so many at a time of the keys that some queries see.
    func forEachBlockOfKeys(_ most: Int, seenBy queries: Range<Int>, _ body: (Range<Int>) -> Void) {
        let seen = seen(by: queries)
        for first in stride(from: 0, to: seen, by: most) { body(first..<min(first + most, seen)) }
    }
}

/// A thread's memory for a block.
struct AttentionScratch {
    /// An element for each query.
    let most: Matrix
    let sums: Matrix
    let factors: Matrix
    let rest: Matrix

    init(_ scratch: Matrix, queries: Int) {
        var rest = scratch
        func next() -> Matrix {
            let vector = Matrix(base: rest.base, rows: 1, columns: queries)
            rest = rest.fromNextLine(after: queries)
            return vector
        }
        (most, sums, factors) = (next(), next(), next())
        self.rest = rest
    }

    func block(_ queries: Int, _ keys: Int, stride: Int) -> (block: Matrix, rest: Matrix) {
        AttentionScratch.block(rest, queries, keys, stride: stride)
    }

    static func block(_ scratch: Matrix, _ queries: Int, _ keys: Int, stride: Int) -> (block: Matrix, rest: Matrix) {
        (
            Matrix(base: scratch.base, rows: queries, columns: keys, stride: stride),
            scratch.fromNextLine(after: queries * stride)
        )
    }
}
