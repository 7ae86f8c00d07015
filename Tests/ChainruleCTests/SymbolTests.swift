import Foundation
import Testing

/// What C finds: the same functions in the sources, the header and the export list. That each resolves when a C program is
/// linked, the C clients show.
@Suite struct SymbolTests {
    static func text(_ path: String) throws -> String {
        try String(contentsOf: MessageTests.header.appendingPathComponent(path), encoding: .utf8)
    }

    static func sourceNames() throws -> [String] {
        let folder = MessageTests.header.appendingPathComponent("Sources/ChainruleC")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
            .flatMap { try text("Sources/ChainruleC/\($0)").matches(of: /@_cdecl\("(\w+)"\)/).map { String($0.1) } }
            .sorted()
    }

    static func headerNames() throws -> [String] {
        let code = try text("include/chainrule.h").replacing(/\/\*(?s:.)*?\*\//, with: "")
        return code.matches(of: /(?m)^(?:CRL_NODISCARD )?CRL_API [\w *]*\b(crl_\w+)\(/).map { String($0.1) }.sorted()
    }

    static func exportedNames() throws -> [String] {
        try text("Sources/ChainruleC/exports.map").matches(of: /(crl_\w+);/).map { String($0.1) }.sorted()
    }

    @Test func sourcesHeaderAndExportsAgree() throws {
        let names = try SymbolTests.sourceNames()
        #expect(names.count > 80 && Set(names).count == names.count)
        #expect(try SymbolTests.headerNames() == names)
        #expect(try SymbolTests.exportedNames() == names)
    }

    @Test func theIntroductionNamesEveryHandle() throws {
        let header = try SymbolTests.text("include/chainrule.h")
        let handles = header.matches(of: /(?m)^typedef struct (crl_\w+) crl_\w+;/).map { String($0.1) }
        let paragraph = try #require(header.firstMatch(of: /(?m)^ \* Handles  (?s:.*?)^ \* Ownership/)).0
        #expect(handles.count >= 6)
        for handle in handles { #expect(paragraph.contains(handle), "\(handle)") }
    }
}
