extension Network {
    /// Saves the network as an ONNX model (operator set 17), which computes what ``predict(_:rows:into:)`` does. Atomic, as
    /// `save(to:)` is. `docs/onnx.md` says how layers become nodes; one without an ONNX form is an error that names it.
    /// - Parameters:
    ///   - path: the file to write.
    ///   - signature: of the model that the network was read from: its inputs and outputs keep their names.
    public func saveONNX(to path: FilePath, signature: ONNXSignature = ONNXSignature()) throws(ChainruleError) {
        try onnxContent(signature).write(to: path)
    }

    public func saveONNX(to path: String, signature: ONNXSignature = ONNXSignature()) throws(ChainruleError) {
        try saveONNX(to: FilePath(path), signature: signature)
    }

    /// The bytes that `saveONNX(to:signature:)` writes to a file.
    public func onnxBytes(signature: ONNXSignature = ONNXSignature()) throws(ChainruleError) -> [UInt8] {
        try onnxContent(signature).bytes
    }

    /// Fills the beginning of a buffer with these bytes; nil: only counts them.
    /// - Returns: the number of bytes.
    package func saveONNX(
        to buffer: UnsafeMutableRawBufferPointer?, signature: ONNXSignature
    ) throws(ChainruleError) -> Int {
        try onnxContent(signature).fill(buffer)
    }

    private func onnxContent(_ signature: ONNXSignature) throws(ChainruleError) -> FileContent {
        try architecture.setAside()
        let writer = ONNXWriter(self)
        try writer.run(signature)
        try Reserve.setAside(4096 * (writer.graph.nodes.count + writer.graph.tensors.count))
        return try writer.graph.content()
    }
}
