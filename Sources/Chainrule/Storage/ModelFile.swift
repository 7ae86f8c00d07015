extension Network {
    /// Saves the architecture and the parameters to a model file (safetensors). Atomic: a reader, or a crash, finds
    /// the old file or the new one, never a piece.
    public func save(to path: FilePath) throws(ChainruleError) { try content().write(to: path) }

    public func save(to path: String) throws(ChainruleError) { try save(to: FilePath(path)) }

    /// The bytes that ``save(to:)`` writes to a file.
    public func savedBytes() throws(ChainruleError) -> [UInt8] { try content().bytes }

    /// Hands the bytes that ``save(to:)`` writes to a function, from first to last, some at a time.
    /// - Parameter write: must not change the network. What it throws ends the saving, and is thrown.
    public func save(with write: (RawSpan) throws(ChainruleError) -> Void) throws(ChainruleError) {
        try saveUnsafely { bytes throws(ChainruleError) in try write(bytes.bytes) }
    }

    package func saveUnsafely(
        with write: (UnsafeRawBufferPointer) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        try whileUnchanged { () throws(ChainruleError) in try content().write(with: write) }
    }

    /// Runs `body`, whose callbacks must not change the network.
    func whileUnchanged(_ body: () throws(ChainruleError) -> Void) throws(ChainruleError) {
        let version = parameterVersion
        try body()
        guard parameterVersion == version else {
            throw ChainruleError(.busy, "the network was changed while it was saved: what was written is of no use")
        }
    }

    /// Fills the beginning of a buffer with the bytes that ``save(to:)`` writes to a file.
    /// - Returns: how many these bytes are; nil as a buffer asks for nothing else.
    package func save(to buffer: UnsafeMutableRawBufferPointer?) throws(ChainruleError) -> Int {
        let content = try content()
        if let buffer { try content.write(to: buffer) }
        return content.count
    }

    private func content() throws(ChainruleError) -> FileContent {
        try architecture.setAside()
        return FileContent(header: try ModelHeader.encode(plan), vectors: [parameters])
    }

    /// Loads the parameters alone, from a model file with the same tensors. On an error the parameters are as they
    /// were.
    public func loadParameters(from path: FilePath) throws(ChainruleError) {
        try checkIsNotTraining()
        try loadParameters(from: FileReader(path))
    }

    public func loadParameters(from path: String) throws(ChainruleError) { try loadParameters(from: FilePath(path)) }

    /// Loads the parameters alone from the bytes of a model file.
    public func loadParameters(savedBytes: [UInt8]) throws(ChainruleError) {
        try savedBytes.span.withUnsafeBytes { bytes throws(ChainruleError) in
            try loadParameters(from: FileReader(bytes))
        }
    }

    /// Loads the parameters alone from the bytes of a model file, which a function gives: see ``Network/init(with:memoryLimit:)``.
    public func loadParameters(
        with read: (inout MutableRawSpan) throws(ChainruleError) -> Int
    ) throws(ChainruleError) {
        try FileReader.reading(read) { reader throws(ChainruleError) in try loadParameters(from: reader) }
    }

    package func loadParameters(from reader: FileReader) throws(ChainruleError) {
        // What the reader calls may not change the network either.
        try whileTraining { () throws(ChainruleError) in
            let header = try reader.readHeader()
            let tensors = try reader.explain { () throws(ChainruleError) in try header.match(plan) }
            let loaded = try FloatMemory(count: parameterCount, for: "the parameters of a file")
            try reader.read(tensors, into: loaded.vector)
            parameterVersion += 1
            parameters.assign(loaded.vector)
        }
    }
}

extension Plan {
    private static var leastMemoryLimit: Int { 64 << 20 }

    /// The bytes that a file's network may need unless the caller says otherwise.
    /// - Parameter fileBytes: nil if nobody vouches for the length of the file.
    fileprivate static func usualMemoryLimit(fileBytes: Int?) -> Int {
        guard let fileBytes else { return leastMemoryLimit }
        let (bytes, overflow) = fileBytes.multipliedReportingOverflow(by: 16)
        return overflow ? .max : max(bytes, leastMemoryLimit)
    }

    /// Refuses a network whose parameters and one row of a prediction need more memory than this.
    fileprivate func checkMemory(limit: Int) throws(ChainruleError) {
        let row = try layout(maxRows: 1, purpose: .inference, threads: 1).count
        let bytes = try Plan.checkedProduct(MemoryLayout<Float>.stride, Plan.checkedSum([parameterCount, row]))
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
    /// Loads a network from a model file. Every length, offset and shape is checked first; nothing half-loaded can come
    /// out.
    ///
    /// A file of a few hundred bytes can describe layers of any width. So what the network will need is limited, too: an error
    /// with the code ``ChainruleError/Code/memory`` says how much it is.
    /// - Parameter memoryLimit: how many bytes the parameters and one row of a prediction may take together; nil for 64 MiB, or 16
    ///   times the length of the file if that is more.
    public init(contentsOf path: FilePath, memoryLimit: Int? = nil) throws(ChainruleError) {
        self = try Network(from: FileReader(path), memoryLimit: memoryLimit)
    }

    public init(contentsOf path: String, memoryLimit: Int? = nil) throws(ChainruleError) {
        self = try Network(contentsOf: FilePath(path), memoryLimit: memoryLimit)
    }

    /// Loads a network from the bytes of a model file, as ``Network/savedBytes()`` gives them.
    public init(savedBytes: [UInt8], memoryLimit: Int? = nil) throws(ChainruleError) {
        self = try savedBytes.span.withUnsafeBytes { bytes throws(ChainruleError) in
            try Network(from: FileReader(bytes), memoryLimit: memoryLimit)
        }
    }

    /// Loads a network from the bytes of a model file, which a function gives from first to last.
    /// - Parameters:
    ///   - read: fills the beginning of what it is given, and says with how many bytes, of which 0 is the end of all. It is asked for
    ///     no more than the file has. What it throws ends the loading, and is thrown.
    ///   - memoryLimit: nil for 64 MiB, because nobody vouches for the length of the file.
    public init(
        with read: (inout MutableRawSpan) throws(ChainruleError) -> Int, memoryLimit: Int? = nil
    ) throws(ChainruleError) {
        self = try FileReader.reading(read) { reader throws(ChainruleError) in
            try Network(from: reader, memoryLimit: memoryLimit)
        }
    }

    package init(from reader: FileReader, memoryLimit: Int?) throws(ChainruleError) {
        let header = try reader.readHeader()
        let (plan, tensors) = try reader.explain { () throws(ChainruleError) in
            // Matched first: a file must not make the library allocate more than its data holds.
            let plan = try header.plan()
            let tensors = try header.match(plan)
            try plan.checkMemory(limit: memoryLimit ?? Plan.usualMemoryLimit(fileBytes: reader.length))
            return (plan, tensors)
        }
        let network = try Network(uninitialized: plan, level: .standard)
        try reader.read(tensors, into: network.parameters)
        self = network
    }
}
