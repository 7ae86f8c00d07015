extension FallibleClass where Self == Network {
    /// Reads an ONNX model into a network, which trains, predicts and saves as any other. `docs/onnx.md` lists the operators.
    ///
    /// The first axis of the inputs is the batch: each of its rows is a row of x. Where the model cannot be read so, and all
    /// lengths are known, whole tensors are a row; or, where recurrent layers have the batch second, that axis is the batch.
    /// ``ONNXSignature`` tells. Constant floats of several elements become parameters.
    ///
    /// What is not supported is an error that names the node, its operator and the operator set.
    /// - Parameters:
    ///   - path: the file to read.
    ///   - memoryLimit: as in `Network.init(contentsOf:memoryLimit:)`; computed constants are limited to as much.
    ///   - inputShapes: for axes whose lengths the model leaves open, but for the batch; in any order.
    ///   - signature: receives what the rows of x and y are.
    public init(
        onnx path: FilePath, memoryLimit: Int? = nil, inputShapes: [ONNXInputShape] = [],
        signature: inout ONNXSignature
    ) throws(ChainruleError) {
        self = try InputFile.withContents(of: path) { bytes throws(ChainruleError) in
            try Network(onnx: bytes, memoryLimit: memoryLimit, inputShapes: inputShapes, signature: &signature)
        }
    }

    public init(
        onnx path: FilePath, memoryLimit: Int? = nil, inputShapes: [ONNXInputShape] = []
    ) throws(ChainruleError) {
        var signature = ONNXSignature()
        self = try Network(onnx: path, memoryLimit: memoryLimit, inputShapes: inputShapes, signature: &signature)
    }

    /// Reads the bytes of an ONNX model's file.
    public init(
        onnxBytes bytes: [UInt8], memoryLimit: Int? = nil, inputShapes: [ONNXInputShape] = [],
        signature: inout ONNXSignature
    ) throws(ChainruleError) {
        self = try bytes.span.withUnsafeBytes { bytes throws(ChainruleError) in
            try Network(onnx: bytes, memoryLimit: memoryLimit, inputShapes: inputShapes, signature: &signature)
        }
    }

    public init(
        onnxBytes bytes: [UInt8], memoryLimit: Int? = nil, inputShapes: [ONNXInputShape] = []
    ) throws(ChainruleError) {
        var signature = ONNXSignature()
        self = try Network(
            onnxBytes: bytes, memoryLimit: memoryLimit, inputShapes: inputShapes, signature: &signature)
    }

    package init(
        onnx bytes: UnsafeRawBufferPointer, memoryLimit: Int?, inputShapes: [ONNXInputShape] = [],
        signature: inout ONNXSignature
    ) throws(ChainruleError) {
        let limit = memoryLimit ?? Plan.usualMemoryLimit(fileBytes: bytes.count)
        var model = try ONNXModel(ProtobufBytes(bytes))
        try model.take(inputShapes)
        let importer = try ONNXImporter.read(model, limit: limit)
        let network = try importer.network(importer.architecture, limit: limit)
        if ClassLabels.fit(importer.classLabels.count, outputs: network.outputs)
            && ONNXOperators.givesScores(importer.architecture)
        {
            network.classLabels = importer.classLabels
        }
        signature = importer.signature
        self = network
    }
}

extension ONNXImporter {
    /// Reads the model as it can be read: see ``Network/init(onnx:memoryLimit:signature:)``.
    fileprivate static func read(_ model: ONNXModel, limit: Int) throws(ChainruleError) -> ONNXImporter {
        var (messages, readings, reached) = ([String](), [Int](), -1)
        for (place, batchAxis) in ([0, nil, 1] as [Int?]).enumerated() {
            var importer: ONNXImporter?
            do throws(ChainruleError) {
                importer = try make(model, ONNXFolder(limit: limit), batchAxis: batchAxis)
                guard let importer else { continue }
                try importer.run()
                return importer
            } catch {
                // Another reading does not find what is missing otherwise.
                guard error.code == .format else { throw error }
                let end = importer?.current ?? -1
                // One that ends earlier tells nothing more.
                if !messages.isEmpty && end < max(reached, 0)
                    || messages.contains(where: { $0.utf8.elementsEqual(error.message.utf8) })
                {
                    continue
                }
                reached = end
                messages.append(error.message)
                readings.append(place)
            }
        }
        guard var text = messages.first else {
            throw ChainruleError(.format, "the lengths of the inputs' axes are not known")
        }
        for index in 1..<messages.count {
            text += readings[index] == 1 ? "; with whole tensors as rows: " : "; with axis 1 as the batch: "
            text += messages[index]
        }
        throw ChainruleError(.format, "\(text)")
    }
}
