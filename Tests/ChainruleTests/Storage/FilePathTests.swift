import Chainrule
import Foundation
import Testing

/// Paths that are not text. Tests/Clients/paths.c has more, by way of C.
@Suite struct FilePathTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func path(_ name: [UInt8]) -> FilePath { FilePath(bytes: Array(folder.url.path.utf8) + [0x2f] + name) }

    private func trainer() throws -> Trainer {
        var architecture = try Architecture(inputs: 2)
        try architecture.dense(3, .tanh)
        let network = try Network(architecture, seed: 5)
        return try Trainer(
            network, optimizer: Optimizer(Adam(), learningRate: 0.1, for: network),
            options: TrainingOptions(cost: .meanSquaredError()))
    }

    /// The names in the folder, as bytes: Foundation leaves out what is not UTF-8.
    private func names() throws -> [[UInt8]] {
        let directory = try #require(opendir(folder.url.path))
        defer { closedir(directory) }
        var names: [[UInt8]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name.first != UInt8(ascii: ".") { names.append(name) }
        }
        return names
    }

    @Test(arguments: [[0xe9], [0x4a, 0xf6, 0x72, 0x67], Array("größe ☃".utf8), [UInt8](repeating: 0x6d, count: 255)])
    func everyFunctionTakesAnyBytes(_ name: [UInt8]) throws {
        let path = path(name)
        let (trainer, other) = (try trainer(), try trainer())
        try trainer.network.save(to: path)
        try trainer.network.save(to: path)
        #expect(try names() == [name])
        #expect(try Network(contentsOf: path).parameterVector == trainer.network.parameterVector)
        other.network.withParameters { $0[0] = 9 }
        try other.network.loadParameters(from: path)
        #expect(other.network.parameterVector == trainer.network.parameterVector)
        try trainer.fit([1, 2], targets: .values([1, 0, 1], columns: 3))
        try trainer.save(to: path)
        try trainer.save(to: path)
        try other.load(from: path)
        #expect(other.network.parameterVector == trainer.network.parameterVector)
        #expect(try names() == [name])
    }

    @Test func descriptions() {
        for (bytes, text) in [
            (Array("größe ☃.safetensors".utf8), "größe ☃.safetensors"), ([0x4a, 0xf6, 0x72, 0x67], #"J\xf6rg"#),
            // Where one byte is not UTF-8, none is taken for it.
            (Array("ö/".utf8) + [0xff], #"\xc3\xb6/\xff"#), (Array("a\u{1b}[2J\n\u{7f}".utf8), #"a\x1b[2J\x0a\x7f"#),
            ([], ""), (Array(#"a\b'c"#.utf8), #"a\b'c"#),
        ] {
            #expect(FilePath(bytes: bytes).description == text)
        }
        let long = String(repeating: "a", count: 290) + String(repeating: "b", count: 290)
        #expect(
            FilePath(long).description
                == String(repeating: "a", count: 150) + "…" + String(repeating: "b", count: 100))
    }

    @Test func whatTheSystemWouldTakeForAnotherPath() throws {
        let trainer = try trainer()
        let cut = path(Array("model".utf8) + [0] + Array(".safetensors".utf8))
        let long = FilePath(folder.path("m") + String(repeating: "m", count: 5000))
        for (path, part) in [(cut, "null character"), (long, "too long")] {
            expectError(.file, part, "'\(path.description)'") { try trainer.network.save(to: path) }
            expectError(.file, part) { try trainer.network.loadParameters(from: path) }
            expectError(.file, part) { _ = try Network(contentsOf: path) }
            expectError(.file, part) { try trainer.save(to: path) }
            expectError(.file, part) { try trainer.load(from: path) }
        }
        #expect(try names().isEmpty)
    }
}
