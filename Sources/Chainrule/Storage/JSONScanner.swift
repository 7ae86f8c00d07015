/// Scans a JSON text value by value. Every error is a ``ChainruleError`` with its position. Depth is limited.
struct JSONScanner {
    private static let deepest = 32

    private let text: JSONText
    private(set) var position: Int
    /// The remaining bytes of an escape in a string, the first one lowest.
    private var escaped: UInt32 = 0

    init(_ text: JSONText, at position: Int) {
        self.text = text
        self.position = position
    }

    func error(_ what: ErrorMessage) -> ChainruleError {
        ChainruleError(.format, "the header is no JSON at byte \(position): \(what.text)")
    }

    private var next: UInt8? { text[position] }

    static func isDigit(_ byte: UInt8?) -> Bool { byte.map { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } ?? false }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
    }

    /// Takes the next character if it is this one.
    mutating func take(_ character: StaticString) -> Bool {
        guard next == character.utf8Start.pointee else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: StaticString) throws(ChainruleError) {
        guard take(character) else { throw error("'\(character)' expected") }
    }

    // MARK: Values

    mutating func skipValue(depth: Int) throws(ChainruleError) {
        guard depth < JSONScanner.deepest else { throw error("nested deeper than \(JSONScanner.deepest)") }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): try skipObject(depth: depth) { _, _ in }
        case UInt8(ascii: "["): try skipArray(depth: depth)
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "t"): try skipLiteral("true")
        case UInt8(ascii: "f"): try skipLiteral("false")
        case UInt8(ascii: "n"): try skipLiteral("null")
        case let byte where byte == UInt8(ascii: "-") || JSONScanner.isDigit(byte): _ = try number()
        default: throw error("a value expected")
        }
    }

    private mutating func skipLiteral(_ text: StaticString) throws(ChainruleError) {
        for index in 0..<text.utf8CodeUnitCount {
            guard next == text.utf8Start[index] else { throw error("'\(text)' expected") }
            position += 1
        }
    }

    /// - Parameter member: receives the position of a name's first byte, after the quotation mark, and of its value.
    mutating func skipObject(
        depth: Int, _ member: (_ name: Int, _ value: Int) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        try expect("{")
        skipSpace()
        if take("}") { return }
        repeat {
            skipSpace()
            let name = position + 1
            try skipString()
            skipSpace()
            try expect(":")
            try member(name, position)
            try skipValue(depth: depth + 1)
            skipSpace()
        } while take(",")
        try expect("}")
    }

    private mutating func skipArray(depth: Int) throws(ChainruleError) {
        try expect("[")
        skipSpace()
        if take("]") { return }
        repeat {
            try skipValue(depth: depth + 1)
            skipSpace()
        } while take(",")
        try expect("]")
    }

    // MARK: Strings

    private mutating func skipString() throws(ChainruleError) {
        try expect("\"")
        while try byteOfString() != nil {}
    }

    /// The next byte of a string, after its first quotation mark; nil after the last.
    mutating func byteOfString() throws(ChainruleError) -> UInt8? {
        if escaped != 0 {
            defer { escaped >>= 8 }
            return UInt8(truncatingIfNeeded: escaped)
        }
        guard let byte = next else { throw error("a string has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return nil
        case UInt8(ascii: "\\"): return try escape()
        case 0..<0x20: throw error("a control character in a string")
        default: return byte
        }
    }

    /// The first byte that an escape stands for, after its backslash.
    private mutating func escape() throws(ChainruleError) -> UInt8 {
        guard let byte = next else { throw error("a string has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return byte
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0c
        case UInt8(ascii: "n"): return 0x0a
        case UInt8(ascii: "r"): return 0x0d
        case UInt8(ascii: "t"): return 0x09
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
            var bytes: UInt32 = 0
            for (place, byte) in UTF8.encode(scalar)!.enumerated() { bytes |= UInt32(byte) << (8 * UInt32(place)) }
            escaped = bytes >> 8
            return UInt8(truncatingIfNeeded: bytes)
        default: throw error("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(ChainruleError) -> UInt32 {
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

    mutating func number() throws(ChainruleError) -> Double {
        var number = DecimalNumber()
        number.isNegative = take("-")
        guard JSONScanner.isDigit(next) else { throw error("a digit expected") }
        if take("0") {
            guard !JSONScanner.isDigit(next) else { throw error("a number begins with 0") }
        }
        while let digit = takeDigit() { number.append(digit) }
        if take(".") {
            guard JSONScanner.isDigit(next) else { throw error("a digit expected") }
            while let digit = takeDigit() { number.append(digit, isFraction: true) }
        }
        if take("e") || take("E") {
            let isNegativeExponent = take("-")
            if !isNegativeExponent { _ = take("+") }
            guard JSONScanner.isDigit(next) else { throw error("a digit expected") }
            var exponent = 0
            while let digit = takeDigit() { exponent = min(exponent * 10 + digit, 10_000) }
            number.multiply(byPowerOfTen: isNegativeExponent ? -exponent : exponent)
        }
        guard let value = number.value else { throw error("a number is too large") }
        return value
    }

    /// A number written only in digits; nil for other numbers, and for those over 64 bits.
    mutating func digits() -> Int64? {
        var number: Int64 = 0
        while let digit = takeDigit() {
            let (product, overflow) = number.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int64(digit))
            if overflow || carry { return nil }
            number = sum
        }
        return next == UInt8(ascii: ".") || next == UInt8(ascii: "e") || next == UInt8(ascii: "E") ? nil : number
    }

    private mutating func takeDigit() -> Int? {
        guard let byte = next, JSONScanner.isDigit(byte) else { return nil }
        position += 1
        return Int(byte - UInt8(ascii: "0"))
    }
}
