import KernelDispatch
import Kernels

/// A prepared file: a safetensors file with a predictor's weights as they lie in memory, for one precision and one instruction set.
///
/// Its metadata have the format "chainrule-prepared", a version, the architecture, the precision and the instruction set. Its data
/// begin at a multiple of 64 bytes, with three kinds of tensors in this order: "checksums", 16 floats, of which the first two are
/// the 64-bit checksum of all bytes before them, and the next two that of all bytes behind the tensor; "packed", what
/// ``PackedNetwork/memory`` holds; and under their own names what is not packed.
///
/// A file for another version, or another instruction set, is refused: preparing a model anew is quick.
enum PreparedFile {
    static let format = "chainrule-prepared"
    /// Changes with every change of the format, of the packing, or of what a predictor merges.
    static let version = 1

    static var checksumCount: Int { 16 }
    static var alignment: Int { 64 }

    static var isNoModelFile: ChainruleError {
        ChainruleError(
            .format, "the file is a prepared predictor, which cannot be trained or changed: open it as a predictor")
    }

    static func isPrepared(_ metadata: JSONObject?) -> Bool {
        metadata?["format"]?.string?.isSame(as: format) ?? false
    }

    static func name(_ precision: Precision) -> StaticString {
        switch precision {
        case .float32: "float32"
        case .bfloat16: "bfloat16"
        case .int8: "int8"
        }
    }

    /// The tensors of a file.
    static func tensors(packed count: Int, _ unpacked: [Plan.Tensor]) -> [Plan.Tensor] {
        [
            Plan.Tensor(row: "checksums", count: checksumCount, index: 0, offset: 0),
            Plan.Tensor(row: "packed", count: count, index: 0, offset: 0),
        ] + unpacked
    }

    /// The checksum of no bytes.
    static var firstSum: UInt64 { 0xcbf2_9ce4_8422_2325 }

    /// FNV-1a (Fowler, Noll and Vo) of 64 bits, over little-endian words of 32 bits. Can be cancelled.
    /// - Parameter before: the checksum of the words before.
    static func checksum(
        _ bytes: UnsafeRawBufferPointer, after before: UInt64 = firstSum
    ) throws(ChainruleError) -> UInt64 {
        var sum = before
        try Cancellation.inPieces(bytes.count) { places in
            for place in stride(from: places.lowerBound, to: places.upperBound, by: 4) {
                sum = (sum ^ UInt64(bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))) &* 0x100_0000_01b3
            }
        }
        return sum
    }

    /// A checksum as two floats.
    static func write(_ sum: UInt64, to floats: UnsafeMutablePointer<Float>) {
        floats[0] = Float(bitPattern: UInt32(truncatingIfNeeded: sum))
        floats[1] = Float(bitPattern: UInt32(truncatingIfNeeded: sum >> 32))
    }
}

extension InstructionSetLevel {
    /// What a prepared file is for. Weights of fewer bits are packed otherwise where the processor has dot products.
    fileprivate func name(_ precision: Precision) -> String {
        let name = InstructionSet.named(self).name.description
        return precision != .float32 && hasDotProducts ? name + "+dot" : name
    }
}

extension Predictor {
    /// Saves the predictor as it is prepared, for `Predictor.init(contentsOf:checksData:)` on machines with its instruction set. Atomic, as
    /// `Network.save(to:)`. A network with a custom activation is an error: files hold no functions.
    public func save(to path: FilePath) throws(ChainruleError) {
        let architecture = plan.architecture
        try architecture.setAside()
        for node in architecture.nodes where node.layer.callsCustomFunctions {
            throw ChainruleError(
                .value, "layer '\(node.name.text)' has a custom activation, which a prepared file cannot hold")
        }
        let unpacked = packed.unpackedTensors(of: plan)
        var texts = Metadata()
        if !classLabels.isEmpty { try texts.setOwn(ClassLabels.key, ClassLabels.encoded(classLabels)) }
        let header = try ModelHeader.encode(
            format: PreparedFile.format, version: PreparedFile.version, plan,
            members: [
                ("precision", Array(PreparedFile.name(precision).description.utf8)),
                ("instruction_set", Array(level.name(precision).utf8)),
            ], texts,
            tensors: PreparedFile.tensors(packed: packed.memory.count, unpacked), alignment: PreparedFile.alignment)
        let checksums = try FloatMemory(count: PreparedFile.checksumCount, for: "checksums")
        let headerSum = try header.withUnsafeBufferPointer { bytes throws(ChainruleError) in
            try PreparedFile.checksum(UnsafeRawBufferPointer(bytes))
        }
        PreparedFile.write(headerSum, to: checksums.base)
        let rest = [packed.memory.vector] + unpacked.map { $0.vector(in: parameters.vector) }
        var sum = PreparedFile.firstSum
        for vector in rest {
            let bytes = UnsafeRawBufferPointer(UnsafeBufferPointer(start: vector.base, count: vector.count))
            sum = try PreparedFile.checksum(bytes, after: sum)
        }
        PreparedFile.write(sum, to: checksums.base + 2)
        try withExtendedLifetime(self) { () throws(ChainruleError) in
            try withExtendedLifetime(checksums) { () throws(ChainruleError) in
                try FileContent(header: header, vectors: [checksums.vector] + rest).write(to: path)
            }
        }
    }

    public func save(to path: String) throws(ChainruleError) { try save(to: FilePath(path)) }
}

extension FallibleClass where Self == Predictor {
    /// Opens a predictor that `Predictor.save(to:)` saved. It predicts with the same bits. Where the system can map files, its
    /// weights are read when a prediction first needs them, and all processes that open the file share them.
    ///
    /// Checks everything but the weights. While the predictor lives, nobody may write into the file or shorten it: the system would
    /// end the process. Replace it with a new file, as `Predictor.save(to:)` does.
    ///
    /// Throws ``ChainruleError/Code/fileVersion`` for a file of another version, ``ChainruleError/Code/mismatch`` for one of an
    /// instruction set that this processor lacks: prepare the model anew.
    /// - Parameters:
    ///   - path: the file to read.
    ///   - checksData: whether to read all of the file at once, and compare the checksum of the weights, too.
    public init(contentsOf path: FilePath, checksData: Bool = false) throws(ChainruleError) {
        let file = try FileBytes(path)
        do throws(ChainruleError) {
            self = try Predictor(file, checksData: checksData)
        } catch {
            throw error.code == .cancelled ? error : error.preceded(by: "'\(path.description)': ")
        }
    }

    public init(contentsOf path: String, checksData: Bool = false) throws(ChainruleError) {
        self = try Predictor(contentsOf: FilePath(path), checksData: checksData)
    }

    /// The same of bytes in memory.
    package init(preparedBytes: [UInt8], checksData: Bool = false) throws(ChainruleError) {
        let memory = try Memory<UInt8>(count: preparedBytes.count, for: "a file")
        for (place, byte) in preparedBytes.enumerated() { memory.base[place] = byte }
        self = try Predictor(FileBytes(memory), checksData: checksData)
    }

    init(_ file: FileBytes, checksData: Bool) throws(ChainruleError) {
        let header = try FileReader(file.bytes).readHeader()
        guard let metadata = header.metadata, PreparedFile.isPrepared(metadata) else {
            throw ChainruleError(.format, "the file is no prepared predictor")
        }
        let version = try metadata.text("format_version")
        guard version.isSame(as: "\(PreparedFile.version)") else {
            throw ChainruleError(
                .fileVersion,
                """
                the file was prepared in version '\(version.content)' of the format; this library opens version \
                \(PreparedFile.version): prepare the model anew
                """)
        }
        let first = file.bytes.count - header.dataBytes
        guard first % PreparedFile.alignment == 0, let checksums = header.tensors.first,
            checksums.name.isSame(as: "checksums"), checksums.end == 4 * PreparedFile.checksumCount
        else { throw ChainruleError(.format, "the file does not begin with its checksums, 64 bytes aligned to 64") }
        func check(_ bytes: Range<Int>, _ place: Int, _ what: StaticString) throws(ChainruleError) {
            let sum = try PreparedFile.checksum(UnsafeRawBufferPointer(rebasing: file.bytes[bytes]))
            guard file.bytes.loadUnaligned(fromByteOffset: first + place, as: UInt64.self) == sum else {
                throw ChainruleError(.format, "the file's \(what) does not match its checksum: it is damaged")
            }
        }
        try check(0..<first, 0, "header")
        if checksData { try check(first + checksums.end..<file.bytes.count, 8, "data") }

        let plan = try ModelHeader.plan(ModelHeader.architecture(in: metadata).get())
        try plan.checkMemory(limit: Plan.usualMemoryLimit(fileBytes: file.bytes.count))
        let precisionName = try metadata.text("precision")
        guard
            let precision = Precision.allCases.first(where: {
                precisionName.isSame(as: PreparedFile.name($0).description)
            })
        else {
            throw ChainruleError(.format, "the file's precision is '\(precisionName.content)'")
        }
        let setName = try metadata.text("instruction_set")
        guard
            let level = InstructionSetLevel.allCases.first(where: {
                $0.isSupported && setName.isSame(as: $0.name(precision))
            })
        else {
            throw ChainruleError(
                .mismatch,
                """
                the file was prepared for the instruction set '\(setName.content)', and this processor computes with \
                '\(InstructionSetLevel.standard.name(precision))': prepare the model on this machine
                """)
        }
        let (kernels, arithmetic) = (precision.kernels(level), Arithmetic(level))
        let packed = try PackedNetwork(
            plan.architecture, precision: precision, kernels: kernels, arithmetic: arithmetic
        ) { count throws(ChainruleError) in
            guard header.tensors.count > 1, header.tensors[1].name.isSame(as: "packed"),
                header.tensors[1].end - header.tensors[1].begin == MemoryLayout<Float>.stride * count
            else { throw ChainruleError(.format, "the file's second tensor is not 'packed', of \(count) floats") }
            return FloatMemory(file, at: first + header.tensors[1].begin, count: count)
        }
        let unpacked = packed.unpackedTensors(of: plan)
        _ = try header.match(PreparedFile.tensors(packed: packed.memory.count, unpacked))
        let parameters = try FloatMemory(
            count: unpacked.isEmpty ? 0 : plan.numberCount, for: "the parameters of a predictor")
        for (tensor, place) in zip(unpacked, header.tensors.dropFirst(2)) {
            guard place.name.isSame(as: tensor.name) else {
                throw ChainruleError(
                    .format, "the file has the tensor '\(place.name.content)' where '\(tensor.name)' belongs")
            }
            tensor.vector(in: parameters.vector).assign(
                FloatMemory(file, at: first + place.begin, count: tensor.count).vector)
        }
        if !unpacked.isEmpty { try plan.checkState(in: parameters.vector) }
        self = Predictor(
            plan, precision: precision, level: level, kernels: kernels, packed: packed, arithmetic: arithmetic,
            parameters: parameters, labels: try ClassLabelTexts(header.classLabels(outputs: plan.architecture.outputs)))
    }
}
