/// The header of a model file: safetensors, with the architecture in its metadata.
///
///     8 bytes   N, the length of the header, little-endian
///     N bytes   JSON: {"__metadata__": {"format": "chainrule", "format_version": "1", "architecture": "<JSON>"},
///                      "0.weight": {"dtype": "F32", "shape": [100, 64], "data_offsets": [0, 25600]}, …}, padded with
///                      spaces
///     the rest  the tensors, little-endian; this library writes them in the order of the parameter vector: the vector
///     itself
package struct ModelHeader {
    /// The version of the format that this library writes, and the newest that it reads.
    package static var version: Int { 1 }
    /// The longest header that is written or read. Enough for the most layers, unless they read very many inputs; quick
    /// to read whatever it holds.
    package static var longest: Int { 16_000_000 }

    package let architecture: Result<Architecture, ChainruleError>
    let metadata: JSONObject?
    /// In the order of the data.
    let tensors: [Entry]
    /// The data end where the last tensor does.
    var dataBytes: Int { tensors.last?.end ?? 0 }

    struct Entry {
        let name: JSONString
        let shape: [Int]
        let begin: Int
        let end: Int
    }

    /// The bytes of a model file before its data.
    package static func encode(_ plan: Plan, _ metadata: Metadata = Metadata()) throws(ChainruleError) -> [UInt8] {
        try encode(format: "chainrule", version: version, plan, metadata, tensors: plan.tensors + plan.state)
    }

    /// The bytes of a file before its data.
    /// - Parameters:
    ///   - members: further members of the format's own.
    ///   - tensors: what the data hold, one after the other.
    ///   - alignment: of the data in the file, at least the 8 that safetensors requires.
    static func encode(
        format: String, version: Int, _ plan: Plan, members: [(name: String, text: [UInt8])] = [],
        _ metadata: Metadata = Metadata(), tensors: [Plan.Tensor], alignment: Int = 8
    ) throws(ChainruleError) -> [UInt8] {
        // The places in the data and the file's bytes must not overflow.
        let dataBytes = try Plan.checkedProduct(4, Plan.checkedSum(tensors.map { $0.count }))
        _ = try Plan.checkedSum([8, longest, dataBytes])
        var json = JSONWriter(limit: longest)
        json.beginObject()
        json.key("__metadata__")
        json.beginObject()
        json.member("format", format)
        json.member("format_version", "\(version)")
        json.member("architecture", text(of: plan.architecture))
        for (name, text) in members { json.member(name, text) }
        for entry in metadata.entries where !json.isTooLong { json.member(entry.key, entry.value) }
        json.endObject()
        var offset = 0
        for tensor in tensors where !json.isTooLong {
            json.tensor(tensor.name, shape: tensor.extents, at: offset, count: tensor.count)
            offset += tensor.count
        }
        json.endObject()
        var header = json.bytes
        while (8 + header.count) % alignment != 0 { header.append(UInt8(ascii: " ")) }
        guard header.count <= longest && !json.isTooLong else {
            throw ChainruleError(
                .size,
                """
                the network has \(plan.architecture.nodes.count) layers whose names and inputs take more, with its metadata and class \
                labels, than the \(longest) bytes that the header of a file can have
                """)
        }
        var bytes: [UInt8] = []
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: header.count >> (8 * shift))) }
        return bytes + header
    }

    /// An architecture as JSON. Cut off if it is too long for a header.
    static func text(of architecture: Architecture) -> [UInt8] {
        var json = JSONWriter(limit: longest)
        architecture.encode(to: &json)
        return json.bytes
    }

    /// The length of the header, from a file's first 8 bytes and its length, if known.
    package static func length(_ prefix: [UInt8], fileBytes: Int?) throws(ChainruleError) -> Int {
        precondition(prefix.count == 8)
        var length: UInt64 = 0
        for (index, byte) in prefix.enumerated() { length |= UInt64(byte) << (8 * UInt64(index)) }
        guard length >= 2 && length <= UInt64(longest) else {
            throw ChainruleError(.format, "no model file: its first 8 bytes give a header of \(length) bytes")
        }
        if let fileBytes, length > UInt64(fileBytes - 8) {
            throw ChainruleError(
                .format, "the file is truncated: a header of \(length) bytes in a file of \(fileBytes) bytes")
        }
        return Int(length)
    }

    /// Reads and checks a header. Afterwards its tensors are consistent: they fill the data without gaps or overlaps.
    /// - Parameter dataBytes: nil if only the header tells it.
    package init(_ text: JSONText, dataBytes: Int?) throws(ChainruleError) {
        guard let object = try text.value.object() else {
            throw ChainruleError(.format, "the header is no JSON object")
        }
        metadata = try object["__metadata__"]?.object()
        architecture = try ModelHeader.architecture(metadata)
        var tensors: [Entry] = []
        for index in 0..<object.count {
            let (name, value) = object.member(at: index)
            if name.isSame(as: "__metadata__") { continue }
            guard let entry = try value.object() else {
                throw ChainruleError(.format, "tensor '\(name.content)' is no object")
            }
            tensors.append(try ModelHeader.entry(name, entry))
        }
        tensors.sort { $0.begin < $1.begin }
        var end = 0
        for tensor in tensors {
            guard tensor.begin == end else {
                throw ChainruleError(
                    .format, "tensor '\(tensor.name.content)' begins at byte \(tensor.begin), not at \(end)")
            }
            end = tensor.end
        }
        if let dataBytes, end != dataBytes {
            throw ChainruleError(.format, "the tensors take \(end) bytes; the file has \(dataBytes)")
        }
        self.tensors = tensors
    }

    static func checkVersion(_ text: String, upTo newest: Int) throws(ChainruleError) {
        var version = 0
        for byte in text.utf8 {
            guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte, version < 1_000_000 else {
                throw ChainruleError(.format, "the format version is '\(text)', not a number")
            }
            version = 10 * version + Int(byte - UInt8(ascii: "0"))
        }
        guard version >= 1 else { throw ChainruleError(.format, "the format version is '\(text)'") }
        guard version <= newest else {
            throw ChainruleError(
                .fileVersion,
                "the file has format version \(version); this library reads versions up to \(newest)")
        }
    }

    /// The architecture, or the error that prevents building it. That error matters only when the architecture is
    /// needed: the parameters alone may be useful, and safetensors files of other programs hold nothing else. Throws at
    /// once if a "chainrule" file's version or architecture text cannot be read.
    private static func architecture(_ metadata: JSONObject?) throws(ChainruleError) -> Result<
        Architecture, ChainruleError
    > {
        if isCheckpoint(metadata) { return .failure(Checkpoint.isNoModelFile) }
        if PreparedFile.isPrepared(metadata) { return .failure(PreparedFile.isNoModelFile) }
        let description: JSONObject
        do throws(ChainruleError) {
            guard let metadata else {
                throw ChainruleError(.format, "the header has no '__metadata__', and so no architecture")
            }
            let format = try metadata.string("format")
            guard format.utf8.elementsEqual("chainrule".utf8) else {
                throw ChainruleError(.format, "the file's format is '\(format)', not 'chainrule'")
            }
            description = metadata
        } catch {
            return .failure(
                ChainruleError(.format, "\(error.message): build the network and load the parameters alone"))
        }
        try checkVersion(description.string("format_version"), upTo: version)
        return try architecture(in: description)
    }

    /// The member of a file's metadata.
    static func architecture(
        in metadata: JSONObject
    ) throws(ChainruleError) -> Result<Architecture, ChainruleError> {
        guard let object = try JSONText(metadata.text("architecture")).value.object() else {
            throw ChainruleError(.format, "the architecture is no JSON object")
        }
        do throws(ChainruleError) {
            return .success(try Architecture(object))
        } catch {
            // A lack of memory is not the file's fault.
            return .failure(
                ChainruleError(error.code == .memory ? .memory : .format, "the architecture: \(error.message)"))
        }
    }

    /// The texts that the file holds beside the network. Leaves out what is no text: safetensors allows nothing else.
    func texts() throws(ChainruleError) -> Metadata {
        var texts = Metadata()
        guard let metadata else { return texts }
        for index in 0..<metadata.count {
            let (name, value) = metadata.member(at: index)
            if let value = value.string { try texts.take(name, value) }
        }
        return texts
    }

    private static func isCheckpoint(_ metadata: JSONObject?) -> Bool {
        metadata?["format"]?.string?.isSame(as: Checkpoint.format) ?? false
    }

    /// The names of the classes; empty if the file has none.
    func classLabels(outputs: Int) throws(ChainruleError) -> [String] {
        let key = "\(ClassLabels.key)"
        guard let metadata, metadata[key] != nil else { return [] }
        do throws(ChainruleError) {
            return try ClassLabels.decoded(metadata.text(key), outputs: outputs)
        } catch {
            throw ChainruleError(error.code == .memory ? .memory : .format, "\(error.message)")
        }
    }

    /// The plan of the architecture.
    func plan() throws(ChainruleError) -> Plan { try ModelHeader.plan(architecture.get()) }

    static func plan(_ architecture: Architecture) throws(ChainruleError) -> Plan {
        try architecture.setAside()
        // Memory is set aside, so any error now is the file's fault, including sizes that no memory holds.
        do throws(ChainruleError) {
            return try Plan(architecture)
        } catch {
            throw ChainruleError(.format, "the architecture: \(error.message)")
        }
    }

    private static func entry(_ name: JSONString, _ object: JSONObject) throws(ChainruleError) -> Entry {
        func error(_ what: ErrorMessage) -> ChainruleError {
            ChainruleError(.format, "tensor '\(name.content)' \(what.text)")
        }
        let type = try object.text("dtype")
        guard type.isSame(as: "F32") else { throw error("is of type '\(type.content)', not 'F32'") }
        var shape: [Int] = []
        var bytes = 4
        for value in try object.array("shape") {
            guard let extent = value.integer else {
                throw error("has a shape that is not of whole numbers")
            }
            shape.append(extent)
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw error("has a size that overflows") }
            bytes = product
        }
        var offsets = try object.array("data_offsets").makeIterator()
        guard let begin = offsets.next()?.integer, let end = offsets.next()?.integer, begin <= end,
            case nil = offsets.next()
        else { throw error("has no valid 'data_offsets'") }
        guard end - begin == bytes else { throw error("takes \(end - begin) bytes; its shape needs \(bytes)") }
        return Entry(name: name, shape: shape, begin: begin, end: end)
    }

    /// Returns the network's tensors in the file's order. Checks that the file holds exactly these, in their shapes.
    /// Other programs order tensors differently.
    func match(_ plan: Plan) throws(ChainruleError) -> [Plan.Tensor] {
        guard !ModelHeader.isCheckpoint(metadata) else { throw Checkpoint.isNoModelFile }
        guard !PreparedFile.isPrepared(metadata) else { throw PreparedFile.isNoModelFile }
        return try match(plan.tensors + plan.state)
    }

    func match(_ wanted: [Plan.Tensor]) throws(ChainruleError) -> [Plan.Tensor] {
        guard tensors.count == wanted.count else {
            throw ChainruleError(.format, "the file has \(tensors.count) tensors; the network has \(wanted.count)")
        }
        let entries = tensors.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        let wanted = wanted.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var matched: [(begin: Int, tensor: Plan.Tensor)] = []
        for (entry, tensor) in zip(entries, wanted) {
            guard entry.name.isSame(as: tensor.name) else {
                throw ChainruleError(
                    .format, "the file has a tensor '\(entry.name.content)', the network '\(tensor.name)'")
            }
            guard entry.shape == tensor.extents else {
                throw ChainruleError(
                    .format,
                    """
                    tensor '\(tensor.name)' has the shape \(describe(entry.shape)) in the file and \
                    \(describe(tensor.extents)) in the network
                    """)
            }
            matched.append((entry.begin, tensor))
        }
        matched.sort { $0.begin < $1.begin }
        return matched.map { $0.tensor }
    }

    private func describe(_ shape: [Int]) -> String {
        var text = "["
        for (index, extent) in shape.enumerated() { text += index == 0 ? "\(extent)" : ", \(extent)" }
        return text + "]"
    }
}

extension JSONWriter {
    /// Writes the entry of a tensor of floats, after `offset` others.
    fileprivate mutating func tensor(_ name: String, shape: [Int], at offset: Int, count: Int) {
        key(name)
        beginObject()
        member("dtype", "F32")
        key("shape")
        beginArray()
        for extent in shape { integer(extent) }
        endArray()
        key("data_offsets")
        beginArray()
        integer(4 * offset)
        integer(4 * (offset + count))
        endArray()
        endObject()
    }
}
