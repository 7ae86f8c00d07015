/// The text of an error, written as an interpolated string.
///
/// The standard library's interpolation is inlined at every use. That made messages a quarter of the embedded library.
/// This one is a few calls.
public struct ErrorMessage: ExpressibleByStringInterpolation, Sendable {
    public struct StringInterpolation: StringInterpolationProtocol {
        var text = ""

        public init(literalCapacity: Int, interpolationCount: Int) {}

        @inline(never) public mutating func appendLiteral(_ literal: String) { text += literal }
        @inline(never) public mutating func appendInterpolation(_ text: String) { self.text += text }
        @inline(never) public mutating func appendInterpolation(_ text: StaticString) { self.text += text.description }
        @inline(never) public mutating func appendInterpolation(_ number: Int64) { text += number.description }
        @inline(never) public mutating func appendInterpolation(_ number: UInt64) { text += number.description }
        @inline(never) public mutating func appendInterpolation(_ number: Float) { text += number.description }
        @inline(never) public mutating func appendInterpolation(_ number: Double) { text += number.description }
        public mutating func appendInterpolation(_ number: UInt) { appendInterpolation(UInt64(number)) }
        public mutating func appendInterpolation(_ number: Int) { appendInterpolation(Int64(number)) }
        public mutating func appendInterpolation(_ number: Int32) { appendInterpolation(Int64(number)) }
        public mutating func appendInterpolation(_ number: UInt8) { appendInterpolation(Int64(number)) }
    }

    public let text: String

    public init(stringLiteral text: String) { self.text = text }

    @inline(never)
    public init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }
}
