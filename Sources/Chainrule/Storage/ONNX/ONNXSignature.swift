/// What the rows of a network that was read from an ONNX model are: the model's inputs one after another in x, and its outputs
/// one after another in y, each in ONNX's order of axes.
public struct ONNXSignature: Sendable {
    /// An input or output of the model.
    public struct Tensor: Sendable {
        public let name: String
        /// For one row: the batch's axis has length 1.
        public let dims: [Int]
        /// The axis of the batch: the rows. Nil if the whole tensor is one row, or if it does not depend on the batch.
        public let batchAxis: Int?
        /// The place of its first element in a row of x or y.
        public let first: Int
        public let count: Int
    }

    public internal(set) var inputs: [Tensor] = []
    public internal(set) var outputs: [Tensor] = []

    public init() {}
}
