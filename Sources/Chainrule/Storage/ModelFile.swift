extension Network {
    /// Saves the architecture and the parameters to a model file (safetensors). Atomic: a reader, or a crash, finds
    /// the old file or the new one, never a piece.
    public func save(to path: FilePath) throws(ChainruleError) {
        try architecture.setAside()
        let header = try ModelHeader.encode(plan)
        try AtomicFile.write(path) { file throws(ChainruleError) in
            try header.withUnsafeBufferPointer { header throws(ChainruleError) in
                try file.write(UnsafeRawBufferPointer(header))
            }
            try file.write(parameters)
        }
    }

    public func save(to path: String) throws(ChainruleError) { try save(to: FilePath(path)) }

    /// Loads the parameters alone, from a model file with the same tensors. On an error the parameters are as they
    /// were.
    public func loadParameters(from path: FilePath) throws(ChainruleError) {
        try checkIsNotTraining()
        let file = try InputFile(path)
        let header = try file.readHeader()
        let tensors = try file.explain { () throws(ChainruleError) in try header.match(plan) }
        let loaded = try FloatMemory(count: parameterCount, for: "the parameters of a file")
        try file.read(tensors, into: loaded.vector)
        parameterVersion += 1
        parameters.assign(loaded.vector)
    }

    public func loadParameters(from path: String) throws(ChainruleError) { try loadParameters(from: FilePath(path)) }
}

extension Plan {
    /// The bytes that a file's network may need unless the caller says otherwise.
    fileprivate static func usualMemoryLimit(fileBytes: Int) -> Int {
        let (bytes, overflow) = fileBytes.multipliedReportingOverflow(by: 16)
        return overflow ? .max : max(bytes, 64 << 20)
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
        let file = try InputFile(path)
        let header = try file.readHeader()
        let (plan, tensors) = try file.explain { () throws(ChainruleError) in
            // Matched first: a file must not make the library allocate more than its data holds.
            let plan = try header.plan()
            let tensors = try header.match(plan)
            try plan.checkMemory(limit: memoryLimit ?? Plan.usualMemoryLimit(fileBytes: file.length))
            return (plan, tensors)
        }
        let network = try Network(uninitialized: plan, level: .standard)
        try file.read(tensors, into: network.parameters)
        self = network
    }

    public init(contentsOf path: String, memoryLimit: Int? = nil) throws(ChainruleError) {
        self = try Network(contentsOf: FilePath(path), memoryLimit: memoryLimit)
    }
}
