import Testing

@testable import headergen

@Suite struct RustCrateTests {
    private static let declarations: [HeaderDeclaration] = [
        .alias("crl_status", CType(name: "int32_t")), .enumerators([.init(name: "CRL_OK", value: 0)]),
        .handle("crl_network"),
        .callback(
            "crl_callback", result: CType(name: "int32_t"), parameters: [CType(name: "void", pointers: [false])]),
        .structure(
            "crl_pair", [.init(name: "a", type: CType(name: "int32_t")), .init(name: "b", type: CType(name: "float"))]),
        .structure(
            "crl_options",
            [
                .init(name: "size", type: CType(name: "size_t")),
                .init(name: "network", type: CType(name: "crl_network", pointers: [false])),
                .init(name: "type", type: CType(name: "char", isConst: true, pointers: [false])),
                .init(name: "callback", type: CType(name: "crl_callback")),
                .init(name: "count", type: CType(name: "size_t")), .init(name: "limit", type: CType(name: "double")),
                .init(name: "last", type: CType(name: "crl_pair")),
            ]),
    ]

    private static func text(
        _ more: [HeaderDeclaration] = [], _ macros: [(String, String)] = []
    ) throws(GeneratorError) -> String {
        let contents = try HeaderContents(
            declarations: declarations + more, macros: macros.map { .init(name: $0.0, body: $0.1) })
        return try RustCrate(contents).text()
    }

    private static func function(_ parameter: String) -> HeaderDeclaration {
        var tokens = CTokens(parameter)
        let type = tokens.takeType() ?? CType(name: "unreadable")
        let parameter = Prototype.Parameter(name: tokens.take() ?? "x", type: type)
        return .function(Prototype(name: "crl_f", result: CType(name: "crl_status"), parameters: [parameter]))
    }

    @Test(arguments: [
        ("float x", "x: f32"), ("uint64_t x", "x: u64"), ("size_t in", "r#in: usize"),
        ("const float *x", "x: *const f32"), ("float *x", "x: *mut f32"), ("const void *x", "x: *const c_void"),
        ("const char **x", "x: *mut *const c_char"), ("const char *const *x", "x: *const *const c_char"),
        ("float **x", "x: *mut *mut f32"), ("crl_network **x", "x: *mut *mut crl_network"),
        ("crl_callback x", "x: crl_callback"), ("crl_status *x", "x: *mut crl_status"),
    ])
    func parameters(_ c: String, _ expected: String) throws {
        #expect(
            try Self.text([Self.function(c)]).contains(
                "    #[must_use]\n    pub fn crl_f(\(expected)) -> crl_status;\n"))
    }

    @Test(arguments: ["long x", "crl_unknown *x", "void x"])
    func typeThatCannotBeExpressed(_ parameter: String) {
        #expect(reported { () throws(GeneratorError) in try Self.text([Self.function(parameter)]) }.count == 1)
    }

    @Test func structureWithItsInitialValue() throws {
        let initial = "{ sizeof(crl_options), NULL, NULL, NULL, SIZE_MAX, CRL_AUTO, { -1, 2 } }"
        let text = try Self.text([], [("CRL_AUTO", "(-3e38f)"), ("CRL_OPTIONS_INIT", initial)])
        #expect(text.contains("pub const CRL_AUTO: f32 = -3e38;\n"))
        #expect(text.contains("        same(crl_options_init, 56);\n"))
        #expect(
            text.contains(
                """
                #[repr(C)]
                #[derive(Clone, Copy, Debug)]
                pub struct crl_options {
                    pub size: usize,
                    pub network: *mut crl_network,
                    pub r#type: *const c_char,
                    pub callback: crl_callback,
                    pub count: usize,
                    pub limit: f64,
                    pub last: crl_pair,
                }

                impl Default for crl_options {
                    fn default() -> Self {
                        Self {
                            size: size_of::<crl_options>(),
                            network: null_mut(),
                            r#type: null(),
                            callback: None,
                            count: usize::MAX,
                            limit: CRL_AUTO as f64,
                            last: crl_pair { a: -1, b: 2.0 },
                        }
                    }
                }
                """))
    }

    @Test func enumeratorsAndCallbacks() throws {
        let text = try Self.text()
        #expect(text.contains("pub type crl_status = i32;\n\npub const CRL_OK: crl_status = 0;\n"))
        #expect(text.contains("pub type crl_callback = Option<unsafe extern \"C\" fn(*mut c_void) -> i32>;\n"))
    }
}
