/// An untrusted JSON text (RFC 8259). Checks the whole text when it is made, then reads values in place. Builds no tree
/// of values, which would take many times its memory.
package struct JSONText: Sendable {
    private let memory: Memory<UInt8>

    package init(_ memory: Memory<UInt8>) throws(ChainruleError) {
        self.memory = memory
        var scanner = JSONScanner(self, at: 0)
        try scanner.skipValue(depth: 0)
        scanner.skipSpace()
        guard scanner.position == memory.count else { throw scanner.error("something follows the value") }
    }

    /// Makes a text from the content of a string.
    package init(_ bytes: some Sequence<UInt8>) throws(ChainruleError) {
        var count = 0
        for _ in bytes { count += 1 }
        let memory = try Memory<UInt8>(count: count, for: "the text of a header")
        for (place, byte) in bytes.enumerated() { memory.base[place] = byte }
        try self.init(memory)
    }

    package var value: JSONValue { JSONValue(self, at: 0) }

    /// The byte at a position; nil at the end.
    subscript(position: Int) -> UInt8? { position < memory.count ? memory.base[position] : nil }
}

/// A value in a text.
package struct JSONValue: Sendable {
    private let text: JSONText
    private let position: Int

    fileprivate init(_ text: JSONText, at position: Int) {
        self.text = text
        var scanner = JSONScanner(text, at: position)
        scanner.skipSpace()
        self.position = scanner.position
    }

    private var first: UInt8? { text[position] }

    package var isNull: Bool { first == UInt8(ascii: "n") }

    package var boolean: Bool? {
        switch first {
        case UInt8(ascii: "t"): true
        case UInt8(ascii: "f"): false
        default: nil
        }
    }

    package var number: Double? {
        guard first == UInt8(ascii: "-") || JSONScanner.isDigit(first) else { return nil }
        var scanner = JSONScanner(text, at: position)
        return try? scanner.number()
    }

    /// The number, if it is whole, not negative, and fits in an Int.
    package var integer: Int? { wholeNumber.flatMap { Int(exactly: $0) } }

    /// The number, if it is whole, not negative, and exact.
    package var wholeNumber: Int64? {
        guard let number, number >= 0, number == number.rounded(.down) else { return nil }
        var scanner = JSONScanner(text, at: position)
        // The double may have been rounded.
        return number < 0x1p53 ? Int64(exactly: number) : scanner.digits()
    }

    package var string: JSONString? {
        first == UInt8(ascii: "\"") ? JSONString(text, at: position + 1) : nil
    }

    package var array: JSONArray? { first == UInt8(ascii: "[") ? JSONArray(text, at: position + 1) : nil }

    /// Throws if a name occurs twice in it.
    package func object() throws(ChainruleError) -> JSONObject? {
        first == UInt8(ascii: "{") ? try JSONObject(text, at: position) : nil
    }
}

/// The bytes of a string, with its escapes resolved.
package struct JSONString: Sequence, Sendable {
    private let text: JSONText
    private let position: Int

    fileprivate init(_ text: JSONText, at position: Int) {
        self.text = text
        self.position = position
    }

    package struct Iterator: IteratorProtocol {
        fileprivate var scanner: JSONScanner

        // The text was checked when it was made: no error can occur.
        package mutating func next() -> UInt8? { try? scanner.byteOfString() }
    }

    package func makeIterator() -> Iterator { Iterator(scanner: JSONScanner(text, at: position)) }

    /// Repairs invalid UTF-8.
    package var content: String { String(decoding: Array(self), as: UTF8.self) }

    package func isSame(as name: String) -> Bool { elementsEqual(name.utf8) }
}

/// The values in an array, from first to last.
package struct JSONArray: Sequence, Sendable {
    private let text: JSONText
    private let position: Int

    fileprivate init(_ text: JSONText, at position: Int) {
        self.text = text
        self.position = position
    }

    package struct Iterator: IteratorProtocol {
        fileprivate let text: JSONText
        fileprivate var scanner: JSONScanner

        package mutating func next() -> JSONValue? {
            scanner.skipSpace()
            if scanner.take("]") { return nil }
            let value = JSONValue(text, at: scanner.position)
            guard (try? scanner.skipValue(depth: 0)) != nil else { return nil }
            scanner.skipSpace()
            _ = scanner.take(",")
            return value
        }
    }

    package func makeIterator() -> Iterator { Iterator(text: text, scanner: JSONScanner(text, at: position)) }
}

/// The members of an object, in order. Compares names byte by byte; none occurs twice.
package struct JSONObject: Sendable {
    /// More than the tensors of the largest network.
    package static var mostMembers: Int { 65_536 }

    private let text: JSONText
    /// Where each name and value begins.
    private var places: [(name: Int, value: Int)] = []

    fileprivate init(_ text: JSONText, at position: Int) throws(ChainruleError) {
        self.text = text
        var scanner = JSONScanner(text, at: position)
        var places: [(name: Int, value: Int)] = []
        try scanner.skipObject(depth: 0) { name, value throws(ChainruleError) in
            guard places.count < JSONObject.mostMembers else {
                throw ChainruleError(.format, "an object in the header has more than \(JSONObject.mostMembers) members")
            }
            places.append((name, value))
        }
        self.places = places
        // Sort them, instead of comparing each with each.
        let names = places.map { JSONString(text, at: $0.name) }.sorted { $0.lexicographicallyPrecedes($1) }
        for (name, next) in zip(names, names.dropFirst()) where name.elementsEqual(next) {
            throw ChainruleError(.format, "the name '\(name.content)' occurs twice in the header")
        }
    }

    package var count: Int { places.count }

    package func member(at index: Int) -> (name: JSONString, value: JSONValue) {
        (JSONString(text, at: places[index].name), JSONValue(text, at: places[index].value))
    }

    package subscript(name: String) -> JSONValue? {
        for place in places where JSONString(text, at: place.name).isSame(as: name) {
            return JSONValue(text, at: place.value)
        }
        return nil
    }

    /// A string that may be long.
    package func text(_ name: String) throws(ChainruleError) -> JSONString {
        guard let string = self[name]?.string else { throw missing(name, "a string") }
        return string
    }

    package func string(_ name: String) throws(ChainruleError) -> String { try text(name).content }

    package func boolean(_ name: String) throws(ChainruleError) -> Bool {
        guard let flag = self[name]?.boolean else { throw missing(name, "true or false") }
        return flag
    }

    package func integer(_ name: String) throws(ChainruleError) -> Int {
        let whole = try wholeNumber(name)
        guard let number = Int(exactly: whole) else {
            throw ChainruleError(.format, "the header's '\(name)' is \(whole), more than this machine counts")
        }
        return number
    }

    func wholeNumber(_ name: String) throws(ChainruleError) -> Int64 {
        guard let number = self[name]?.wholeNumber else { throw missing(name, "a whole number >= 0") }
        return number
    }

    package func number(_ name: String) throws(ChainruleError) -> Double {
        guard let number = self[name]?.number else { throw missing(name, "a number") }
        return number
    }

    package func array(_ name: String) throws(ChainruleError) -> JSONArray {
        guard let values = self[name]?.array else { throw missing(name, "an array") }
        return values
    }

    /// Throws if a name occurs twice in it, too.
    package func object(_ name: String) throws(ChainruleError) -> JSONObject {
        guard let object = try self[name]?.object() else { throw missing(name, "an object") }
        return object
    }

    private func missing(_ name: String, _ what: StaticString) -> ChainruleError {
        ChainruleError(.format, "the header's '\(name)' is missing or not \(what)")
    }
}
