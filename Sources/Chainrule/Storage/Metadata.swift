/// Texts that a model file holds beside the network, by key, in the order in which they came. ``Network/metadata``.
///
/// Each text lies in memory of its own, which stays until it is replaced or removed.
public struct Metadata: Sendable {
    /// A key and its value, each followed by a 0.
    struct Entry: Sendable {
        fileprivate let text: Memory<UInt8>
        fileprivate let keyCount: Int

        fileprivate init(_ key: some Sequence<UInt8>, _ value: some Sequence<UInt8>) throws(ChainruleError) {
            var (keyCount, valueCount) = (0, 0)
            for _ in key { keyCount += 1 }
            for _ in value { valueCount += 1 }
            text = try Memory(count: keyCount + valueCount + 2, for: "a network's metadata")
            self.keyCount = keyCount
            var place = 0
            for byte in key {
                text.base[place] = byte
                place += 1
            }
            place += 1
            for byte in value {
                text.base[place] = byte
                place += 1
            }
        }

        var count: Int { text.count - 2 }
        var key: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: text.base, count: keyCount) }
        var value: UnsafeBufferPointer<UInt8> {
            UnsafeBufferPointer(start: text.base + keyCount + 1, count: text.count - keyCount - 2)
        }
    }

    /// The longest key, in bytes.
    package static var longestKey: Int { 255 }
    /// The most bytes of all keys and values together.
    package static var mostBytes: Int { 4_000_000 }
    /// The most keys.
    package static var mostKeys: Int { 10_000 }
    /// What the library's own keys begin with, apart from those of the format.
    private static var ownPrefix: StaticString { "chainrule." }

    /// All, the library's own too: what a file holds beside the format's members.
    private(set) var entries: [Entry] = []
    /// Of all entries.
    private var bytes = 0

    public init() {}

    // MARK: The user's

    /// The keys, in the order in which they were set first.
    public var keys: [String] { (0..<count).map { String(decoding: self[place: $0].key, as: UTF8.self) } }

    /// The value of a key; nil: there is none.
    public subscript(key: String) -> String? { value(of: key.utf8).map { String(decoding: $0, as: UTF8.self) } }

    /// How many there are.
    package var count: Int { entries.reduce(0) { $0 + (Metadata.isOwn($1.key) ? 0 : 1) } }

    /// The key and the value at a place below ``count``, each followed by a 0.
    package subscript(place place: Int) -> (key: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        var left = place
        for entry in entries where !Metadata.isOwn(entry.key) {
            if left == 0 { return (entry.key, entry.value) }
            left -= 1
        }
        preconditionFailure("there are not so many metadata")
    }

    package func value(of key: some Sequence<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        entries.first { !Metadata.isOwn($0.key) && $0.key.elementsEqual(key) }?.value
    }

    /// Sets the value of a key, or removes the key.
    /// - Parameters:
    ///   - key: 1 to 255 bytes of UTF-8 without a null character. Those of the format are refused: `format`, `format_version`,
    ///     `architecture`, `training`, and all that begin with `chainrule.`.
    ///   - value: UTF-8 without a null character. All keys and values together have at most 4,000,000 bytes, and there are
    ///     at most 10,000 keys. nil: removes the key, if it is there.
    public mutating func set(_ key: String, _ value: String?) throws(ChainruleError) {
        try set(Array(key.utf8), value.map { Array($0.utf8) })
    }

    package mutating func set(
        _ key: some Collection<UInt8>, _ value: (some Collection<UInt8>)?
    ) throws(ChainruleError) {
        guard let value else {
            if self.value(of: key) != nil { remove(key) }
            return
        }
        let entry = try Entry(key, value)
        try Metadata.check(entry)
        guard !Metadata.isOfFormat(entry.key) && !Metadata.isOwn(entry.key) else {
            throw ChainruleError(
                .value, "the metadata key '\(String(decoding: entry.key, as: UTF8.self))' is one of the format's own")
        }
        try put(entry)
    }

    // MARK: The library's own

    /// The value of one of the library's own keys.
    func own(_ name: StaticString) -> UnsafeBufferPointer<UInt8>? {
        let key = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        return entries.first { $0.key.elementsEqual(key) }?.value
    }

    /// Sets one of them, which begins with `chainrule.`; nil: removes it.
    mutating func setOwn(_ name: StaticString, _ value: [UInt8]?) throws(ChainruleError) {
        let key = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard let value else { return remove(key) }
        try put(Entry(key, value))
    }

    // MARK: Files

    /// Takes a member of a file's metadata, unless it is one of the format's.
    mutating func take(_ key: JSONString, _ value: JSONString) throws(ChainruleError) {
        let entry = try Entry(key, value)
        if Metadata.isOfFormat(entry.key) { return }
        do throws(ChainruleError) {
            try Metadata.check(entry)
            try append(entry)
        } catch {
            throw ChainruleError(.format, "\(error.message)")
        }
    }

    // MARK: Entries

    private mutating func remove(_ key: some Sequence<UInt8>) {
        guard let place = entries.firstIndex(where: { $0.key.elementsEqual(key) }) else { return }
        bytes -= entries.remove(at: place).count
    }

    private mutating func put(_ entry: Entry) throws(ChainruleError) {
        try Reserve.setAside(4 * MemoryLayout<Entry>.stride * (entries.count + 1) + 256)
        guard let place = entries.firstIndex(where: { $0.key.elementsEqual(entry.key) }) else {
            return try append(entry)
        }
        try checkRoom(bytes - entries[place].count + entry.count)
        bytes += entry.count - entries[place].count
        entries[place] = entry
    }

    private mutating func append(_ entry: Entry) throws(ChainruleError) {
        guard entries.count < Metadata.mostKeys else {
            throw ChainruleError(.size, "the metadata have \(entries.count) keys; more are not possible")
        }
        try checkRoom(bytes + entry.count)
        bytes += entry.count
        entries.append(entry)
    }

    private func checkRoom(_ bytes: Int) throws(ChainruleError) {
        guard bytes <= Metadata.mostBytes else {
            throw ChainruleError(
                .size, "the metadata would have \(bytes) bytes; at most \(Metadata.mostBytes) are possible")
        }
    }

    private static func check(_ entry: Entry) throws(ChainruleError) {
        guard 1...longestKey ~= entry.key.count else {
            throw ChainruleError(
                .size, "a metadata key has \(entry.key.count) bytes; from 1 to \(longestKey) are possible")
        }
        for (text, what) in [(entry.key, "key"), (entry.value, "value")] as [(UnsafeBufferPointer<UInt8>, StaticString)]
        where !text.isText {
            throw ChainruleError(
                .value,
                """
                the \(what) of the metadata '\(String(decoding: entry.key, as: UTF8.self))' is not UTF-8, or holds a null \
                character
                """)
        }
    }

    private static func isOwn(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
        key.starts(with: UnsafeBufferPointer(start: ownPrefix.utf8Start, count: ownPrefix.utf8CodeUnitCount))
    }

    private static func isOfFormat(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
        for name in ["format", "format_version", "architecture", "training"] as [StaticString]
        where key.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)) {
            return true
        }
        return false
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether it is UTF-8 without a null character.
    fileprivate var isText: Bool {
        var place = 0
        while place < count {
            let first = self[place]
            let length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
            guard first != 0, first < 0x80 || first >= 0xc2 && first < 0xf5, place + length <= count else {
                return false
            }
            for next in 1..<length where self[place + next] & 0xc0 != 0x80 { return false }
            if length > 2 {
                // No longer than needed, no half of a surrogate pair, nothing beyond the last character.
                let second = self[place + 1]
                if first == 0xe0 && second < 0xa0 || first == 0xed && second >= 0xa0 { return false }
                if first == 0xf0 && second < 0x90 || first == 0xf4 && second >= 0x90 { return false }
            }
            place += length
        }
        return true
    }
}
