/// Scans the text of a FANN file. Every error has its position.
struct FANNText {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position = 0

    /// - Parameter bytes: must live as long as the text.
    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    func error(_ what: ErrorMessage) -> ChainruleError {
        ChainruleError(.format, "no network of FANN at byte \(position): \(what.text)")
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    var isAtEnd: Bool { position == bytes.count }

    /// Takes these characters if they come next.
    mutating func take(_ characters: StaticString) -> Bool {
        let count = characters.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        for index in 0..<count where bytes[position + index] != characters.utf8Start[index] { return false }
        position += count
        return true
    }

    mutating func expect(_ characters: StaticString) throws(ChainruleError) {
        guard take(characters) else { throw error("'\(characters)' expected") }
    }

    mutating func skipSpaces() { while next == UInt8(ascii: " ") { position += 1 } }

    /// Whether the line ends here, but for spaces.
    mutating func isAtEndOfLine() -> Bool {
        skipSpaces()
        return next == nil || next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r")
    }

    mutating func skipLine() {
        while let byte = next, byte != UInt8(ascii: "\n") { position += 1 }
        if next != nil { position += 1 }
    }

    /// Goes behind the next = of this line.
    /// - Returns: false if there is none: then the line is over.
    mutating func skipToValue() -> Bool {
        while let byte = next, byte != UInt8(ascii: "\n") {
            position += 1
            if byte == UInt8(ascii: "=") { return true }
        }
        return false
    }

    private mutating func digit() -> Int? {
        guard let byte = next, JSONScanner.isDigit(byte) else { return nil }
        position += 1
        return Int(byte - UInt8(ascii: "0"))
    }

    mutating func number() throws(ChainruleError) -> Double {
        var number = DecimalNumber()
        number.isNegative = take("-")
        guard JSONScanner.isDigit(next) else { throw error("a number expected") }
        while let digit = digit() { number.append(digit) }
        if take(".") { while let digit = digit() { number.append(digit, isFraction: true) } }
        if take("e") || take("E") {
            let isNegativeExponent = take("-")
            if !isNegativeExponent { _ = take("+") }
            guard JSONScanner.isDigit(next) else { throw error("an exponent expected") }
            var exponent = 0
            while let digit = digit() { exponent = min(exponent * 10 + digit, 10_000) }
            number.multiply(byPowerOfTen: isNegativeExponent ? -exponent : exponent)
        }
        guard let value = number.value else { throw error("a number is too large") }
        return value
    }

    /// A whole number from 0 to 2³¹ − 1.
    mutating func count() throws(ChainruleError) -> Int {
        guard JSONScanner.isDigit(next) else { throw error("a whole number expected") }
        var count: Int32 = 0
        while let digit = digit() {
            let (tens, overflow) = count.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int32(digit))
            guard !overflow && !carry else { throw error("a whole number is too large") }
            count = sum
        }
        return Int(count)
    }
}
