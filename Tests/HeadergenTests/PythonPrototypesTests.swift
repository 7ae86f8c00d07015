import Foundation
import Testing

@testable import headergen

@Suite struct PythonPrototypesTests {
    private func python(_ declarations: [HeaderDeclaration], _ macros: [String: String] = [:]) throws(GeneratorError)
        -> String
    {
        let macros = macros.map { TypesHeader.Macro(name: $0, body: $1) }
        return try PythonPrototypes(HeaderContents(declarations: declarations, macros: macros)).text()
    }

    private func problems(_ declarations: [HeaderDeclaration], _ macros: [String: String] = [:]) -> [String] {
        reported { () throws(GeneratorError) in try python(declarations, macros) }
    }

    private func function(_ parameters: String...) -> HeaderDeclaration {
        let parameters = parameters.map {
            var tokens = CTokens($0)
            return Prototype.Parameter(name: "x", type: tokens.takeType() ?? CType(name: "unreadable"))
        }
        return .function(Prototype(name: "crl_f", result: CType(name: "void"), parameters: parameters))
    }

    private let options = HeaderDeclaration.structure(
        "crl_options",
        [
            HeaderDeclaration.Field(name: "size", type: CType(name: "size_t")),
            HeaderDeclaration.Field(name: "name", type: CType(name: "char", isConst: true, pointers: [false])),
            HeaderDeclaration.Field(name: "rate", type: CType(name: "float")),
        ])

    @Test(arguments: [
        ("float", "ctypes.c_float"), ("size_t", "ctypes.c_size_t"), ("const float *", "ctypes.c_void_p"),
        ("float *", "ctypes.c_void_p"), ("const int32_t *", "ctypes.c_void_p"), ("void *", "ctypes.c_void_p"),
        ("size_t *", "ctypes.POINTER(ctypes.c_size_t)"), ("double *", "ctypes.POINTER(ctypes.c_double)"),
        ("const char *", "ctypes.c_char_p"), ("const char **", "ctypes.POINTER(ctypes.c_char_p)"),
        ("const char *const *", "ctypes.POINTER(ctypes.c_char_p)"), ("float **", "ctypes.POINTER(ctypes.c_void_p)"),
        ("const crl_network *", "crl_network"), ("crl_network **", "ctypes.POINTER(crl_network)"),
        ("const crl_options *", "ctypes.POINTER(crl_options)"), ("crl_status", "crl_status"),
    ])
    func types(_ c: String, _ expected: String) throws {
        let declarations: [HeaderDeclaration] = [
            .handle("crl_network"), .alias("crl_status", CType(name: "int32_t")), options, function(c),
        ]
        #expect(try python(declarations).contains("    \"crl_f\": (None, [\(expected)]),\n"))
    }

    @Test(arguments: ["crl_unknown", "crl_unknown *", "crl_network", "void", "long *"])
    func typesThatCannotBeExpressed(_ c: String) {
        #expect(problems([.handle("crl_network"), function(c)]).count == 1)
    }

    @Test func integerMacros() throws {
        #expect(
            try python([], ["CRL_VERSION": "(100 * CRL_MAJOR + 2)"]).contains("\nCRL_VERSION = 100 * CRL_MAJOR + 2\n"))
    }

    @Test(arguments: [
        ("CRL_TWICE(x)", "(2 * (x))"), ("CRL_TEXT", "\"text\""), ("CRL_API", "__attribute__((visibility))"),
        ("CRL_EMPTY", ""), ("CRL_OPTIONS", "{ 0 }"), ("CRL_HEX", "0x10"), ("CRL_OTHER_INIT", "{ 0 }"),
    ])
    func macrosThatCannotBeExpressed(_ name: String, _ body: String) throws {
        #expect(try #require(problems([options], [name: body]).first).hasPrefix("\(name): "))
    }

    @Test func initializer() throws {
        let text = try python([options], ["CRL_OPTIONS_INIT": "{ sizeof(crl_options), NULL, -1e-8f }"])
        #expect(text.contains("        return cls(size=ctypes.sizeof(crl_options), rate=-1e-8)\n"))
    }

    /// Of a size_t with however many bits.
    @Test func initializerWithTheLargestCount() throws {
        let text = try python([options], ["CRL_OPTIONS_INIT": "{ SIZE_MAX, NULL, 0 }"])
        #expect(text.contains("        return cls(size=-1, rate=0)\n"))
    }

    @Test func initializerOfAStructureInAStructure() throws {
        let outer = HeaderDeclaration.structure(
            "crl_outer", [HeaderDeclaration.Field(name: "inner", type: CType(name: "crl_options"))])
        let text = try python([options, outer], ["CRL_OUTER_INIT": "{ { 1, NULL, CRL_RATE } }"])
        #expect(text.contains("        return cls(inner=crl_options(size=1, rate=CRL_RATE))\n"))
    }

    @Test(arguments: [
        "{ 1, NULL }", "{ 1, NULL, 2, 3 }", "{ 1, NULL, { 2 } }", "{ 1, NULL, 2 ", "{ 1, NULL, 2 } }",
        "{ 1, NULL, f(2) }",
        "{ 1, NULL, -NULL }", "{ 1, NULL, sizeof x }", "{ 1, NULL, other }", "{ 1, NULL, 0x2 }", "{ 1, NULL, }", "{ }",
    ])
    func initializerThatDoesNotFit(_ body: String) throws {
        let problem = try #require(problems([options], ["CRL_OPTIONS_INIT": body]).first)
        #expect(problem.hasPrefix("CRL_OPTIONS_INIT: "))
    }

    @Test func longListsAreBroken() throws {
        let text = try python([function("float *", "float *", "float *", "float *", "float *", "float *")])
        #expect(text.components("\n").allSatisfy { $0.count <= PythonCode.maximumColumns })
        #expect(text.contains("    \"crl_f\": (\n        None,\n        [\n            ctypes.c_void_p,\n"))
    }

    @Test func enumerations() throws {
        let kind = HeaderDeclaration.alias("crl_layer_kind", CType(name: "int32_t"))
        let layer = HeaderDeclaration.structure(
            "crl_layer", [HeaderDeclaration.Field(name: "kind", type: CType(name: "crl_layer_kind"))])
        let text = try python(
            [
                kind, .enumerators([.init(name: "CRL_LAYER_DENSE", value: 0), .init(name: "CRL_LAYER_SUM", value: 4)]),
                layer,
            ],
            ["CRL_LAYER_INIT": "{ CRL_LAYER_SUM }"])
        #expect(
            text.contains(
                """
                class LayerKind(enum.IntEnum):
                    \"""The values of `crl_layer_kind`; DENSE is CRL_LAYER_DENSE in C.\"""

                    DENSE = 0
                    SUM = 4

                """))
        #expect(text.contains("        return cls(kind=LayerKind.SUM)\n"))
    }

    @Test(arguments: ["float[3]", "struct crl_x *", "int32_t (*)(void)", ""])
    func fieldTypeThatCannotBeExpressed(_ type: String) {
        let tree = """
            {"inner": [{"kind": "RecordDecl", "name": "crl_x", "completeDefinition": true, "inner": [
                {"kind": "FieldDecl", "name": "values", "type": {"qualType": "\(type)"}}]}]}
            """
        #expect(
            reported { () throws(GeneratorError) in try HeaderDeclaration.all(inSyntaxTree: Data(tree.utf8)) }
                == ["crl_x: cannot express the type '\(type)' in other languages"])
    }

    @Test func syntaxTreeThatIsNone() {
        #expect(
            reported { () throws(GeneratorError) in try HeaderDeclaration.all(inSyntaxTree: Data("{".utf8)) }.count == 1
        )
    }
}
