import Foundation

/// Makes the files that follow from the C interface of the library: the public header, the same without a
/// preprocessor, the C++ header, the list of exported symbols, the ctypes prototypes and the bindings for other languages.
@main
struct Headergen {
    static func main() {
        do throws(GeneratorError) {
            try run(Options(CommandLine.arguments.dropFirst()))
        } catch {
            for problem in error.problems {
                FileHandle.standardError.write(Data("headergen: \(problem)\n".utf8))
            }
            exit(1)
        }
    }

    /// Writes the generated files or, with `--check`, throws how the files that are there differ from them.
    static func run(_ options: Options) throws(GeneratorError) {
        let files = try generatedFiles(options)
        let folder = URL(filePath: options.output, directoryHint: .isDirectory)
        if options.isCheck {
            let differences = files.compactMap { $0.difference(in: folder) }
            guard differences.isEmpty else { throw GeneratorError(differences) }
        } else {
            for file in files {
                try file.write(in: folder)
            }
        }
    }

    private static func generatedFiles(_ options: Options) throws(GeneratorError) -> [GeneratedFile] {
        let sources = URL(filePath: options.sources, directoryHint: .isDirectory)
        let types = try TypesHeader(read(sources.appending(path: "CChainrule/include/chainrule_types.h")))
        let interface = try CompilerInterface(read(URL(filePath: options.interface)), typeNames: types.typeNames)
        let contract = try Contract(
            sources: swiftSources(in: sources.appending(path: "ChainruleC")), interface: interface)
        let introduction = try read(sources.appending(path: "headergen/introduction.txt"))

        let template = try read(sources.appending(path: "headergen/template.hpp"))
        let javaTemplate = try read(sources.appending(path: "headergen/template.java"))

        let header = try PublicHeader(introduction: introduction, types: types, contract: contract).text()
        let declarations = try HeaderDeclaration.all(inSyntaxTree: syntaxTree(ofHeader: header, clang: options.clang))
        try StructureLayout.check(declarations)
        let functions = contract.groups.flatMap(\.functions)
        let contents = try HeaderContents(
            declarations: declarations, macros: types.macros,
            documentation: Dictionary(
                functions.map { ($0.prototype.name, $0.documentation) }, uniquingKeysWith: { first, _ in first }))
        let foreign = ForeignHeader(declarations: declarations, macros: types.macros).text()
        guard let major = types.macros.first(where: { $0.name == "CRL_VERSION_MAJOR" }).flatMap({ Int($0.body) }) else {
            throw GeneratorError("chainrule_types.h: CRL_VERSION_MAJOR is no number")
        }
        return [
            GeneratedFile(path: "include/chainrule.h", text: header),
            GeneratedFile(path: "include/chainrule.ffi.h", text: foreign),
            GeneratedFile(
                path: "include/chainrule.hpp",
                text: try CppHeader(template: template, declarations: declarations, macros: types.macros).text()),
            GeneratedFile(
                path: "Sources/ChainruleC/exports.map", text: exportMap(contract.functionNames, majorVersion: major)),
            GeneratedFile(
                path: "bindings/python/chainrule/_prototypes.py", text: try PythonPrototypes(contents).text()),
            GeneratedFile(path: "bindings/fortran/chainrule.f90", text: try FortranModule(contents).text()),
            GeneratedFile(
                path: "bindings/luajit/chainrule.lua", text: try LuaModule(contents, header: foreign).text()),
            GeneratedFile(path: "bindings/rust/chainrule-sys/src/lib.rs", text: try RustCrate(contents).text()),
            GeneratedFile(
                path: "bindings/java/chainrule/Chainrule.java",
                text: try JavaClass(template: javaTemplate, contents: contents).text()),
        ]
    }

    private static func read(_ url: URL) throws(GeneratorError) -> String {
        do {
            return try String(contentsOf: url, encoding: .utf8)
        } catch {
            throw GeneratorError("cannot read \(url.path): \(error.localizedDescription)")
        }
    }

    private static func swiftSources(in folder: URL) throws(GeneratorError) -> [SwiftSource] {
        let files: [URL]
        do {
            files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        } catch {
            throw GeneratorError("cannot list \(folder.path): \(error.localizedDescription)")
        }
        var sources: [SwiftSource] = []
        var problems: [String] = []
        for file in files where file.pathExtension == "swift" {
            do {
                if let source = try SwiftSource(read(file), fileName: file.lastPathComponent) { sources.append(source) }
            } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw GeneratorError(problems.sorted()) }
        return sources
    }

    /// What clang makes of the header, as JSON.
    private static func syntaxTree(ofHeader header: String, clang: String) throws(GeneratorError) -> Data {
        let folder = FileManager.default.temporaryDirectory.appending(path: "headergen-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try GeneratedFile(path: "chainrule.h", text: header).write(in: folder)

        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            clang, "-DCRL_NULLABLE=", "-Xclang", "-ast-dump=json", "-fsyntax-only", "-x", "c",
            folder.appending(path: "chainrule.h").path,
        ]
        process.standardOutput = output
        let data: Data
        do {
            try process.run()
            data = try output.fileHandleForReading.readToEnd() ?? Data()
        } catch {
            throw GeneratorError("cannot run \(clang): \(error.localizedDescription)")
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw GeneratorError("\(clang) does not accept the header") }
        return data
    }
}
