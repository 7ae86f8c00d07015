import Testing

@testable import headergen

@Suite struct CppHeaderTests {
    static let template = "/* ---- ENUMERATIONS ---- */\n-- crl_read\n/* ---- OPTIONS ---- */\n"
    private static let number = CType(name: "int32_t")

    private static func reader(of structure: String) -> HeaderDeclaration {
        .function(
            Prototype(
                name: "crl_read", result: number,
                parameters: [.init(name: "x", type: CType(name: structure, isConst: true, pointers: [false]))]))
    }

    private static func fields(_ more: (String, CType)...) -> [HeaderDeclaration.Field] {
        [.init(name: "size", type: CType(name: "size_t"))] + more.map { .init(name: $0.0, type: $0.1) }
    }

    private static func text(_ declarations: [HeaderDeclaration], _ macros: (String, String)...) throws -> String {
        try CppHeader(
            template: template, declarations: declarations, macros: macros.map { .init(name: $0.0, body: $0.1) }
        ).text()
    }

    @Test(arguments: [("ERROR_NULL", "error_null"), ("DEFAULT", "default_")])
    func enumerator(_ shortName: String, _ expected: String) {
        #expect(CppHeader.enumerator(shortName) == expected)
    }

    @Test func plainStructure() throws {
        let structure = HeaderDeclaration.structure(
            "crl_window",
            Self.fields(
                ("name", CType(name: "char", isConst: true, pointers: [false])), ("kernel", CType(name: "crl_axes")),
                ("cell", CType(name: "crl_cell")), ("rate", CType(name: "float")), ("last", CType(name: "float")),
                ("limit", CType(name: "double"))))
        let cell: [HeaderDeclaration] = [
            .alias("crl_cell", Self.number),
            .enumerators([.init(name: "CRL_CELL_TANH", value: 0), .init(name: "CRL_CELL_GRU", value: 1)]),
        ]
        let text = try Self.text(
            cell + [structure, Self.reader(of: "crl_window")],
            ("CRL_WINDOW_INIT", "{ sizeof(crl_window), NULL, { 0, 1 }, CRL_CELL_GRU, 1e-5f, CRL_AUTO, 0.5 }"))
        #expect(
            text == """
                enum class cell : std::int32_t {
                    tanh = CRL_CELL_TANH,
                    gru = CRL_CELL_GRU,
                };
                -- crl_read
                struct window {
                    std::size_t size = sizeof(crl_window);
                    const char *name = nullptr;
                    crl_axes kernel = { 0, 1 };
                    chainrule::cell cell = chainrule::cell::gru;
                    float rate = 1e-5f;
                    float last = CRL_AUTO;
                    double limit = 0.5;
                };

                namespace detail {
                inline crl_window c(const window &from) noexcept { return same<crl_window>(from); }
                } // namespace detail

                """)
    }

    /// A result, and structures that hold addresses or functions, are the template's.
    @Test(arguments: [
        ("crl_other", CType(name: "float")), ("crl_window", CType(name: "float", isConst: true, pointers: [false])),
        ("crl_window", CType(name: "crl_callback")),
    ])
    func structureThatIsNotPlain(_ read: String, _ type: CType) throws {
        let declarations: [HeaderDeclaration] = [
            .callback("crl_callback", result: Self.number, parameters: []),
            .structure("crl_window", Self.fields(("x", type))), Self.reader(of: read),
        ]
        #expect(try Self.text(declarations, ("CRL_WINDOW_INIT", "{ sizeof(crl_window), NULL }")) == "\n-- crl_read\n\n")
    }

    @Test func initializerOfTooFewValues() {
        let declarations = [
            HeaderDeclaration.structure("crl_window", Self.fields(("x", Self.number))), Self.reader(of: "crl_window"),
        ]
        #expect(throws: GeneratorError.self) {
            try Self.text(declarations, ("CRL_WINDOW_INIT", "{ sizeof(crl_window) }"))
        }
    }

    @Test(arguments: ["", "/* ---- ENUMERATIONS ---- */", CppHeaderTests.template + CppHeaderTests.template])
    func templateWithoutItsLines(_ template: String) {
        let header = CppHeader(template: template, declarations: [], macros: [])
        #expect(reported { () throws(GeneratorError) in _ = try header.text() }.count == 1)
    }

    private static let handle = HeaderDeclaration.handle("crl_stream")

    /// A function of crl_stream.
    private static func function(_ name: String, _ parameters: (String, CType)...) -> HeaderDeclaration {
        let stream = Prototype.Parameter(name: "stream", type: CType(name: "crl_stream", pointers: [false]))
        return .function(
            Prototype(
                name: name, result: CType(name: "crl_status"),
                parameters: [stream] + parameters.map { .init(name: $0.0, type: $0.1) }))
    }

    @Test func methodsInThePlaceOfTheirLine() throws {
        let header = CppHeader(
            template: Self.template + "class stream {\n    /* ---- METHODS crl_stream ---- */\n}; // crl_stream_push\n",
            declarations: [
                Self.handle, Self.function("crl_stream_reset"), Self.function("crl_stream_push"),
                Self.function("crl_options_init"),
            ],
            macros: [.init(name: "CRL_OPTIONS_INIT", body: "{ 0 }")])
        #expect(
            try header.text().hasSuffix(
                """
                class stream {
                    returned<void> reset()
                    {
                        return detail::give(crl_stream_reset(get()));
                    }
                }; // crl_stream_push

                """))
    }

    @Test func functionThatNoClassHas() {
        let unknown = ("x", CType(name: "float", pointers: [false, false]))
        let header = CppHeader(
            template: Self.template + "/* ---- METHODS crl_stream ---- */",
            declarations: [Self.handle, Self.function("crl_stream_odd", unknown), Self.function("crl_other")],
            macros: [])
        #expect(
            reported { () throws(GeneratorError) in try header.text() } == [
                "template.hpp: nothing calls crl_stream_odd, and no method follows from its parameters",
                "template.hpp: nothing calls crl_other, and no method follows from its parameters",
            ])
    }
}
