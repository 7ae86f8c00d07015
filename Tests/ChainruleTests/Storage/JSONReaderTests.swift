import Testing

@testable import Chainrule

@Suite struct JSONReaderTests {
    private func read(_ text: String) throws -> JSONValue { try JSONReader.read(Array(text.utf8)[...]) }

    /// The value in one notation, to compare with.
    private func describe(_ value: JSONValue) -> String {
        switch value {
        case .null: return "null"
        case .boolean(let flag): return "\(flag)"
        case .number(let number): return "\(number)"
        case .string(let text): return "'\(text)'"
        case .array(let values): return "[" + values.map { describe($0) }.joined(separator: " ") + "]"
        case .object(let object):
            return "{" + object.members.map { "\($0.name)=\(describe($0.value))" }.joined(separator: " ") + "}"
        }
    }

    @Test(arguments: [
        ("null", "null"), ("true", "true"), (" \t\r\n false \n", "false"),
        ("0", "0.0"), ("-0", "-0.0"), ("-0.0", "-0.0"), ("7", "7.0"), ("-12.5", "-12.5"), ("1e2", "100.0"),
        ("1E+2", "100.0"), ("125e-3", "0.125"), ("0.1", "0.1"), ("123456789012345", "123456789012345.0"),
        ("9007199254740992", "9007199254740992.0"), ("1e22", "1e+22"), ("1e-400", "0.0"), ("0e400", "0.0"),
        ("0.0e-999999999999", "0.0"), ("1e-999999999999", "0.0"),
        (#""""#, "''"), (#""a b""#, "'a b'"), (#""\"\\\/""#, #"'"\/'"#), (#""\b\f\n\r\t""#, "'\u{8}\u{c}\n\r\t'"),
        (#""\u0041\u00e9\u20AC""#, "'Aé€'"), (#""\ud83d\ude00""#, "'😀'"), ("\"é😀\"", "'é😀'"), (#""\u0000""#, "'\u{0}'"),
        ("[]", "[]"), ("[ ]", "[]"), ("[1,[2,\"x\"],{}]", "[1.0 [2.0 'x'] {}]"), (" [ 1 , 2 ] ", "[1.0 2.0]"),
        ("{}", "{}"), (#"{"a":{"b":[null]},"c":true}"#, "{a={b=[null]} c=true}"),
        (#" { "a" : 1 , "b" : 2 } "#, "{a=1.0 b=2.0}"),
        (#"{"":1," ":2}"#, "{=1.0  =2.0}"),
    ])
    func accepts(text: String, expected: String) throws {
        #expect(try describe(read(text)) == expected)
    }

    @Test(arguments: [
        ("", 0), ("  ", 2), ("nul", 3), ("True", 0), ("truee", 4), ("nan", 1), ("NaN", 0), ("Infinity", 0),
        ("-Infinity", 1), ("undefined", 0), ("'a'", 0), ("// c", 0), ("1 2", 2), ("[]]", 2), ("{} {}", 3),
        ("\u{feff}1", 0),
        ("01", 1), ("-01", 2), ("00", 1), ("+1", 0), ("-", 1), ("--1", 1), (".5", 0), ("1.", 2), ("1.e2", 2), ("1e", 2),
        ("1e+", 3), ("1ee2", 2), ("0x10", 1), ("1_000", 1), ("1,5", 1), ("1e400", 5), ("1e999999999999999999999", 23),
        ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[", 1), ("[1", 2), ("[1,", 3), ("[}", 1),
        ("{", 1), (#"{"a"}"#, 4), (#"{"a":}"#, 5), (#"{"a":1"#, 6), (#"{"a":1,}"#, 7), ("{a:1}", 1), ("{1:2}", 1),
        (#"{,}"#, 1),
        (#"{"a" 1}"#, 5), (#"{"a":1 "b":2}"#, 7),
        ("\"", 1), (#""a"#, 2), (#""\"#, 2), (#""\x""#, 3), (#""\u""#, 3), (#""\u12g4""#, 5), (#""\u12"#, 5),
        (#""\u12""#, 5),
        (#""\ud800""#, 7), (#""\ud800x""#, 7), (#""\ud800\n""#, 8), (#""\ud800\u0041""#, 13), (#""\udc00""#, 7),
        (#""\ud800\ud800""#, 13), ("\"\t\"", 2), ("\"a\nb\"", 3), ("\"\u{0}\"", 2),
    ])
    func rejects(text: String, position: Int) {
        expectError(.format, "at byte \(position):") { _ = try read(text) }
    }

    @Test(arguments: [#"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"b":1,"a":{"x":1,"y":2,"x":3}}"#, #"{"":1,"":1}"#])
    func rejectsNamesThatOccurTwice(text: String) {
        expectError(.format, "occurs twice") { _ = try read(text) }
    }

    /// 32 levels are read, 33 are not, whatever they are made of; and nothing deeper uses up the stack.
    @Test func depthIsLimited() throws {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + String(repeating: close, count: depth)
        }
        #expect(try describe(read(nested(32, "[", "]"))).count == 64)
        for depth in [33, 1000, 1_000_000] {
            expectError(.format, "deeper than 32", "byte 32") { _ = try read(nested(depth, "[", "]")) }
            expectError(.format, "deeper than 32") { _ = try read(String(repeating: #"{"a":["#, count: depth)) }
        }
    }

    @Test func bytesThatAreNoUTF8DoNotTrap() {
        for bytes in [[0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xff], [0x80]]
            as [[UInt8]]
        {
            // A string is repaired; elsewhere such a byte begins no value.
            if bytes[0] == 0x22 {
                guard case .string? = try? JSONReader.read(bytes[...]) else {
                    Issue.record("\(bytes) is no string")
                    continue
                }
            } else {
                expectError(.format, "byte 0") { _ = try JSONReader.read(bytes[...]) }
            }
        }
    }

    /// Every prefix of a text is no value, and says so.
    @Test func everyTruncationIsAnError() {
        let text = Array(#"{"a":[1.5e-3,true,null,"\ud83d\ude00\n"],"b":{"c":"d"}}"#.utf8)
        for length in 0..<text.count { expectError(.format) { _ = try JSONReader.read(text[..<length]) } }
    }

    @Test func membersByName() throws {
        guard
            case .object(let object) = try read(
                #"{"text":"t","flag":true,"number":3,"half":0.5,"minus":-1,"list":[1],"big":1e17}"#)
        else { throw UnknownName(name: "object") }
        #expect(try object.string("text") == "t")
        #expect(try object.boolean("flag"))
        #expect(try object.integer("number") == 3)
        #expect(try object.array("list").count == 1)
        if case .some = object["nothing"] { Issue.record("a member that is not there") }
        for name in ["half", "minus", "text", "big", "nothing"] {
            expectError(.format, "'\(name)'", "whole number") { _ = try object.integer(name) }
        }
        expectError(.format, "'flag'", "a string") { _ = try object.string("flag") }
        expectError(.format, "'text'", "true or false") { _ = try object.boolean("text") }
        expectError(.format, "'nothing'", "an array") { _ = try object.array("nothing") }
    }
}
