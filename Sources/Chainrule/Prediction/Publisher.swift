import Synchronization

/// A predictor that you can exchange while others predict with it, so you can train and serve a network at the same
/// time.
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
/// Threads: any number may predict and publish at once. A prediction uses one publication from its first row to its
/// last. It waits for nobody; the publishing threads free past publications. Publishing reads the network, so do not
/// train the network meanwhile: publish from a trainer's callback.
public final class Publisher: FallibleClass, @unchecked Sendable {
    public let precision: Precision
    public let inputs: Int
    public let outputs: Int
    private let published: Publications
    private let count = Atomic(1)

    fileprivate init(_ predictor: Predictor) {
        published = Publications(predictor)
        precision = predictor.precision
        inputs = predictor.inputs
        outputs = predictor.outputs
    }

    /// The number of publications so far, including the first.
    public var publications: Int { count.load(ordering: .relaxed) }

    /// Prepares the network as it is now, and replaces what was published before. Running predictions finish with the
    /// publication that they began with. After an error the old one stays.
    ///
    /// Frees the past predictors that nobody uses any more. Throws ``ChainruleError/Code/busy`` if 255 are in use.
    /// - Parameter network: must have the same numbers of inputs and outputs.
    public func publish(_ network: Network) throws(ChainruleError) {
        guard network.inputs == inputs && network.outputs == outputs else {
            throw ChainruleError(
                .mismatch,
                """
                the network has \(network.inputs) inputs and \(network.outputs) outputs; what was published has \(inputs) and \
                \(outputs)
                """)
        }
        try published.publish(Predictor(network, precision: precision))
        count.add(1, ordering: .relaxed)
    }

    /// The predictor published last. It does not change while you keep it.
    public var predictor: Predictor { withPredictor { $0 } }

    /// Runs `body` with the predictor published last.
    package func withPredictor<Result, Failure: Error>(
        _ body: (Predictor) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try published.withPresent(body)
    }

    /// Writes the outputs for the inputs, with the predictor published last. Otherwise like
    /// ``Predictor/predict(_:rows:into:)``.
    public func predict(_ x: Span<Float>, rows: Int, into y: inout MutableSpan<Float>) throws(ChainruleError) {
        try Matrix.withViews(of: x, columns: inputs, into: &y, columns: outputs, rows: rows) {
            x, y throws(ChainruleError) in
            try withPredictor { predictor throws(ChainruleError) in try predictor.predict(x, into: y) }
        }
    }

    /// The outputs for inputs of `x.count / inputs` rows.
    public func predict(_ x: [Float]) throws(ChainruleError) -> [Float] {
        try withPredictor { predictor throws(ChainruleError) in try predictor.predict(x) }
    }
}

extension FallibleClass where Self == Publisher {
    /// Publishes a network for the first time.
    public init(_ network: Network, precision: Precision = .float32) throws(ChainruleError) {
        self = Publisher(try Predictor(network, precision: precision))
    }
}
