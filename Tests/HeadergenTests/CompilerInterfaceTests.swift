import Testing

@testable import headergen

@Suite struct CompilerInterfaceTests {
    private func prototype(_ declaration: String) throws -> String {
        let interface = try CompilerInterface(
            declaration, typeNames: ["crl_status", "crl_network", "crl_cost_function"])
        let prototype = try #require(interface.prototypes.values.first)
        return PublicHeader.declaration(prototype)
    }

    private func firstProblem(_ declaration: String) -> String? {
        let problems = reported { () throws(GeneratorError) in
            try CompilerInterface(declaration, typeNames: ["crl_network"])
        }
        return problems.first
    }

    @Test func countsAndHandles() throws {
        #expect(
            try prototype(
                "SWIFT_EXTERN crl_status crl_f(NSUInteger n, crl_network * _Nullable * _Nullable net) SWIFT_NOEXCEPT;")
                == "crl_status crl_f(size_t n, crl_network **net);")
    }

    @Test func constStandsWest() throws {
        #expect(
            try prototype(
                "SWIFT_EXTERN char const * _Nonnull crl_f(char const * _Nullable const * _Nullable names) "
                    + "SWIFT_NOEXCEPT SWIFT_WARN_UNUSED_RESULT;")
                == "const char *crl_f(const char *const *names);")
        #expect(
            try prototype("SWIFT_EXTERN void crl_f(float const * _Nullable * _Nullable x) SWIFT_NOEXCEPT;")
                == "void crl_f(const float **x);")
        #expect(
            try prototype("SWIFT_EXTERN void crl_f(NSUInteger const * _Null_unspecified n) SWIFT_NOEXCEPT;")
                == "void crl_f(const size_t *n);")
        #expect(
            try prototype("SWIFT_EXTERN void crl_f(void const * _Nullable x, void * _Nullable y) SWIFT_NOEXCEPT;")
                == "void crl_f(const void *x, void *y);")
    }

    @Test func callbacksByName() throws {
        #expect(
            try prototype("SWIFT_EXTERN void crl_f(crl_cost_function _Nullable cost, float rate) SWIFT_NOEXCEPT;")
                == "void crl_f(crl_cost_function cost, float rate);")
    }

    @Test func noParameters() throws {
        #expect(try prototype("SWIFT_EXTERN int32_t crl_f(void) SWIFT_NOEXCEPT;") == "int32_t crl_f(void);")
    }

    @Test func everythingElseIsPassedOver() throws {
        let text = """
            # define SWIFT_EXTERN extern
            #if defined(__OBJC__)
            /// SWIFT_EXTERN void crl_comment(void);
            SWIFT_EXTERN void crl_a(void) SWIFT_NOEXCEPT;

            SWIFT_EXTERN void crl_b(void) SWIFT_NOEXCEPT;
            #endif // defined(__OBJC__)
            """
        #expect(try CompilerInterface(text, typeNames: []).prototypes.keys.sorted() == ["crl_a", "crl_b"])
    }

    @Test(arguments: [
        "NSInteger n", "BOOL n", "void * _Nullable * _Nullable n", "crl_unknown * _Nullable n", "ptrdiff_t n",
    ])
    func unknownParameterType(_ parameter: String) throws {
        let problem = try #require(firstProblem("SWIFT_EXTERN void crl_f(float a, \(parameter)) SWIFT_NOEXCEPT;"))
        #expect(problem.hasPrefix("crl_f: parameter 'n': the type '\(parameter.prefix { $0 != " " })"))
    }

    @Test(arguments: ["NSInteger", "BOOL", "void * _Nullable", "crl_status"])
    func unknownResultType(_ result: String) throws {
        let problem = try #require(firstProblem("SWIFT_EXTERN \(result) crl_f(void) SWIFT_NOEXCEPT;"))
        #expect(problem.hasPrefix("crl_f: the result: the type '\(result.prefix { $0 != " " })"))
    }

    @Test func pointerThatCannotBeNull() throws {
        let problem = try #require(firstProblem("SWIFT_EXTERN void crl_f(float const * _Nonnull x) SWIFT_NOEXCEPT;"))
        #expect(problem == "crl_f: parameter 'x': must be optional in Swift, for C can pass NULL")
    }

    @Test(arguments: ["float", "int32_t (* _Nullable f)(void)", "float x[3]", "float x = 1"])
    func unreadableParameter(_ parameter: String) {
        #expect(firstProblem("SWIFT_EXTERN void crl_f(\(parameter), float y) SWIFT_NOEXCEPT;") != nil)
        #expect(firstProblem("SWIFT_EXTERN void crl_f(\(parameter)) SWIFT_NOEXCEPT;") != nil)
    }

    @Test(arguments: ["void crl_f(void)", "void crl_f(void) SWIFT_NORETURN;", "void crl_f;", "struct x crl_f(void);"])
    func unreadableDeclaration(_ declaration: String) {
        #expect(firstProblem("SWIFT_EXTERN " + declaration) != nil)
    }

    @Test func allProblemsAreReported() {
        let text = "SWIFT_EXTERN BOOL crl_f(void);\nSWIFT_EXTERN void crl_g(void);\nSWIFT_EXTERN void crl_h(BOOL x);"
        #expect(
            reported { () throws(GeneratorError) in try CompilerInterface(text, typeNames: []) }.map { $0.prefix(5) }
                == ["crl_f", "crl_h"])
    }
}
