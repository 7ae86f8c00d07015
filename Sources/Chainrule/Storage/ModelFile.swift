extension Network {
    /// Saves the architecture and the parameters to a model file (safetensors). Atomic: a reader, or a crash, finds the old file or the
    /// new one, never a piece.
    public func save(to path: String) throws(NetworkError) {
        try AtomicFile.write(path) { file throws(NetworkError) in
            try ModelHeader.encode(plan).withUnsafeBufferPointer { header throws(NetworkError) in
                try file.write(UnsafeRawBufferPointer(header))
            }
            try file.write(UnsafeRawBufferPointer(UnsafeBufferPointer(start: parameters.base, count: parameterCount)))
        }
    }

    /// Loads a network from a model file. Every length, offset and shape is checked first; nothing half-loaded can come out.
    public convenience init(contentsOf path: String) throws(NetworkError) {
        let file = try InputFile(path)
        let header = try file.readHeader()
        let architecture = try header.architecture.get()
        let plan: Plan
        do throws(NetworkError) {
            // The plan first: a file must not make the library allocate more than its data holds.
            plan = try Plan(architecture)
        } catch {
            throw NetworkError(.format, "\(path): the architecture: \(error.message)")
        }
        try file.explain { () throws(NetworkError) in try header.check(against: plan) }
        try self.init(uninitialized: architecture, arithmetic: .best)
        try file.read(into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(start: parameters.base, count: parameterCount)))
    }

    /// Loads the parameters alone, from a model file with the same tensors. On an error the parameters are as they were.
    public func loadParameters(from path: String) throws(NetworkError) {
        let file = try InputFile(path)
        let header = try file.readHeader()
        try file.explain { () throws(NetworkError) in try header.check(against: plan) }
        let loaded = try FloatMemory(count: parameterCount, for: "the parameters of a file")
        try file.read(into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(start: loaded.base, count: parameterCount)))
        parameterVersion += 1
        parameters.assign(loaded.vector)
    }
}
