import Foundation
import Testing

@testable import headergen

/// headergen as a whole, on a small package in a temporary folder.
@Suite final class CommandTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "headergen-\(UUID().uuidString)")
    private let options: Options

    init() throws {
        options = try Options([
            "--interface", folder.appending(path: "Interface.h").path, "--sources",
            folder.appending(path: "Sources").path,
            "--output", folder.path,
        ])
        for (path, text) in Self.package {
            try write(text, to: path)
        }
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    private func write(_ text: String, to path: String) throws(GeneratorError) {
        try GeneratedFile(path: path, text: text).write(in: folder)
    }

    private func read(_ path: String) throws -> String {
        try String(contentsOf: folder.appending(path: path), encoding: .utf8)
    }

    private func problems(_ change: (inout Options) -> Void = { _ in }) -> [String] {
        var options = options
        change(&options)
        return reported { () throws(GeneratorError) in try Headergen.run(options) }
    }

    private static let outputs = [
        "include/chainrule.h", "include/chainrule.ffi.h", "include/chainrule.hpp", "Sources/ChainruleC/exports.map",
        "bindings/python/chainrule/_prototypes.py", "bindings/fortran/chainrule.f90",
        "bindings/luajit/chainrule.lua", "bindings/rust/chainrule-sys/src/lib.rs",
        "bindings/java/chainrule/Chainrule.java",
    ]

    @Test func writesTheHeader() throws {
        try Headergen.run(options)
        #expect(try read("include/chainrule.h") == Self.expectedHeader)
    }

    @Test func writesTheHeaderWithoutAPreprocessor() throws {
        try Headergen.run(options)
        let text = try read("include/chainrule.ffi.h")
        let end = try #require(text.firstRange(of: "*/\n"))
        #expect(text[end.upperBound...] == Self.expectedForeignHeader)
    }

    @Test func writesTheCppHeader() throws {
        try Headergen.run(options)
        #expect(try read("include/chainrule.hpp") == Self.expectedCppHeader)
    }

    @Test func writesTheExportMap() throws {
        try Headergen.run(options)
        #expect(
            try read("Sources/ChainruleC/exports.map")
                == exportMap(["crl_network_create", "crl_version"], majorVersion: 1))
    }

    @Test func writesThePythonPrototypes() throws {
        try Headergen.run(options)
        let text = try read("bindings/python/chainrule/_prototypes.py")
        let start = try #require(text.firstRange(of: "CRL_VERSION_MAJOR"))
        let end = try #require(text.firstRange(of: "\n\n\ndef declare"))
        #expect(text[start.lowerBound..<end.lowerBound] == Self.expectedPython)
    }

    @Test func checkAcceptsWhatWasWritten() throws {
        try Headergen.run(options)
        #expect(problems { $0.isCheck = true }.isEmpty)
    }

    @Test(arguments: outputs)
    func checkNamesAStaleFileAndTheLine(_ path: String) throws {
        try Headergen.run(options)
        let text = try read(path)
        let lines = text.components("\n")
        try write((lines[..<3] + ["changed"] + lines[4...]).joined(separator: "\n"), to: path)
        let expected = "\(path): stale, from line 4 on\n    is:        changed\n    should be: \(lines[3])"
        #expect(problems { $0.isCheck = true } == [expected])
        #expect(try read(path).contains("changed"))
    }

    @Test(arguments: outputs)
    func checkNamesAFileThatEndsEarly(_ path: String) throws {
        try Headergen.run(options)
        try write("", to: path)
        #expect(problems { $0.isCheck = true }.first?.hasPrefix("\(path): stale, from line 1 on") == true)
    }

    @Test func checkNamesMissingFilesAndWritesNothing() {
        #expect(problems { $0.isCheck = true } == Self.outputs.map { "\($0): cannot be read" })
        #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "include").path))
    }

    @Test(arguments: [
        "Interface.h", "Sources/CChainrule/include/chainrule_types.h", "Sources/headergen/introduction.txt",
        "Sources/headergen/template.hpp", "Sources/headergen/template.java",
    ])
    func missingInput(_ path: String) throws {
        let url = folder.appending(path: path)
        try FileManager.default.removeItem(at: url)
        #expect(problems().first?.hasPrefix("cannot read \(url.path)") == true)
    }

    @Test func missingSources() throws {
        try FileManager.default.removeItem(at: folder.appending(path: "Sources/ChainruleC"))
        #expect(problems().first?.hasPrefix("cannot list ") == true)
    }

    @Test func missingClang() {
        #expect(problems { $0.clang = "no-such-clang" } == ["no-such-clang does not accept the header"])
    }

    @Test func headerThatDoesNotCompile() throws {
        let path = "Sources/CChainrule/include/chainrule_types.h"
        try write(read(path).replacing("size_t size;", with: "unknown_t size;"), to: path)
        #expect(problems() == ["clang does not accept the header"])
    }

    @Test func structureThatEndsWithBytesOfNoMember() throws {
        let path = "Sources/CChainrule/include/chainrule_types.h"
        try write(
            read(path).replacing("crl_callback callback;", with: "crl_callback callback; int32_t last;"), to: path)
        try write(read(path).replacing("-0.5f, NULL }", with: "-0.5f, NULL, 0 }"), to: path)
        #expect(
            problems() == [
                "crl_options: ends with 4 bytes of no member on 64-bit machines; give it other members last"
            ])
    }

    @Test func typesOfAGroupWithoutFunctions() throws {
        let path = "Sources/CChainrule/include/chainrule_types.h"
        try write(read(path).replacing("GROUP 2", with: "GROUP 3"), to: path)
        #expect(problems() == ["chainrule_types.h: no function is of group 3"])
    }

    @Test func aProblemLeavesTheFilesAlone() throws {
        try Headergen.run(options)
        let before = try Self.outputs.map(read)
        try write("SWIFT_EXTERN int32_t crl_version(void) SWIFT_NOEXCEPT;", to: "Interface.h")
        #expect(problems().count == 1)
        #expect(try Self.outputs.map(read) == before)
    }

    @Test(arguments: [
        [], ["--check"], ["--interface"], ["--interface", "I", "--sources", "S"], ["--output", "O", "--unknown", "U"],
        ["--interface", "I", "--sources", "S", "--output", "O", "surplus"],
    ])
    func wrongOptions(_ arguments: [String]) {
        #expect(
            reported { () throws(GeneratorError) in try Options(arguments) }.first?.contains("usage: headergen") == true
        )
    }

    @Test func allOptions() throws {
        let options = try Options(["--check", "--interface", "I", "--clang", "C", "--sources", "S", "--output", "O"])
        #expect(options.interface == "I")
        #expect(options.sources == "S")
        #expect(options.output == "O")
        #expect(options.clang == "C")
        #expect(options.isCheck)
    }
}
