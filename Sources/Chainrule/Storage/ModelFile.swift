extension Network {
    /// Saves the architecture, the parameters and the metadata to a model file (safetensors). Atomic: a reader, or a crash, finds
    /// the old file or the new one, never a piece.
    public func save(to path: FilePath) throws(ChainruleError) { try content().write(to: path) }

    public func save(to path: String) throws(ChainruleError) { try save(to: FilePath(path)) }

    /// The bytes that `save(to:)` writes to a file.
    public func savedBytes() throws(ChainruleError) -> [UInt8] { try content().bytes }

    /// Passes the bytes that `save(to:)` writes to a function, some at a time, from first to last.
    /// - Parameter write: must not change the network. An error that it throws ends the saving, and is thrown.
    public func save(with write: (RawSpan) throws(ChainruleError) -> Void) throws(ChainruleError) {
        try saveUnsafely { bytes throws(ChainruleError) in try write(bytes.bytes) }
    }

    package func saveUnsafely(
        with write: (UnsafeRawBufferPointer) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        try whileUnchanged { () throws(ChainruleError) in try content().write(with: write) }
    }

    /// Runs `body`. Throws if its callbacks change the network.
    func whileUnchanged(_ body: () throws(ChainruleError) -> Void) throws(ChainruleError) {
        let version = parameterVersion
        try body()
        guard parameterVersion == version else {
            throw ChainruleError(.busy, "the network was changed while it was saved: what was written is of no use")
        }
    }

    /// Fills the beginning of a buffer with the bytes that `save(to:)` writes to a file; nil: only counts them.
    /// - Returns: the number of these bytes.
    package func save(to buffer: UnsafeMutableRawBufferPointer?) throws(ChainruleError) -> Int {
        try content().fill(buffer)
    }

    private func content() throws(ChainruleError) -> FileContent {
        try architecture.setAside()
        var texts = metadata
        if !classLabels.isEmpty { try texts.setOwn(ClassLabels.key, ClassLabels.encoded(classLabels)) }
        return FileContent(header: try ModelHeader.encode(plan, texts), vectors: [numbers])
    }

    /// Loads only the parameters, from a model file with the same tensors. After an error the parameters are unchanged.
    public func loadParameters(from path: FilePath) throws(ChainruleError) {
        try checkIsNotTraining()
        try loadParameters(from: FileReader(path))
    }

    public func loadParameters(from path: String) throws(ChainruleError) { try loadParameters(from: FilePath(path)) }

    /// Loads only the parameters, from the bytes of a model file.
    public func loadParameters(savedBytes: [UInt8]) throws(ChainruleError) {
        try savedBytes.span.withUnsafeBytes { bytes throws(ChainruleError) in
            try loadParameters(from: FileReader(bytes))
        }
    }

    /// Loads only the parameters, from the bytes of a model file, which a function supplies: see
    /// `Network.init(with:memoryLimit:)`.
    public func loadParameters(
        with read: (inout MutableRawSpan) throws(ChainruleError) -> Int
    ) throws(ChainruleError) {
        try FileReader.reading(read) { reader throws(ChainruleError) in try loadParameters(from: reader) }
    }

    package func loadParameters(from reader: FileReader) throws(ChainruleError) {
        // The reader's callbacks may not change the network either.
        try whileTraining { () throws(ChainruleError) in
            let header = try reader.readHeader()
            let tensors = try reader.explain { () throws(ChainruleError) in try header.match(plan) }
            let loaded = try FloatMemory(count: plan.numberCount, for: "the parameters of a file")
            try reader.read(tensors, into: loaded.vector)
            try reader.explain { () throws(ChainruleError) in try plan.checkState(in: loaded.vector) }
            parameterVersion += 1
            numbers.assign(loaded.vector)
        }
    }
}

extension Plan {
    /// Checks a file's state: running statistics are finite, and variances not below 0.
    func checkState(in numbers: Matrix) throws(ChainruleError) {
        for tensor in state where tensor.role != .constant {
            let values = tensor.vector(in: numbers)
            for index in 0..<values.count {
                let value = values[0, index]
                guard value.isFinite && (tensor.role != .variance || value >= 0) else {
                    throw ChainruleError(.format, "element \(index) of the tensor '\(tensor.name)' is \(value)")
                }
            }
        }
    }

    private static var leastMemoryLimit: Int { 64 << 20 }

    /// The default limit of the memory for a file's network, in bytes.
    /// - Parameter fileBytes: nil if the length of the file is unknown.
    static func usualMemoryLimit(fileBytes: Int?) -> Int {
        guard let fileBytes else { return leastMemoryLimit }
        let (bytes, overflow) = fileBytes.multipliedReportingOverflow(by: 16)
        return overflow ? .max : max(bytes, leastMemoryLimit)
    }

    /// Rejects a network whose parameters and one row of a prediction need more memory than the limit.
    func checkMemory(limit: Int) throws(ChainruleError) {
        let row = try layout(maxRows: 1, purpose: .prediction, threads: 1).count
        let bytes = try Plan.checkedProduct(MemoryLayout<Float>.stride, Plan.checkedSum([numberCount, row]))
        guard bytes <= limit else {
            throw ChainruleError(
                .memory,
                """
                the network's parameters and one row of a prediction need \(bytes) bytes of memory, more than the \
                limit of \(limit), which you can raise
                """)
        }
    }
}

extension FallibleClass where Self == Network {
    /// Loads a network from a model file. Checks every length, offset and shape first, and never returns a half-loaded
    /// network.
    ///
    /// A file of a few hundred bytes can describe layers of any width. So the network's memory is limited, too. Beyond
    /// the limit, an error with the code ``ChainruleError/Code/memory`` says how much it needs.
    /// - Parameters:
    ///   - path: the file to read.
    ///   - memoryLimit: the most bytes for the parameters and one row of a prediction together; nil: 64 MiB, or 16 times the
    ///     length of the file if that is more.
    public init(contentsOf path: FilePath, memoryLimit: Int? = nil) throws(ChainruleError) {
        self = try Network(from: FileReader(path), memoryLimit: memoryLimit)
    }

    public init(contentsOf path: String, memoryLimit: Int? = nil) throws(ChainruleError) {
        self = try Network(contentsOf: FilePath(path), memoryLimit: memoryLimit)
    }

    /// Loads a network from the bytes of a model file, as from ``Network/savedBytes()``.
    public init(savedBytes: [UInt8], memoryLimit: Int? = nil) throws(ChainruleError) {
        self = try savedBytes.span.withUnsafeBytes { bytes throws(ChainruleError) in
            try Network(from: FileReader(bytes), memoryLimit: memoryLimit)
        }
    }

    /// Loads a network from the bytes of a model file, which a function supplies from first to last.
    /// - Parameters:
    ///   - read: fills the beginning of its argument, and returns the number of bytes; 0 at the end. Is never asked for
    ///     more than the file has. An error that it throws ends the loading, and is thrown.
    ///   - memoryLimit: nil: 64 MiB, because the length of the file is unknown.
    public init(
        with read: (inout MutableRawSpan) throws(ChainruleError) -> Int, memoryLimit: Int? = nil
    ) throws(ChainruleError) {
        self = try FileReader.reading(read) { reader throws(ChainruleError) in
            try Network(from: reader, memoryLimit: memoryLimit)
        }
    }

    package init(from reader: FileReader, memoryLimit: Int?) throws(ChainruleError) {
        let header = try reader.readHeader()
        let (plan, tensors, metadata) = try reader.explain { () throws(ChainruleError) in
            // Match first: a file must not make the library allocate more than its data hold.
            let plan = try header.plan()
            let tensors = try header.match(plan)
            try plan.checkMemory(limit: memoryLimit ?? Plan.usualMemoryLimit(fileBytes: reader.length))
            return (plan, tensors, try header.texts())
        }
        let network = try Network(uninitialized: plan, level: .standard)
        try reader.read(tensors, into: network.numbers)
        try reader.explain { () throws(ChainruleError) in
            try plan.checkState(in: network.numbers)
            network.classLabels = try header.classLabels(outputs: network.outputs)
        }
        network.metadata = metadata
        try network.metadata.setOwn(ClassLabels.key, nil)
        self = network
    }
}
