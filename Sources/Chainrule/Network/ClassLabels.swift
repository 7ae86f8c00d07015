/// The names of a classifier's classes: one for each output, or two for a single output, which is the second class's.
package enum ClassLabels {
    /// Of files' metadata.
    static var key: StaticString { "chainrule.class_labels" }
    static var most: Int { 65_536 }
    package static var longest: Int { 255 }

    /// - Parameter outputs: the length of y.
    static func validate(_ labels: [String], outputs: Int) throws(ChainruleError) {
        guard fit(labels.count, outputs: outputs) else {
            let wanted = outputs == 1 ? 2 : outputs
            throw ChainruleError(
                .size, "\(labels.count) class labels were given; a network with \(outputs) outputs has \(wanted)")
        }
        guard labels.count <= most else {
            throw ChainruleError(.size, "\(labels.count) class labels were given; at most \(most) are possible")
        }
        for (index, label) in labels.enumerated() { try validate(label, index) }
    }

    static func validate(_ label: String, _ index: Int) throws(ChainruleError) {
        guard label.utf8.count <= longest else {
            throw ChainruleError(.value, "class label \(index) has more than \(longest) bytes")
        }
        for byte in label.utf8 where byte == 0 {
            throw ChainruleError(.value, "class label \(index) holds a zero byte")
        }
    }

    /// Whether so many labels are possible; none always are.
    static func fit(_ count: Int, outputs: Int) -> Bool {
        count == 0 || count == outputs || count == 2 && outputs == 1
    }

    /// A text that must be UTF-8.
    package static func text(_ bytes: [UInt8], _ index: Int) throws(ChainruleError) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        // Decoding repairs what is not.
        guard text.utf8.elementsEqual(bytes) else {
            throw ChainruleError(.value, "class label \(index) is no UTF-8")
        }
        return text
    }

    // MARK: Files

    /// As JSON: an array of strings.
    static func encoded(_ labels: [String]) -> [UInt8] {
        var json = JSONWriter(limit: ModelHeader.longest)
        json.beginArray()
        for label in labels { json.string(label) }
        json.endArray()
        return json.bytes
    }

    static func decoded(_ json: JSONString, outputs: Int) throws(ChainruleError) -> [String] {
        guard let values = try JSONText(json).value.array else {
            throw ChainruleError(.format, "the class labels are no array")
        }
        var labels: [String] = []
        for value in values {
            guard let label = value.string, labels.count < most else {
                throw ChainruleError(.format, "the class labels are no array of at most \(most) strings")
            }
            try Reserve.setAside(64 * (labels.count + 1) + 4 * longest)
            labels.append(try text(Array(label.prefix(longest + 1)), labels.count))
        }
        try validate(labels, outputs: outputs)
        return labels
    }
}

/// Class labels that do not change, also as texts that each end with a 0.
package struct ClassLabelTexts: Sendable {
    let labels: [String]
    private let bytes: Memory<UInt8>
    private let starts: [Int]

    init(_ labels: [String]) throws(ChainruleError) {
        try Reserve.setAside(16 * labels.count)
        var (count, starts) = (0, [Int]())
        for label in labels {
            starts.append(count)
            count += label.utf8.count + 1
        }
        bytes = try Memory(count: count, for: "class labels")
        for (label, start) in zip(labels, starts) {
            for (place, byte) in label.utf8.enumerated() { bytes.base[start + place] = byte }
        }
        (self.labels, self.starts) = (labels, starts)
    }

    package var count: Int { starts.count }
    package subscript(index: Int) -> UnsafePointer<UInt8> { UnsafePointer(bytes.base + starts[index]) }
}

extension Network {
    /// Names the classes that the outputs stand for: one for each output, or two for a single output, that of the second class; an
    /// empty list: none. The names are kept in model files. Nothing computes with them. Requires exclusive access to the network.
    /// - Parameter labels: each of at most 255 bytes, without zero bytes.
    public func setClassLabels(_ labels: [String]) throws(ChainruleError) {
        try ClassLabels.validate(labels, outputs: outputs)
        try checkIsNotTraining()
        classLabels = labels
    }
}
