extension Network {
    /// Writes the network as C99 source that computes what ``predict(_:rows:into:)`` does for one row, or a ``Predictor`` in int8: one
    /// file that depends on nothing, allocates nothing, and holds the parameters. `docs/c-source.md` describes it. The bits are those
    /// of the network's instruction set.
    ///
    /// A layer without a form in C is an error that names it; then nothing is written. Atomic, as `save(to:)` is.
    public func exportC(
        to path: FilePath, options: CSourceOptions = CSourceOptions()
    ) throws(ChainruleError) { try cContent(options).write(to: path) }

    public func exportC(to path: String, options: CSourceOptions = CSourceOptions()) throws(ChainruleError) {
        try exportC(to: FilePath(path), options: options)
    }

    /// The text that `exportC(to:options:)` writes to a file, in UTF-8.
    public func cSource(options: CSourceOptions = CSourceOptions()) throws(ChainruleError) -> [UInt8] {
        try cContent(options).bytes
    }

    /// Fills the beginning of a buffer with it; nil: only counts it.
    /// - Returns: the number of bytes.
    package func exportC(
        to buffer: UnsafeMutableRawBufferPointer?, options: CSourceOptions
    ) throws(ChainruleError) -> Int {
        try cContent(options).fill(buffer)
    }

    private func cContent(_ options: CSourceOptions) throws(ChainruleError) -> FileContent {
        try architecture.setAside()
        try options.validate()
        let predictor = options.precision == .int8 ? try Predictor(self, precision: .int8) : nil
        let writer = CWriter(self, options, predictor)
        try writer.run()
        return try writer.content()
    }
}
