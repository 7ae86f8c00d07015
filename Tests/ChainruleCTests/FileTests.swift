import CChainrule
import ChainruleC
import Foundation
import Testing

/// Files that are missing, damaged, or something else; and places where no file can be saved.
@Suite struct FileTests {
    struct BadFile: Sendable, CustomTestStringConvertible {
        let bytes: [UInt8]
        let code: Int
        let words: [String]

        init(_ bytes: [UInt8], _ words: String..., code: Int = CRL_ERROR_FORMAT) {
            self.bytes = bytes
            self.code = code
            self.words = words
        }

        var testDescription: String { "\(words)" }
    }

    static let noModelFiles = [
        BadFile([], "0 bytes"),
        BadFile([1, 2, 3], "3 bytes"),
        BadFile(Array("PK\u{3}\u{4} a zip archive, say".utf8), "no model file"),
        BadFile(Array("# Chainrule\n\nSome text.".utf8), "no model file"),
        BadFile(ModelBytes.length(0), "0 bytes"),
        BadFile(ModelBytes.length(-1), "\(UInt64.max)"),
        BadFile(ModelBytes.length(100_000_001), "100000001"),
        BadFile(ModelBytes.length(3) + [0x7b, 0x7d], "truncated", "3 bytes", "10 bytes"),
        BadFile(ModelBytes.file(header: "[]"), "no JSON object"),
        BadFile(ModelBytes.file(header: "{}"), "__metadata__"),
        BadFile(ModelBytes.file(header: #"{"__metadata__":"text"}"#), "__metadata__"),
        BadFile(ModelBytes.file(header: #"{"__metadata__":{}}"#), "'format'"),
        BadFile(ModelBytes.file(format: "pt"), "'pt'"),
        BadFile(ModelBytes.file(version: "one"), "'one'"),
        BadFile(ModelBytes.file(version: ""), "''"),
        BadFile(ModelBytes.file(version: "0"), "'0'"),
        BadFile(ModelBytes.file(version: "99999999999999999999"), "99999999999999999999"),
        BadFile(ModelBytes.file(version: "2"), "format version 2", "up to 1", code: CRL_ERROR_FILE_VERSION),
    ]

    static let malformedHeaders = [
        ("{ ", "byte 2"), ("{\"a\":1,}", "byte 7"), ("{\"a\" 1}", "':'"), ("{\"a\":tru }", "'true'"),
        ("{\"a\":01}", "byte 6"),
        ("{\"a\":-}", "digit"), ("{\"a\":1.}", "digit"), ("{\"a\":1e}", "digit"), ("{\"a\":1e999}", "too large"),
        ("{\"a\":1e99999999999999999999}", "too large"), ("{\"a\":\"\\x\"}", "escape"), ("{\"a\":\"\\ud800\"}", "byte"),
        ("{\"a\":\"\\udc00\"}", "surrogate"), ("{\"a\":\"\\u12g4\"}", "hexadecimal"), ("{\"a\":\"", "no end"),
        ("{\"a\":\"\n\"}", "control character"), ("{\"a\":1,\"a\":2}", "'a' occurs twice"), ("{}{}", "follows"),
        (String(repeating: "[", count: 100_000), "deeper"), ("{\"a\":" + String(repeating: "[", count: 40), "deeper"),
        (String(repeating: "{\"a\":", count: 10_000), "deeper"), ("nan", "'null'"), ("NaN", "value expected"),
    ].map { BadFile(ModelBytes.file(header: $0.0), $0.1) }

    static let tensors = [
        BadFile(ModelBytes.file(tensors: "", data: 0), "0 tensors", "1"),
        BadFile(ModelBytes.file(data: 3), "4 bytes", "3"),
        BadFile(ModelBytes.file(data: 5), "4 bytes", "5"),
        BadFile(
            ModelBytes.file(tensors: ModelBytes.tensor("0.bias", shape: "[1,1]", offsets: "[0,4]")), "0.bias",
            "0.weight"),
        BadFile(
            ModelBytes.file(tensors: ModelBytes.tensor("0.weight", shape: "[1]", offsets: "[0,4]")), "[1]", "[1, 1]"),
        BadFile(
            ModelBytes.file(tensors: ModelBytes.tensor("0.weight", dtype: "F16", shape: "[1,1]", offsets: "[0,4]")),
            "'F16'"),
        BadFile(
            ModelBytes.file(tensors: ModelBytes.tensor("0.weight", shape: "[1,1]", offsets: "[4,8]"), data: 8), "byte 4"
        ),
        BadFile(
            ModelBytes.file(tensors: ModelBytes.tensor("0.weight", shape: "[1,1]", offsets: "[4,0]")), "data_offsets"),
        BadFile(
            ModelBytes.file(tensors: ModelBytes.tensor("0.weight", shape: "[1,1]", offsets: "[0]")), "data_offsets"),
        BadFile(
            ModelBytes.file(tensors: ModelBytes.tensor("0.weight", shape: "[1,1]", offsets: "[0,8]"), data: 8),
            "8 bytes"),
        BadFile(
            ModelBytes.file(tensors: ModelBytes.tensor("0.weight", shape: "[-1,1]", offsets: "[0,4]")), "whole numbers"),
        BadFile(
            ModelBytes.file(tensors: ModelBytes.tensor("0.weight", shape: "[1.5]", offsets: "[0,4]")), "whole numbers"),
        BadFile(
            ModelBytes.file(tensors: ModelBytes.tensor("0.weight", shape: "[1e300]", offsets: "[0,4]")), "whole numbers"
        ),
        BadFile(
            ModelBytes.file(
                tensors: ModelBytes.tensor("0.weight", shape: "[9007199254740992,9007199254740992]", offsets: "[0,4]")),
            "overflows"),
        // A shape with a zero has no data, whatever else it says: it is no tensor of this network.
        BadFile(
            ModelBytes.file(
                tensors: ModelBytes.tensor("0.weight", shape: "[0,9007199254740992]", offsets: "[0,0]"), data: 0),
            "[0, 9007199254740992]"),
        BadFile(ModelBytes.file(tensors: #""0.weight":1"#), "no object"),
    ]

    static let architectures = [
        ("1", "architecture"), ("{}", "'inputs'"), (ModelBytes.architecture(inputs: "0", ModelBytes.dense), "0"),
        (ModelBytes.architecture(inputs: "-1", ModelBytes.dense), "'inputs'"),
        (ModelBytes.architecture(inputs: "1.5", ModelBytes.dense), "'inputs'"),
        (ModelBytes.architecture(inputs: "2147483648", ModelBytes.dense), "2147483648"),
        (ModelBytes.architecture(), "no layers"), (ModelBytes.architecture("1"), "no object"),
        (ModelBytes.architecture(ModelBytes.dense, ModelBytes.dense), "already taken"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("dense", with: "lambda")), "'lambda'"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("identity", with: "maxout")), "'maxout'"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("identity", with: "custom")), "custom"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("\"units\":1", with: "\"units\":0")), "0"),
        (
            ModelBytes.architecture(ModelBytes.dense.replacing("\"units\":1", with: "\"units\":9007199254740992")),
            "9007199254740992"
        ),
        (ModelBytes.architecture(ModelBytes.dense.replacing("false", with: "0")), "'bias'"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("[\"input\"]", with: "[]")), "0 were given"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("[\"input\"]", with: "[1]")), "no string"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("[\"input\"]", with: "[\"0\"]")), "'0'"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("identity\"", with: "elu\",\"alpha\":-2")), "-2"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("identity\"", with: "elu\",\"alpha\":1e300")), "inf"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("identity\"", with: "relu\",\"alpha\":1")), "alpha"),
        (ModelBytes.architecture(ModelBytes.dense.replacing("identity\"", with: "elu\",\"alpha\":\"1\"")), "'alpha'"),
        (
            ModelBytes.architecture(
                ModelBytes.dense, ModelBytes.dense.replacing("\"name\":\"0\"", with: "\"name\":\"1\"")), "layer '0'"
        ),
        // 2³¹ × 2³¹ weights and more: a size that overflows.
        (
            ModelBytes.architecture(
                inputs: "2147483647", ModelBytes.dense.replacing("\"units\":1", with: "\"units\":2147483647")),
            "overflows"
        ),
        // 2³⁰ × 2³⁰ weights in a file of 4 bytes: refused before anything is allocated.
        (
            ModelBytes.architecture(
                inputs: "1073741824", ModelBytes.dense.replacing("\"units\":1", with: "\"units\":1073741824")),
            "0.weight"
        ),
    ].map { BadFile(ModelBytes.file(architecture: $0.0), $0.1) }

    @Test(arguments: noModelFiles + malformedHeaders + tensors + architectures)
    func isNotLoaded(_ bad: BadFile) throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        let path = try folder.write(bad.bytes, to: "model")
        var network: UnsafeMutablePointer<crl_network>? = f.other
        fails(crlNetworkLoad(path, &network), bad.code, "crl_network_load", bad.words + ["'\(path)'"])
        #expect(network == nil)
        let before = f.state
        let status = crlNetworkLoadParameters(f.network, path)
        #expect(status == crl_status(CRL_ERROR_FORMAT) || status == crl_status(bad.code))
        #expect(f.state == before)

        // The same bytes in memory.
        let count = UInt(bad.bytes.count)
        let memory = Memory(bad.bytes)
        network = f.other
        fails(
            crlNetworkLoadFromMemory(memory.pointer, count, 0, &network), bad.code, "crl_network_load_from_memory",
            bad.words)
        #expect(network == nil)
        #expect(crlNetworkLoadParametersFromMemory(f.network, memory.pointer, count) == status)
        #expect(f.state == before)
    }

    /// The bytes that the tables above change are a model file before.
    @Test func unchangedBytesAreLoaded() throws {
        let folder = try TemporaryFolder()
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkLoad(try folder.write(ModelBytes.file(), to: "model"), &network))
        crlNetworkDestroy(network)
    }

    /// An architecture that this library cannot make may still lend its parameters.
    @Test func parametersOfACustomNetwork() throws {
        let folder = try TemporaryFolder()
        let custom = ModelBytes.architecture(ModelBytes.dense.replacing("identity", with: "custom"))
        let path = try folder.write(ModelBytes.file(architecture: custom), to: "model")
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(1, &network))
        let f = Fixture()
        ok(crlNetworkAddDense(network, 1, 0, f.layer { $0.bias = 0 }))
        ok(crlNetworkBuild(network, 1))
        ok(crlNetworkLoadParameters(network, path))
        #expect(parameters(of: network!).elements == [0])
        crlNetworkDestroy(network)
    }

    /// Every beginning of a real file is refused, and every file with one byte changed is loaded whole or refused.
    @Test func everyTruncationAndEveryFlippedByte() throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        ok(crlNetworkSave(f.network, folder.file("whole")))
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: folder.file("whole"))))
        let header = bytes.count - 4 * 17
        var network: UnsafeMutablePointer<crl_network>?
        for count in 0..<bytes.count {
            let path = try folder.write(Array(bytes[..<count]), to: "part")
            fails(crlNetworkLoad(path, &network), CRL_ERROR_FORMAT, "crl_network_load", [path])
            fails(crlNetworkLoadParameters(f.other, path), CRL_ERROR_FORMAT, "crl_network_load_parameters", [path])
        }
        for index in 0..<header {
            for mask in [UInt8(0x01), 0x10, 0xff] {
                var changed = bytes
                changed[index] ^= mask
                let status = crlNetworkLoad(try folder.write(changed, to: "changed"), &network)
                #expect((status == CRL_OK) == (network != nil))
                #expect([CRL_OK, CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION].contains(Int(status)), "\(errorMessage)")
                crlNetworkDestroy(network)
            }
        }
        #expect(parameters(of: f.other).bytes == parameters(of: f.network).bytes)
    }

    @Test func otherNetworksParametersDoNotFit() throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        let path = try folder.write(ModelBytes.file(), to: "model")
        let before = f.state
        fails(
            crlNetworkLoadParameters(f.network, path), CRL_ERROR_FORMAT, "crl_network_load_parameters",
            ["1 tensors", "4"])
        #expect(f.state == before)
    }

    @Test func whatIsNoFileIsNotRead() throws {
        let folder = try TemporaryFolder()
        let fifo = folder.file("fifo")
        #expect(mkfifo(fifo, 0o600) == 0)
        for path in [folder.file("missing"), folder.path, fifo, "", "/dev/null", String(repeating: "p", count: 5000)] {
            var network: UnsafeMutablePointer<crl_network>?
            fails(crlNetworkLoad(path, &network), CRL_ERROR_FILE, "crl_network_load", ["'\(path.prefix(100))"])
            #expect(network == nil)
            let f = Fixture()
            let before = f.state
            fails(
                crlNetworkLoadParameters(f.network, path), CRL_ERROR_FILE, "crl_network_load_parameters",
                ["'\(path.prefix(100))"])
            #expect(f.state == before)
        }
    }

    @Test func whereNothingCanBeSaved() throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        let file = try folder.write([1], to: "file")
        try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: false)
        let paths = [
            folder.file("missing/model"), "\(file)/model", folder.file("folder"), folder.file("folder/"), "",
            folder.file(String(repeating: "n", count: 300)), "/proc/chainrule/model",
        ]
        for path in paths {
            let before = f.state
            fails(crlNetworkSave(f.network, path), CRL_ERROR_FILE, "crl_network_save", ["'\(path.prefix(100))"])
            #expect(f.state == before)
        }
        // Nothing is left behind.
        #expect(try folder.names == ["file", "folder"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("folder")).isEmpty)
    }

    /// Files that are small but ask for much: many layers, many names to look up, many values. None may take for ever.
    @Test(.timeLimit(.minutes(5)), arguments: ["layers", "inputs", "values"])
    func smallFileThatAsksForMuch(_ what: String) throws {
        #if DEBUG
            let count = 2_000
        #else
            let count = 10_000
        #endif
        let folder = try TemporaryFolder()
        let identities = (0..<count).map { index in
            """
            {"type":"activation","name":"\(index)","inputs":["\(index == 0 ? "input" : "\(index - 1)")"],\
            "activation":"identity"}
            """
        }
        let many = Array(repeating: "\"\(count - 2)\"", count: count).joined(separator: ",")
        let sum = #"{"type":"sum","name":"s","inputs":[\#(many)]}"#
        let header =
            switch what {
            case "layers": ModelBytes.file(architecture: architecture(identities), tensors: "", data: 0)
            case "inputs":
                ModelBytes.file(architecture: architecture(identities.dropLast() + [sum]), tensors: "", data: 0)
            default: ModelBytes.file(header: "[" + String(repeating: "0,", count: 100 * count) + "0]")
            }
        let path = try folder.write(header, to: "model")
        var network: UnsafeMutablePointer<crl_network>?
        let status = crlNetworkLoad(path, &network)
        #expect(status == crl_status(what == "values" ? CRL_ERROR_FORMAT : CRL_OK), "\(errorMessage)")
        crlNetworkDestroy(network)
    }

    private func architecture(_ layers: [String]) -> String {
        #"{"inputs":1,"layers":[\#(layers.joined(separator: ","))]}"#
    }
}
