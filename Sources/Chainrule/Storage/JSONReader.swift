/// A JSON value. Numbers are kept as doubles: files hold no integer that a double cannot.
package indirect enum JSONValue: Sendable {
    case null
    case boolean(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// The members of a JSON object, in order; names are compared byte by byte.
package struct JSONObject: Sendable {
    package fileprivate(set) var members: [(name: String, value: JSONValue)] = []

    package subscript(name: String) -> JSONValue? {
        for member in members where member.name.utf8.elementsEqual(name.utf8) { return member.value }
        return nil
    }

    package func string(_ name: String) throws(NetworkError) -> String {
        guard case .string(let text)? = self[name] else { throw missing(name, "a string") }
        return text
    }

    package func boolean(_ name: String) throws(NetworkError) -> Bool {
        guard case .boolean(let flag)? = self[name] else { throw missing(name, "true or false") }
        return flag
    }

    package func integer(_ name: String) throws(NetworkError) -> Int {
        guard let number = self[name]?.integer else { throw missing(name, "a whole number >= 0") }
        return number
    }

    package func number(_ name: String) throws(NetworkError) -> Double {
        guard case .number(let number)? = self[name] else { throw missing(name, "a number") }
        return number
    }

    package func array(_ name: String) throws(NetworkError) -> [JSONValue] {
        guard case .array(let values)? = self[name] else { throw missing(name, "an array") }
        return values
    }

    private func missing(_ name: String, _ what: StaticString) -> NetworkError {
        NetworkError(.format, "the header's '\(name)' is missing or not \(what)")
    }
}

extension JSONValue {
    /// The number, if it is whole, not negative, and exact.
    package var integer: Int? {
        guard case .number(let number) = self, number >= 0, number <= 0x1p53, number == number.rounded(.down) else {
            return nil
        }
        return Int(number)
    }
}

/// Reads JSON (RFC 8259) that nobody vouches for: every error is a ``NetworkError`` with its position, depth is
/// limited, and a name may not occur twice in an object.
package struct JSONReader {
    private static let deepest = 32

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    private init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// The one value that the bytes are, with white space around it.
    package static func read(_ bytes: ArraySlice<UInt8>) throws(NetworkError) -> JSONValue {
        var reader = JSONReader(bytes)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.endIndex else { throw reader.error("something follows the value") }
        return value
    }

    private func error(_ what: ErrorMessage) -> NetworkError {
        NetworkError(.format, "the header is no JSON at byte \(position - bytes.startIndex): \(what.text)")
    }

    private var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
    }

    /// Takes the one character that the text is, if it is next.
    private mutating func take(_ character: StaticString) -> Bool {
        guard next == character.utf8Start.pointee else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: StaticString) throws(NetworkError) {
        guard take(character) else { throw error("'\(character)' expected") }
    }

    private mutating func value(depth: Int) throws(NetworkError) -> JSONValue {
        guard depth < JSONReader.deepest else { throw error("nested deeper than \(JSONReader.deepest)") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"): return .number(try number())
        case let byte? where UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte: return .number(try number())
        default: throw error("a value expected")
        }
    }

    private mutating func literal(_ text: StaticString, _ value: JSONValue) throws(NetworkError) -> JSONValue {
        for index in 0..<text.utf8CodeUnitCount {
            guard next == text.utf8Start[index] else { throw error("'\(text)' expected") }
            position += 1
        }
        return value
    }

    private mutating func object(depth: Int) throws(NetworkError) -> JSONObject {
        var object = JSONObject()
        try expect("{")
        skipSpace()
        if take("}") { return object }
        repeat {
            skipSpace()
            let name = try string()
            skipSpace()
            try expect(":")
            object.members.append((name, try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        try expect("}")
        try checkNames(object)
        return object
    }

    /// Sorts the names instead of comparing each with each: a file may have very many.
    private func checkNames(_ object: JSONObject) throws(NetworkError) {
        let names = object.members.map { $0.name }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for (name, next) in zip(names, names.dropFirst()) where name.utf8.elementsEqual(next.utf8) {
            throw error("the name '\(name)' occurs twice")
        }
    }

    private mutating func array(depth: Int) throws(NetworkError) -> [JSONValue] {
        var values: [JSONValue] = []
        try expect("[")
        skipSpace()
        if take("]") { return values }
        repeat {
            values.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        try expect("]")
        return values
    }

    private mutating func string() throws(NetworkError) -> String {
        try expect("\"")
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: throw error("a control character in a string")
            default: text.append(byte)
            }
        }
        throw error("a string has no end")
    }

    private mutating func escape(into text: inout [UInt8]) throws(NetworkError) {
        guard let byte = next else { throw error("a string has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if 0xd800..<0xdc00 ~= code {
                try expect("\\")
                try expect("u")
                let low = try hexadecimal()
                guard 0xdc00..<0xe000 ~= low else { throw error("half a surrogate pair") }
                code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
            text.append(contentsOf: UTF8.encode(scalar)!)
        default: throw error("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(NetworkError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch next {
            case let byte? where UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte: digit = byte - UInt8(ascii: "0")
            case let byte? where UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte: digit = byte - UInt8(ascii: "a") + 10
            case let byte? where UInt8(ascii: "A")...UInt8(ascii: "F") ~= byte: digit = byte - UInt8(ascii: "A") + 10
            default: throw error("four hexadecimal digits expected")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }

    /// Up to 15 significant digits and powers of ten up to 22 are exact in double arithmetic, so that what
    /// ``JSONWriter`` writes is read back as the same float; no locale has a say.
    private mutating func number() throws(NetworkError) -> Double {
        let isNegative = take("-")
        var mantissa = 0.0
        var scale = 0
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ?? false }
        guard isDigit(next) else { throw error("a digit expected") }
        if take("0") {
            guard !isDigit(next) else { throw error("a number begins with 0") }
        }
        while isDigit(next) {
            mantissa = mantissa * 10 + Double(bytes[position] - UInt8(ascii: "0"))
            position += 1
        }
        if take(".") {
            guard isDigit(next) else { throw error("a digit expected") }
            while isDigit(next) {
                mantissa = mantissa * 10 + Double(bytes[position] - UInt8(ascii: "0"))
                scale -= 1
                position += 1
            }
        }
        if take("e") || take("E") {
            let isNegativeExponent = take("-")
            if !isNegativeExponent { _ = take("+") }
            guard isDigit(next) else { throw error("a digit expected") }
            var exponent = 0
            while isDigit(next) {
                exponent = min(exponent * 10 + Int(bytes[position] - UInt8(ascii: "0")), 10_000)
                position += 1
            }
            scale += isNegativeExponent ? -exponent : exponent
        }
        if mantissa == 0 { return isNegative ? -0.0 : 0 }
        var power = 1.0
        for _ in 0..<min(scale.magnitude, 400) { power *= 10 }
        let magnitude = scale < 0 ? mantissa / power : mantissa * power
        guard magnitude.isFinite else { throw error("a number is too large") }
        return isNegative ? -magnitude : magnitude
    }
}
