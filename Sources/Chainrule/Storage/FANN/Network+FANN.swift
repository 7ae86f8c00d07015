extension FallibleClass where Self == Network {
    /// Reads a network that FANN saved (`fann_save()`, `fann_save_to_fixed()`): layers, shortcuts or a cascade, fully connected or
    /// sparse. Its outputs are those of `fann_run()`; it trains, predicts and saves as any other network.
    ///
    /// A neuron's sum times its steepness becomes a dense layer, whose missing connections have the weight 0; its function an
    /// activation and functions of elements. A fixed-point file's numbers become floats, and its functions FANN's exact ones. What
    /// FANN applies on request alone, the scaling of inputs and outputs, is not read, nor are the settings of its training. FANN
    /// keeps the sums of linear neurons within ± 150 / steepness; here they have no limit.
    /// - Parameters:
    ///   - path: the file to read.
    ///   - memoryLimit: as in `Network.init(contentsOf:memoryLimit:)`.
    public init(fann path: FilePath, memoryLimit: Int? = nil) throws(ChainruleError) {
        self = try InputFile.withContents(of: path) { bytes throws(ChainruleError) in
            try Network(fann: bytes, memoryLimit: memoryLimit)
        }
    }

    /// Reads the bytes of a FANN file.
    public init(fannBytes bytes: [UInt8], memoryLimit: Int? = nil) throws(ChainruleError) {
        self = try bytes.span.withUnsafeBytes { bytes throws(ChainruleError) in
            try Network(fann: bytes, memoryLimit: memoryLimit)
        }
    }

    package init(fann bytes: UnsafeRawBufferPointer, memoryLimit: Int?) throws(ChainruleError) {
        let importer = try FANNImporter(FANNFile(bytes))
        let plan = try Plan(importer.architecture)
        try plan.checkMemory(limit: memoryLimit ?? Plan.usualMemoryLimit(fileBytes: bytes.count))
        let network = try Network(uninitialized: plan, level: .standard)
        try importer.fill(network)
        self = network
    }
}
