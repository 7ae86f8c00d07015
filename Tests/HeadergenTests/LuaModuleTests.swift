import Testing

@testable import headergen

@Suite struct LuaModuleTests {
    private static let declarations: [HeaderDeclaration] = [
        .alias("crl_status", CType(name: "int32_t")), .handle("crl_network"), .handle("crl_stream"),
        .structure("crl_layer", [.init(name: "size", type: CType(name: "size_t"))]),
    ]

    /// The function of Lua for one of C, whose parameters receive something if their names begin with r.
    private static func text(
        _ name: String, _ parameters: [String], result: CType = CType(name: "crl_status")
    ) throws -> String {
        let parameters = parameters.map {
            var tokens = CTokens($0)
            let type = tokens.takeType() ?? CType(name: "unreadable")
            return Prototype.Parameter(name: tokens.take() ?? "x", type: type)
        }
        let lines = parameters.map { "- Parameter \($0.name): \($0.name.hasPrefix("r") ? "receives it" : "is read")." }
        let contents = try HeaderContents(
            declarations: declarations + [.function(Prototype(name: name, result: result, parameters: parameters))],
            macros: [.init(name: "CRL_LAYER_INIT", body: "{ sizeof(crl_layer) }")],
            documentation: [name: try DocComment(["Does."] + lines)])
        let text = try LuaModule(contents, header: "").text()
        let start = try #require(text.firstRange(of: "chainrule.stream = {}\n\n"))
        let end = try #require(text.firstRange(of: "\n\nffi.metatype("))
        return String(text[start.upperBound..<end.lowerBound])
    }

    @Test(arguments: [
        (["size_t n"], "n", "    check(library.crl_f(n))"),
        (
            ["size_t *r"], "",
            "    local r = ffi.new(\"size_t[1]\")\n    check(library.crl_f(r))\n    return tonumber(r[0])"
        ),
        (["double *held"], "held", "    check(library.crl_f(held))"),
        (
            ["const float *x", "float *r"], "x, r", "    check(library.crl_f(x, r))"
        ),
        (
            ["crl_network **r"], "",
            "    local r = ffi.new(\"crl_network *[1]\")\n    check(library.crl_f(r))\n"
                + "    return ffi.gc(r[0], library.crl_network_destroy)"
        ),
        (
            ["const char **r"], "",
            "    local r = ffi.new(\"const char *[1]\")\n    check(library.crl_f(r))\n    return to_text(r[0])"
        ),
        (
            ["float **r", "size_t *r_count"], "",
            "    local r = ffi.new(\"float *[1]\")\n    local r_count = ffi.new(\"size_t[1]\")\n"
                + "    check(library.crl_f(r, r_count))\n    return r[0], tonumber(r_count[0])"
        ),
        (
            ["crl_layer *r"], "",
            "    local r = chainrule.layer()\n    check(library.crl_f(r))\n    return r"
        ),
        (["const crl_layer *r"], "r", "    check(library.crl_f(r))"),
        (
            ["const char *const *names", "size_t names_count", "size_t end"], "names, end_",
            "    local names, names_count = to_list(\"const char *[?]\", names)\n"
                + "    check(library.crl_f(names, names_count, end_))"
        ),
        (
            ["const size_t *a", "const size_t *b", "size_t axes_count"], "a, b",
            "    local a = to_list(\"size_t[?]\", a)\n    local b, axes_count = to_list(\"size_t[?]\", b)\n"
                + "    check(library.crl_f(a, b, axes_count))"
        ),
    ])
    func functions(_ c: [String], _ parameters: String, _ body: String) throws {
        #expect(try Self.text("crl_f", c) == "function chainrule.f(\(parameters))\n\(body)\nend")
    }

    @Test func methods() throws {
        #expect(
            try Self.text("crl_network_build", ["crl_network *network"])
                == "function chainrule.network.build(network)\n    check(library.crl_network_build(network))\nend")
    }

    @Test func destruction() throws {
        #expect(
            try Self.text("crl_network_destroy", ["crl_network *network"], result: CType(name: "void")) == """
                function chainrule.network.destroy(network)
                    if network then ffi.gc(network, nil) end
                    library.crl_network_destroy(network)
                end
                """)
    }

    @Test func resultsWithoutAStatus() throws {
        let text = CType(name: "char", isConst: true, pointers: [false])
        #expect(try Self.text("crl_f", [], result: text).contains("    return to_text(library.crl_f())\n"))
        #expect(try Self.text("crl_f", [], result: CType(name: "int32_t")).contains("    return library.crl_f()\n"))
        #expect(throws: GeneratorError.self) { try Self.text("crl_f", [], result: CType(name: "double")) }
    }

    @Test func initializersAreThoseOfStructures() throws {
        #expect(try Self.text("crl_layer_init", ["crl_layer *layer", "size_t size"]).isEmpty)
    }
}
