import Foundation
import Testing

@testable import headergen

@Suite struct JavaClassTests {
    private static let declarations: [HeaderDeclaration] = [
        .alias("crl_status", CType(name: "int32_t")),
        .enumerators([.init(name: "CRL_OK", value: 0), .init(name: "CRL_ERROR", value: 1)]),
        .alias("crl_cell", CType(name: "int32_t")),
        .enumerators([
            .init(name: "CRL_CELL_TANH", value: 0), .init(name: "CRL_CELL_GRU", value: 2),
            .init(name: "CRL_CUSTOM_CELL", value: 100),
        ]),
        .handle("crl_network"),
        .structure(
            "crl_pair", [.init(name: "a", type: CType(name: "float")), .init(name: "b", type: CType(name: "float"))]),
        .structure(
            "crl_step",
            [.init(name: "size", type: CType(name: "size_t")), .init(name: "n", type: CType(name: "int32_t"))]),
        .callback(
            "crl_callback", result: CType(name: "int32_t"),
            parameters: [
                CType(name: "void", pointers: [false]), CType(name: "crl_step", isConst: true, pointers: [false]),
                CType(name: "float", pointers: [false]), CType(name: "size_t"),
            ]),
        .structure(
            "crl_options",
            [
                .init(name: "size", type: CType(name: "size_t")), .init(name: "name", type: text),
                .init(name: "cell", type: CType(name: "crl_cell")),
                .init(name: "reserved", type: CType(name: "int32_t")),
                .init(name: "network", type: CType(name: "crl_network", pointers: [false])),
                .init(name: "on_step", type: CType(name: "crl_callback")),
                .init(name: "user", type: CType(name: "void", pointers: [false])),
                .init(name: "values", type: CType(name: "float", isConst: true, pointers: [false])),
                .init(name: "values_count", type: CType(name: "size_t")),
                .init(name: "pair", type: CType(name: "crl_pair")),
                .init(name: "next", type: CType(name: "crl_pair", isConst: true, pointers: [false])),
            ]),
    ]
    private static let text = CType(name: "char", isConst: true, pointers: [false])

    private static func java(
        _ functions: [HeaderDeclaration] = [], _ documentation: [String: DocComment] = [:]
    ) throws(GeneratorError) -> String {
        let initial = "{ sizeof(crl_options), NULL, CRL_CELL_GRU, 0, NULL, NULL, NULL, NULL, 0, { 1, 2 }, NULL }"
        let contents = try HeaderContents(
            declarations: declarations + functions,
            macros: [
                .init(name: "CRL_AUTO", body: "(-3e38f)"), .init(name: "CRL_ALL", body: "SIZE_MAX"),
                .init(name: "CRL_NEXT", body: "(CRL_FIRST + 1)"), .init(name: "CRL_OPTIONS_INIT", body: initial),
            ], documentation: documentation)
        return try JavaClass(template: "{\n/* ---- CONTENTS ---- */\n}\n", contents: contents).text()
    }

    /// The methods for a function of C, whose parameters receive something if their names begin with r, and may be NULL if these
    /// begin with o.
    private static func methods(
        _ name: String, _ parameters: [String], result: CType = CType(name: "crl_status")
    ) throws -> [String] {
        let parameters = parameters.map {
            var tokens = CTokens($0)
            let type = tokens.takeType() ?? CType(name: "unreadable")
            return Prototype.Parameter(name: tokens.take() ?? "x", type: type)
        }
        let lines = parameters.map {
            "- Parameter \($0.name): \($0.name.hasPrefix("r") ? "receives it" : $0.name.hasPrefix("o") ? "NULL: none" : "is read")."
        }
        let function = HeaderDeclaration.function(Prototype(name: name, result: result, parameters: parameters))
        let text = try java([function], [name: try DocComment(["Does."] + lines)])
        let before = try java()
        return text.components(separatedBy: "\n\n").filter { !before.components(separatedBy: "\n\n").contains($0) }
    }

    /// The parameters of the first method, and the statements between its call's `try` and `catch`.
    private static func complete(_ parameters: [String]) throws -> (parameters: String, body: [String]) {
        let method = try #require(try methods("crl_f", parameters).first { $0.contains("class Native") })
        let list = try #require(method.firstMatch(of: /f\((.*)\) \{/)?.output.1)
        let lines = method.components(separatedBy: "\n").map { String($0.drop { $0 == " " }) }
        let start = try #require(lines.firstIndex { $0.hasPrefix("try (") })
        let end = try #require(lines.firstIndex { $0.hasPrefix("} catch") })
        return (String(list), Array(lines[(start + 1)..<end]))
    }

    private static func check(_ arguments: String) -> String {
        "call.check((int) Native.CALL.invokeExact(\(arguments)));"
    }

    @Test(arguments: [
        (["size_t n", "int32_t flag"], "long n, boolean flag", ["n, flag ? 1 : 0"]),
        (["crl_cell cell", "const char *a_name"], "Cell cell, String aName", ["cell.number, call.address(aName)"]),
        (["const crl_network *call"], "Network call_", ["call.address(call_)"]),
        (["const float *x", "float *y"], "MemorySegment x, MemorySegment y", ["call.read(x), call.written(y)"]),
        (["float *g", "size_t g_count"], "MemorySegment g", ["call.written(g), Call.count(FLOAT, g)"]),
        (
            ["const size_t *a", "const size_t *b", "size_t axes_count"], "long[] a, long[] b",
            ["call.address(a), call.address(b), Call.count(a, b)"]
        ),
        (
            ["const char *const *names", "size_t names_count"], "List<String> names",
            ["call.address(names), Call.count(names)"]
        ),
        (["const void *bytes", "size_t count"], "byte[] bytes", ["call.address(bytes), Call.count(bytes)"]),
        (["crl_callback c", "void *user"], "Callback c", ["Callback.stub(c), MemorySegment.NULL"]),
        (["crl_network **o"], "", ["MemorySegment.NULL"]),
        (["const crl_options *r"], "Options r", ["call.address(r)"]),
    ])
    func parameters(_ c: [String], _ java: String, _ arguments: [String]) throws {
        let (parameters, body) = try Self.complete(c)
        #expect(parameters == java)
        #expect(body == arguments.map(Self.check))
    }

    @Test(arguments: [
        (["size_t *r"], ["var r = call.cell();", check("r"), "return r.get(LONG, 0);"]),
        (["crl_cell *r"], ["var r = call.cell();", check("r"), "return Cell.of(r.get(INT, 0));"]),
        (["const char **r"], ["var r = call.cell();", check("r"), "return Chainrule.text(Call.pointer(r));"]),
        (["crl_options *r"], ["var r = new Options(call.arena);", check("call.address(r)"), "return r;"]),
        (
            ["crl_network **r"],
            ["var r = call.cell();", "return call.made((int) Native.CALL.invokeExact(r), r, Network::new);"]
        ),
        (
            ["size_t *r", "double *r_2"],
            [
                "var r = call.cell();", "var r2 = call.cell();", check("r, r2"),
                "return new F(r.get(LONG, 0), r2.get(DOUBLE, 0));",
            ]
        ),
        (
            ["void *bytes", "size_t capacity", "size_t *count"],
            [
                "var count = call.cell();", check("MemorySegment.NULL, 0L, count"),
                "var data = call.arena.allocate(ValueLayout.JAVA_BYTE, count.get(LONG, 0));",
                check("data, count.get(LONG, 0), count"), "return data.toArray(ValueLayout.JAVA_BYTE);",
            ]
        ),
    ])
    func results(_ c: [String], _ body: [String]) throws {
        #expect(try Self.complete(c).body == body)
    }

    @Test func methodOfAHandle() throws {
        let text = try Self.methods("crl_network_build", ["crl_network *network", "uint64_t seed"]).last
        let expected = """
                    public void build(long seed) {
                        class Native {
                            static final MethodHandle CALL = Chainrule.function("crl_network_build", INT, ADDRESS, LONG);
                        }
                        try (var call = new Call()) {
                            call.check((int) Native.CALL.invokeExact(call.address(this), seed));
                        } catch (Throwable problem) {
                            throw Chainrule.unchecked(problem);
                        }
                    }
                }
            """
        #expect(text == expected)
    }

    @Test func pointersLiveAsLongAsTheirHandle() throws {
        let text = try Self.methods("crl_network_r", ["const crl_network *network", "float **r", "size_t *r_count"])
            .joined()
        #expect(text.contains("public MemorySegment r() {"))
        #expect(text.contains("return view(Call.pointer(r), FLOAT.byteSize() * rCount.get(LONG, 0));"))
    }

    @Test func shorterMethods() throws {
        let methods = try Self.methods(
            "crl_f", ["const float *x", "float *o_y", "size_t o_rows", "const crl_options *o"])
        #expect(
            methods.suffix(5).map { $0.components(separatedBy: "\n")[0...1].map { $0.drop { $0 == " " } } } == [
                ["public static void f(MemorySegment x, MemorySegment oY, long oRows) {", "f(x, oY, oRows, null);"],
                ["public static void f(MemorySegment x) {", "f(x, (MemorySegment) null, 0, null);"],
                [
                    "public static void f(float[] x, float[] oY, long oRows, Options o) {",
                    "f(Chainrule.array(x), Chainrule.array(oY), oRows, o);",
                ],
                [
                    "public static void f(float[] x, float[] oY, long oRows) {",
                    "f(Chainrule.array(x), Chainrule.array(oY), oRows, null);",
                ],
                ["public static void f(float[] x) {", "f(Chainrule.array(x), (MemorySegment) null, 0, null);"],
            ])
    }

    @Test func whatMakesSenseWithoutAHandleIsStatic() throws {
        let methods = try Self.methods("crl_network_watch", ["crl_network *o"])
        #expect(methods.joined().contains("public static void watch(Network o) {"))
        #expect(methods.joined().contains("public static void watch() {"))
    }

    @Test func resultsWithoutAStatus() throws {
        #expect(
            try Self.methods("crl_f", [], result: Self.text).joined().contains(
                "return Chainrule.text((MemorySegment) Native.CALL.invokeExact());"))
        #expect(
            try Self.methods("crl_f", [], result: CType(name: "int32_t")).joined().contains(
                "return (int) Native.CALL.invokeExact();"))
        #expect(throws: GeneratorError.self) { try Self.methods("crl_f", [], result: CType(name: "double")) }
    }

    @Test(arguments: ["long x", "float **x", "crl_unknown *x"])
    func typeThatCannotBeExpressed(_ parameter: String) {
        #expect(throws: GeneratorError.self) { try Self.methods("crl_f", [parameter]) }
    }

    @Test func numbersAndEnumerations() throws {
        let text = try Self.java()
        #expect(text.contains("    public static final float AUTO = -3e38f;\n    public static final long ALL = -1;\n"))
        #expect(text.contains("    public static final int NEXT = FIRST + 1;\n"))
        #expect(text.contains("    public enum Cell {\n        TANH(0),\n        GRU(2),\n        CUSTOM(100);\n"))
    }

    @Test func callbacks() throws {
        let text = try Self.java()
        #expect(text.contains("        int call(Step step, MemorySegment b, long c) throws Exception;\n"))
        #expect(text.contains("return callback.call(new Step(step), Chainrule.pointee(b), c);\n"))
        #expect(
            text.contains("return Chainrule.stub(Callback.class, callback, INT, ADDRESS, ADDRESS, ADDRESS, LONG);\n"))
    }

    @Test(arguments: [
        "public static final long SIZE = 80;", "super(arena, SIZE, \"crl_options_init\");",
        "return Chainrule.text(segment().get(ADDRESS, 8));", "set(8, value);",
        "return Cell.of(segment().get(INT, 16));",
        "segment().set(INT, 16, value.number);", "public Options network(Network value) {",
        "segment().set(ADDRESS, 32, Callback.stub(value));", "public Options values(float... value) {",
        "segment().set(LONG, 56, value == null ? 0 : value.byteSize() / FLOAT.byteSize());",
        "return new Pair(segment().asSlice(64, Pair.SIZE));",
        "segment().asSlice(64, Pair.SIZE).copyFrom(value.segment());", "public Options next(Pair value) {",
    ])
    func membersOfAStructure(_ line: String) throws {
        let options = try #require(try Self.java().components(separatedBy: "public static final class Options").last)
        #expect(options.contains("        \(line)\n"))
        #expect(!options.contains("reserved") && !options.contains("user"))
    }

    @Test func structuresOfTheLibraryAloneAreOnlyRead() throws {
        let text = try Self.java()
        #expect(text.contains("public int n() {"))
        #expect(!text.contains("public Step n(int value) {") && !text.contains("public Step() {"))
        #expect(text.contains("super(arena, SIZE, null);"))
    }

    @Test func templateWithoutItsMarker() throws {
        let contents = try HeaderContents(declarations: [], macros: [])
        #expect(throws: GeneratorError.self) { try JavaClass(template: "", contents: contents).text() }
    }
}
