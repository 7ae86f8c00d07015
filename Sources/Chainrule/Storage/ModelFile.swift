extension Network {
    /// Saves the architecture and the parameters to a model file (safetensors). Atomic: a reader, or a crash, finds
    /// the old file or the new one, never a piece.
    public func save(to path: FilePath) throws(NetworkError) {
        try architecture.setAside()
        try AtomicFile.write(path) { file throws(NetworkError) in
            try ModelHeader.encode(plan).withUnsafeBufferPointer { header throws(NetworkError) in
                try file.write(UnsafeRawBufferPointer(header))
            }
            try file.write(parameters)
        }
    }

    public func save(to path: String) throws(NetworkError) { try save(to: FilePath(path)) }

    /// Loads the parameters alone, from a model file with the same tensors. On an error the parameters are as they
    /// were.
    public func loadParameters(from path: FilePath) throws(NetworkError) {
        try checkIsNotTraining()
        let file = try InputFile(path)
        let header = try file.readHeader()
        let tensors = try file.explain { () throws(NetworkError) in try header.match(plan) }
        let loaded = try FloatMemory(count: parameterCount, for: "the parameters of a file")
        try file.read(tensors, into: loaded.vector)
        parameterVersion += 1
        parameters.assign(loaded.vector)
    }

    public func loadParameters(from path: String) throws(NetworkError) { try loadParameters(from: FilePath(path)) }
}

extension FallibleClass where Self == Network {
    /// Loads a network from a model file. Every length, offset and shape is checked first; nothing half-loaded can come
    /// out.
    public init(contentsOf path: FilePath) throws(NetworkError) {
        let file = try InputFile(path)
        let header = try file.readHeader()
        let (plan, tensors) = try file.explain { () throws(NetworkError) in
            // Matched first: a file must not make the library allocate more than its data holds.
            let plan = try header.plan()
            return (plan, try header.match(plan))
        }
        let network = try Network(uninitialized: plan, level: .standard)
        try file.read(tensors, into: network.parameters)
        self = network
    }

    public init(contentsOf path: String) throws(NetworkError) { self = try Network(contentsOf: FilePath(path)) }
}
