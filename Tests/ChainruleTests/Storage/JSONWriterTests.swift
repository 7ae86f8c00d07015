import Testing

@testable import Chainrule

@Suite struct JSONWriterTests {
    @Test func commasAndNesting() {
        var json = JSONWriter()
        json.beginObject()
        json.member("a", 1)
        json.member("b", true)
        json.key("c")
        json.beginArray()
        json.integer(-2)
        json.string("x")
        json.beginObject()
        json.endObject()
        json.beginArray()
        json.endArray()
        json.endArray()
        json.member("d", "y")
        json.member("e", Float(0.5))
        json.endObject()
        #expect(json.text == #"{"a":1,"b":true,"c":[-2,"x",{},[]],"d":"y","e":0.5}"#)
    }

    @Test func stringsAreEscapedAndReadBack() throws {
        let controls = String(String.UnicodeScalarView((0..<32).map { Unicode.Scalar($0)! }))
        for text in ["", "plain", #"quote " and \ backslash"#, "é€😀", controls, "\u{7f}\u{2028}", #"{"a":"\u0041"}"#] {
            var json = JSONWriter()
            json.string(text)
            let back = try #require(try JSONText(json.bytes).value.string)
            #expect(Array(back) == Array(text.utf8))
        }
        var json = JSONWriter()
        json.string("a\u{1f}\n\"")
        #expect(json.text == #""a\u001f\u000a\"""#)
    }

    private func roundTrip(_ number: Float) throws -> Float {
        var json = JSONWriter()
        json.beginObject()
        json.member("x", number)
        json.endObject()
        return Float(try #require(try JSONText(json.bytes).value.object()).number("x"))
    }

    /// Any finite float, by its bits: every exponent, and subnormal numbers.
    @Test func floatsAreReadBackAsThemselves() throws {
        var noise = Noise(41)
        var numbers: [Float] = (0..<20_000).map { _ in
            Float(bitPattern: UInt32.random(in: 0...UInt32.max, using: &noise))
        }
        numbers += [0, -0.0, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 0.1, .pi]
        numbers += (-149...127).map { Float(sign: .plus, exponent: $0, significand: 1) }
        for number in numbers where number.isFinite {
            let back = try roundTrip(number)
            #expect(back.bitPattern == number.bitPattern, "\(number) is read back as \(back)")
        }
    }

    @Test func integersAreReadBackAsThemselves() throws {
        for number in [0, 1, 9, 10, 123_456_789, 1 << 31, 1 << 53, 1 << 53 + 1, .max] {
            var json = JSONWriter()
            json.integer(number)
            #expect(try JSONText(json.bytes).value.integer == number)
        }
        for text in ["9223372036854775808", "0.5", "-1", "1e16"] {
            #expect(try JSONText(text.utf8).value.integer == nil)
        }
    }

    /// More than the limit is told, and is not kept.
    @Test func limits() {
        var json = JSONWriter(limit: 10)
        json.string("12345678")
        #expect(!json.isTooLong && json.bytes.count == 10)
        json = JSONWriter(limit: 10)
        json.string(String(repeating: "1", count: 1_000_000))
        #expect(json.isTooLong && json.bytes.count < 100)
    }
}
