import Testing

@testable import Chainrule

@Suite struct JSONTextTests {
    private func read(_ text: String) throws -> JSONValue { try JSONText(text.utf8).value }

    /// The value in one notation, to compare with.
    private func describe(_ value: JSONValue) throws -> String {
        if value.isNull { return "null" }
        if let flag = value.boolean { return "\(flag)" }
        if let number = value.number { return "\(number)" }
        if let text = value.string { return "'\(text.content)'" }
        if let values = value.array { return try "[" + values.map { try describe($0) }.joined(separator: " ") + "]" }
        let object = try #require(try value.object())
        let members = (0..<object.count).map { object.member(at: $0) }
        return try "{" + members.map { try "\($0.name.content)=\(describe($0.value))" }.joined(separator: " ") + "}"
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
        expectError(.format, "occurs twice") { try open(JSONText(text.utf8).value) }
    }

    /// Reads all objects in a value, as whoever looks for a member does.
    private func open(_ value: JSONValue) throws(ChainruleError) {
        for value in value.array.map({ Array($0) }) ?? [] { try open(value) }
        guard let object = try value.object() else { return }
        for index in 0..<object.count { try open(object.member(at: index).value) }
    }

    /// Escapes and bytes that mean the same are the same; names that are not UTF-8 are not all the same.
    @Test func namesAreComparedByteByByte() throws {
        let text = try JSONText(
            Array(#"{"\u00e9":1,""#.utf8) + [0xe9, 0x22, 0x3a, 0x32, 0x2c, 0x22, 0xe8, 0x22, 0x3a, 0x33, 0x7d])
        let object = try #require(try text.value.object())
        #expect(object.count == 3 && object["é"]?.integer == 1 && object["\u{fffd}"]?.integer == nil)
        for index in 0..<3 { #expect(object.member(at: index).value.integer == index + 1) }
    }

    /// As many members as the largest checkpoint has, and no more than a reader has the time for.
    @Test func membersAreLimited() throws {
        func object(_ count: Int) -> String {
            "{" + (0..<count).map { "\"\($0)\":\($0)" }.joined(separator: ",") + "}"
        }
        #expect(JSONObject.mostMembers > 2 * Architecture.mostLayers + 10)
        let most = try #require(try read(object(JSONObject.mostMembers)).object())
        #expect(most["65535"]?.integer == 65_535)
        expectError(.format, "65536 members") {
            _ = try JSONText(object(JSONObject.mostMembers + 1).utf8).value.object()
        }
    }

    /// Numbers of 64 bits are not rounded, and none traps on its way to an Int.
    @Test func wholeNumbers() throws {
        for number in [0, 1, 1 << 53, 1 << 53 + 1, Int.max - 1, Int.max] {
            #expect(try read("\(number)").integer == number)
            #expect(try read("[\(number)]").array?.map { $0.integer } == [number])
        }
        for (text, number) in [("4.0", 4), ("1e2", 100), ("-0", 0), ("12e-1", nil), ("9223372036854775808", nil)]
            as [(String, Int?)]
            + [
                ("1e300", nil), ("9223372036854775807.0", nil), ("99999999999999999999999", nil), ("-1", nil),
                ("true", nil),
            ]
        {
            #expect(try read(text).integer == number, "\(text)")
        }
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

    @Test func bytesThatAreNoUTF8DoNotTrap() throws {
        for bytes in [[0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xff], [0x80]]
            as [[UInt8]]
        {
            // A string is repaired; elsewhere such a byte begins no value.
            if bytes[0] == 0x22 {
                let string = try #require(try JSONText(bytes).value.string)
                #expect(Array(string) == Array(bytes[1..<(bytes.count - 1)]) && string.content.contains("\u{fffd}"))
            } else {
                expectError(.format, "byte 0") { _ = try JSONText(bytes) }
            }
        }
    }

    /// Every prefix of a text is no value, and says so.
    @Test func everyTruncationIsAnError() {
        let text = Array(#"{"a":[1.5e-3,true,null,"\ud83d\ude00\n"],"b":{"c":"d"}}"#.utf8)
        for length in 0..<text.count { expectError(.format) { _ = try JSONText(text[..<length]) } }
    }

    @Test func membersByName() throws {
        let object = try #require(
            try read(#"{"text":"t","flag":true,"number":3,"half":0.5,"minus":-1,"list":[1],"big":1e17}"#).object())
        #expect(try object.string("text") == "t")
        #expect(try object.boolean("flag"))
        #expect(try object.integer("number") == 3)
        #expect(try Array(object.array("list")).count == 1)
        if case .some = object["nothing"] { Issue.record("a member that is not there") }
        for name in ["half", "minus", "text", "big", "nothing"] {
            expectError(.format, "'\(name)'", "whole number") { _ = try object.integer(name) }
        }
        expectError(.format, "'flag'", "a string") { _ = try object.string("flag") }
        expectError(.format, "'text'", "true or false") { _ = try object.boolean("text") }
        expectError(.format, "'nothing'", "an array") { _ = try object.array("nothing") }
    }
}
