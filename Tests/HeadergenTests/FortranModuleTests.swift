import Testing

@testable import headergen

@Suite struct FortranModuleTests {
    private static let options = HeaderDeclaration.structure(
        "crl_options",
        [
            .init(name: "size", type: CType(name: "size_t")),
            .init(name: "network", type: CType(name: "crl_network", pointers: [false])),
            .init(name: "name", type: CType(name: "char", isConst: true, pointers: [false])),
            .init(name: "callback", type: CType(name: "crl_callback")),
            .init(name: "seed", type: CType(name: "uint64_t")), .init(name: "rate", type: CType(name: "float")),
            .init(name: "limit", type: CType(name: "double")), .init(name: "method", type: CType(name: "crl_status")),
            .init(name: "last", type: CType(name: "crl_pair")),
        ])
    private static let declarations: [HeaderDeclaration] = [
        .alias("crl_status", CType(name: "int32_t")), .enumerators([.init(name: "CRL_OK", value: 0)]),
        .handle("crl_network"), .callback("crl_callback", result: CType(name: "void"), parameters: []),
        .structure(
            "crl_pair", [.init(name: "a", type: CType(name: "int32_t")), .init(name: "b", type: CType(name: "float"))]),
        options,
    ]

    private static func text(
        _ more: [HeaderDeclaration] = [], _ macros: [(String, String)] = [], _ documentation: [String: DocComment] = [:]
    ) throws(GeneratorError) -> String {
        let contents = try HeaderContents(
            declarations: declarations + more, macros: macros.map { .init(name: $0.0, body: $0.1) },
            documentation: documentation)
        return try FortranModule(contents).text()
    }

    private static func function(_ parameters: String..., others: [String] = []) -> HeaderDeclaration {
        let parameters = (parameters + others).enumerated().map { (index, text) in
            var tokens = CTokens(text)
            let type = tokens.takeType() ?? CType(name: "unreadable")
            return Prototype.Parameter(name: tokens.take() ?? "x\(index)", type: type)
        }
        return .function(Prototype(name: "crl_f", result: CType(name: "crl_status"), parameters: parameters))
    }

    @Test(arguments: [
        ("float x", "real(c_float), value :: x"), ("uint64_t x", "integer(c_int64_t), value :: x"),
        ("const float *x", "real(c_float), intent(in) :: x(*)"), ("float *x", "real(c_float), intent(out) :: x"),
        ("size_t *x", "integer(c_size_t), intent(out) :: x"), ("void *x", "type(c_ptr), value :: x"),
        ("const char *x", "character(kind=c_char), intent(in) :: x(*)"),
        ("const char **x", "type(c_ptr), intent(out) :: x"),
        ("const char *const *x", "type(c_ptr), intent(in) :: x(*)"), ("float **x", "type(c_ptr), intent(out) :: x"),
        ("const crl_network *x", "type(crl_network), value :: x"),
        ("crl_network **x", "type(crl_network), intent(out) :: x"),
        ("const crl_options *x", "type(crl_options), intent(in) :: x"),
        ("crl_options *x", "type(crl_options), intent(inout) :: x"), ("crl_callback x", "type(c_funptr), value :: x"),
        ("crl_status *x", "integer(c_int32_t), intent(out) :: x"),
    ])
    func parameters(_ c: String, _ expected: String) throws {
        let documentation = ["crl_f": try DocComment(["Does.", "- Parameter x: receives it."])]
        #expect(
            try Self.text([Self.function(c)], [], documentation).contains(
                """
                    function crl_f(x) bind(C)
                      import
                      \(expected)
                      integer(c_int32_t) :: crl_f
                    end function crl_f
                """))
    }

    @Test(arguments: [["float *x", "const float *y"], ["float *x", "size_t x_count"], ["float *x", "size_t x_rows"]])
    func arrayThatIsWritten(_ parameters: [String]) throws {
        let text = try Self.text([Self.function(others: parameters)])
        #expect(text.contains("      real(c_float), intent(inout) :: x(*)\n"))
    }

    @Test func numberThatIsReadAndWritten() throws {
        let documentation = ["crl_f": try DocComment(["Does.", "- Parameter x: holds one; receives the next."])]
        let text = try Self.text([Self.function("float *x")], [], documentation)
        #expect(text.contains("      real(c_float), intent(inout) :: x\n"))
    }

    @Test(arguments: ["const float *x", "const char *x", "const crl_options *x", "size_t *x", "crl_network **x"])
    func pointerThatMayBeNull(_ parameter: String) throws {
        let documentation = ["crl_f": try DocComment(["Does.", "- Parameter x: NULL: none."])]
        #expect(
            try Self.text([Self.function(parameter)], [], documentation).contains("      type(c_ptr), value :: x\n"))
    }

    @Test func structureWithItsInitialValue() throws {
        let initial = "{ sizeof(crl_options), NULL, NULL, NULL, 7, 1e-5f, CRL_AUTO, CRL_OK, { -1, 2 } }"
        let text = try Self.text([], [("CRL_AUTO", "(-3e38f)"), ("CRL_OPTIONS_INIT", initial)])
        #expect(text.contains("  real(c_float), parameter :: CRL_AUTO = -3e38_c_float\n"))
        #expect(
            text.contains(
                """
                  type, bind(C) :: crl_options
                    integer(c_size_t) :: size = merge(72, 48, is_64_bit)
                    type(crl_network) :: network
                    type(c_ptr) :: name = c_null_ptr
                    type(c_funptr) :: callback = c_null_funptr
                    integer(c_int64_t) :: seed = 7_c_int64_t
                    real(c_float) :: rate = 1e-5_c_float
                    real(c_double) :: limit = real(CRL_AUTO, c_double)
                    integer(c_int32_t) :: method = CRL_OK
                    type(crl_pair) :: last = crl_pair(-1_c_int32_t, 2.0_c_float)
                  end type crl_options
                """))
    }

    @Test func structureWithoutAnInitialValue() throws {
        #expect(try Self.text().contains("    integer(c_int32_t) :: a\n    real(c_float) :: b\n  end type crl_pair\n"))
    }

    /// Fortran does not tell CRL_F from crl_f().
    @Test func macroWithTheNameOfAFunction() throws {
        let text = try Self.text([Self.function()], [("CRL_F", "1"), ("CRL_G", "2")])
        #expect(!text.contains("parameter :: CRL_F ="))
        #expect(text.contains("parameter :: CRL_G = 2\n"))
    }

    @Test func namesThatDifferInCaseAlone() {
        let other = HeaderDeclaration.enumerators([.init(name: "CRL_OPTIONS", value: 1)])
        #expect(
            reported { () throws(GeneratorError) in try Self.text([other, Self.function("float c", "float C")]) } == [
                "CRL_OPTIONS: is twice in Fortran", "crl_f: two parameters have one name in Fortran",
            ])
    }

    @Test(arguments: ["long x", "crl_unknown *x", "void x"])
    func typeThatCannotBeExpressed(_ parameter: String) {
        #expect(reported { () throws(GeneratorError) in try Self.text([Self.function(parameter)]) }.count == 1)
    }

    @Test func longListsOfParametersAreBroken() throws {
        let text = try Self.text([Self.function(others: (0..<40).map { "float parameter_\($0)" })])
        #expect(text.components("\n").allSatisfy { $0.count <= maximumColumns })
        #expect(text.contains(", &\n        parameter_"))
    }
}
