/// A predictor that can be exchanged while others predict with it: so a network is trained and served at the same time.
///
/// ```swift
/// let publisher = try Publisher(network)
/// options.onEpoch = { epoch in
///     if epoch.isBest { try? publisher.publish(network) }
///     return true
/// }
/// // on any thread
/// let y = try publisher.predict(x)
/// ```
///
/// Threads: any number may predict, while one publishes. A prediction is made with one publication from its first row to its
/// last. Publishing reads the network, and so excludes training it for as long as it takes: a trainer's callback is the place
/// for it.
public final class Publisher: FallibleClass, @unchecked Sendable {
    public let precision: Precision
    public let inputs: Int
    public let outputs: Int
    private let lock = Lock()
    /// Behind the lock.
    private var current: Predictor
    private var count = 1

    fileprivate init(_ predictor: Predictor) {
        current = predictor
        precision = predictor.precision
        inputs = predictor.inputs
        outputs = predictor.outputs
    }

    /// The predictor that was published last.
    public var predictor: Predictor { lock.withLock { current } }

    /// How many times was published, the first time included.
    public var publications: Int { lock.withLock { count } }

    /// Prepares the network as it is now, and puts it in the place of what was published before. Predictions under way end with
    /// what they began with. After an error the old one stays.
    /// - Parameter network: of as many inputs and outputs.
    public func publish(_ network: Network) throws(NetworkError) {
        guard network.inputs == inputs && network.outputs == outputs else {
            throw NetworkError(
                .mismatch,
                """
                the network has \(network.inputs) inputs and \(network.outputs) outputs; what was published has \(inputs) and \
                \(outputs)
                """)
        }
        let next = try Predictor(network, precision: precision)
        // The old predictor is freed, if nobody predicts with it, after the lock is.
        _ = lock.withLock { () -> Predictor in
            let old = current
            current = next
            count += 1
            return old
        }
    }

    /// Writes the outputs for the inputs, by what was published last; otherwise as ``Predictor/predict(_:rows:into:)``.
    public func predict(_ x: Span<Float>, rows: Int, into y: inout MutableSpan<Float>) throws(NetworkError) {
        try predictor.predict(x, rows: rows, into: &y)
    }

    /// The outputs for inputs of `x.count / inputs` rows.
    public func predict(_ x: [Float]) throws(NetworkError) -> [Float] { try predictor.predict(x) }
}

extension FallibleClass where Self == Publisher {
    /// Publishes a network for the first time.
    public init(_ network: Network, precision: Precision = .float32) throws(NetworkError) {
        self = Publisher(try Predictor(network, precision: precision))
    }
}
