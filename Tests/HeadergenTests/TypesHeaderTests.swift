import Testing

@testable import headergen

@Suite struct TypesHeaderTests {
    private static let file = """
        /* Not copied. */
        #ifndef GUARD
        /* ---- 8< ---- */
        #include <stddef.h>
        #include <stdint.h>

        /* ---- GROUP 1 ---- */
        /** typedef int32_t crl_in_a_comment; */
        typedef struct crl_network crl_network;
        typedef int32_t crl_status;

        /* ---- GROUP 4 ---- */

        #define CRL_VERSION_MAJOR 3 /* as text */
        typedef int32_t (*crl_callback)(void *user,
                                        const float *x);
        typedef const char *(*crl_name_callback)(void);
        typedef struct crl_options {
            size_t size;
        } crl_options;
        #define CRL_OPTIONS_INIT \\
            { sizeof(crl_options) }

        /* ---- >8 ---- */
        #endif
        """

    @Test func textBetweenTheMarkers() throws {
        let header = try TypesHeader(Self.file)
        #expect(header.includes == "#include <stddef.h>\n#include <stdint.h>")
        #expect(header.sections.map(\.group) == [1, 4])
        #expect(header.sections[0].text.hasPrefix("/** typedef int32_t crl_in_a_comment; */\ntypedef struct"))
        #expect(header.sections[0].text.hasSuffix("typedef int32_t crl_status;"))
        #expect(header.sections[1].text.hasSuffix("CRL_OPTIONS_INIT \\\n    { sizeof(crl_options) }"))
    }

    @Test func typeNames() throws {
        #expect(
            try TypesHeader(Self.file).typeNames
                == ["crl_network", "crl_status", "crl_callback", "crl_name_callback", "crl_options"])
    }

    @Test func macros() throws {
        #expect(
            try TypesHeader(Self.file).macros == [
                TypesHeader.Macro(name: "CRL_VERSION_MAJOR", body: "3"),
                TypesHeader.Macro(name: "CRL_OPTIONS_INIT", body: "{ sizeof(crl_options) }"),
            ])
    }

    @Test func macroWithArgumentsKeepsThemInItsName() throws {
        let file = Self.file.replacing("CRL_VERSION_MAJOR 3", with: "CRL_TWICE(x) (2 * (x))")
        #expect(try TypesHeader(file).macros.first?.name == "CRL_TWICE(x)")
    }

    @Test(arguments: ["/* ---- 8< ---- */", "/* ---- >8 ---- */"])
    func missingMarker(_ marker: String) {
        let text = Self.file.replacing(marker, with: "")
        #expect(reported { () throws(GeneratorError) in try TypesHeader(text) }.count == 1)
    }

    @Test(arguments: [("GROUP 4", "GROUP 1"), ("GROUP 1 ---- */", "no group */")])
    func groupsOutOfOrder(_ found: String, _ instead: String) {
        let text = Self.file.replacing(found, with: instead)
        #expect(reported { () throws(GeneratorError) in try TypesHeader(text) }.count == 1)
    }

    @Test func includeBelowADeclaration() {
        let text = Self.file.replacing("typedef int32_t crl_status;", with: "#include <math.h>")
        #expect(reported { () throws(GeneratorError) in try TypesHeader(text) }.count == 1)
    }
}
