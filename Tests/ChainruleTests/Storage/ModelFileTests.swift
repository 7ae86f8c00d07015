import Chainrule
import Foundation
import Testing

@Suite struct ModelFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The kinds of layers that do not need a shape.
    private func network(_ activation: Activation, seed: UInt64 = 51) throws -> Network {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(4, activation, name: "a", biases: .uniform(low: -1, high: 1))
        try architecture.dense(4, .tanh, name: "b", bias: false)
        try architecture.sum(of: ["a", "b"], name: "c")
        try architecture.activation(activation, name: "d")
        try architecture.concatenation(of: ["d", "input"], name: "e")
        try architecture.dropout(0.1)
        try architecture.noise(deviation: 1e-10)
        try architecture.reshape(Shape([1, 7]))
        try architecture.reshape()
        try architecture.dense(2)
        return try Network(architecture, seed: seed)
    }

    private func json(_ network: Network) -> String {
        var json = JSONWriter()
        network.architecture.encode(to: &json)
        return json.text
    }

    @Test func savingAndLoadingKeepsEveryBit() throws {
        var noise = Noise(51)
        let x = noise.floats(5 * 3)
        for activation in Activation.all + [.elu(alpha: 0.123456789), .leakyReLU(alpha: 1e-10)] {
            let network = try network(activation)
            // Numbers that only bits tell apart.
            network.withParameters { parameters in
                parameters[0] = -0.0
                parameters[1] = .leastNonzeroMagnitude
                parameters[2] = .greatestFiniteMagnitude
            }
            try network.save(to: folder.path("model"))
            let loaded = try Network(contentsOf: folder.path("model"))
            #expect(bits(loaded.parameterVector) == bits(network.parameterVector))
            #expect(json(loaded) == json(network))
            #expect(try bits(loaded.predict(x)) == bits(network.predict(x)), "\(activation.identifier)")
            try loaded.save(to: folder.path("again"))
            #expect(try folder.read("again") == folder.read("model"))
        }
        #expect(try folder.files == ["again", "model"])
    }

    @Test func everyLayerOfShapesComesBack() throws {
        for (name, description) in TestNetwork.ofShapes {
            let network = try Network(description.architecture, seed: 7)
            network.setState()
            var noise = Noise(7)
            let x = noise.floats(3 * network.inputs)
            let loaded = try Network(savedBytes: network.savedBytes())
            #expect(bits(loaded.numbers.elements) == bits(network.numbers.elements), "\(name)")
            #expect(json(loaded) == json(network))
            #expect(try bits(loaded.predict(x)) == bits(network.predict(x)), "\(name)")
            #expect(try loaded.savedBytes() == network.savedBytes())
            #expect(try bits(network.copy().predict(x)) == bits(network.predict(x)), "\(name)")
            for tensor in network.plan.state where tensor.role != .constant {
                for bad in [Float.nan, .infinity, tensor.role == .variance ? -1 : .nan] {
                    let spoiled = try network.copy()
                    spoiled.numbers.base[tensor.offset + 1] = bad
                    let bytes = try spoiled.savedBytes()
                    expectError(.format, "element 1 of the tensor '\(tensor.name)' is \(bad)") {
                        _ = try Network(savedBytes: bytes)
                    }
                    expectError(.format, "'\(tensor.name)'") { try network.loadParameters(savedBytes: bytes) }
                    #expect(try bits(loaded.predict(x)) == bits(network.predict(x)), "after a bad file")
                }
            }
        }
    }

    @Test func parametersThatAreNotFiniteAreKept() throws {
        let network = try network(.tanh)
        network.withParameters { parameters in
            parameters[0] = Float(bitPattern: 0x7fc1_2345)
            parameters[1] = -.infinity
        }
        try network.save(to: folder.path("model"))
        #expect(try bits(Network(contentsOf: folder.path("model")).parameterVector) == bits(network.parameterVector))
    }

    @Test func aNetworkWithoutParameters() throws {
        var architecture = try Architecture(inputs: 2)
        try architecture.activation(.tanh)
        try Network(architecture, seed: 0).save(to: folder.path("model"))
        #expect(try Network(contentsOf: folder.path("model")).predict([0, 0]) == [0, 0])
    }

    /// The safetensors rules, read here without the library: an 8-byte little-endian length, JSON, then the tensors
    /// without gaps, of float32, little-endian, in PyTorch's shapes.
    @Test func theFileIsSafetensors() throws {
        let network = try network(.relu)
        try network.save(to: folder.path("model"))
        let bytes = try folder.read("model")
        let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        #expect(length % 8 == 0)
        let text = bytes[8..<8 + length]
        #expect(text.first == UInt8(ascii: "{") && text.drop { $0 != UInt8(ascii: "}") }.isEmpty == false)
        let header = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
        let metadata = try #require(header["__metadata__"] as? [String: String])
        #expect(metadata["format"] == "chainrule" && metadata["format_version"] == "1")
        let architecture = try #require(
            try JSONSerialization.jsonObject(with: Data(metadata["architecture"]!.utf8)) as? [String: Any])
        #expect(architecture["inputs"] as? Int == 3)
        #expect(
            (architecture["layers"] as? [[String: Any]])?.map { $0["type"] as? String } == [
                "dense", "dense", "sum", "activation", "concatenation", "dropout", "noise", "reshape",
                "reshape", "dense",
            ])

        let data = Array(bytes[(8 + length)...])
        #expect(data.count == 4 * network.parameterCount)
        let shapes = ["a.weight": [4, 3], "a.bias": [4], "b.weight": [4, 4], "9.weight": [2, 7], "9.bias": [2]]
        #expect(Set(header.keys) == Set(shapes.keys).union(["__metadata__"]))
        for (name, shape) in shapes {
            let entry = try #require(header[name] as? [String: Any])
            #expect(entry["dtype"] as? String == "F32")
            #expect(entry["shape"] as? [Int] == shape, "\(name)")
            let offsets = try #require(entry["data_offsets"] as? [Int])
            let numbers = stride(from: offsets[0], to: offsets[1], by: 4).map { start in
                Float(bitPattern: data[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
            }
            #expect(numbers == (try network.tensor(name, of: network.parameterVector)), "\(name)")
        }
    }

    /// What another program may write: tensors in another order, no padding, and more metadata.
    @Test func filesOfOtherPrograms() throws {
        let architecture =
            #"{\"layers\":[{\"activation\":\"identity\",\"units\":1,\"name\":\"a\",\"bias\":true,\"inputs\":[\"input\"],\"type\":\"dense\",\"more\":[1]}],\"inputs\":2}"#
        let header = """
            {"a.bias":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}, "a.weight":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]},
            "__metadata__":{"author":"x","format_version":"1","format":"chainrule","architecture":"\(architecture)"}}
            """
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) } + Array(header.utf8)
        for number in [Float(0.5), 2, -3] {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> (8 * $0)) }
        }
        try folder.write(bytes, to: "model")
        let network = try Network(contentsOf: folder.path("model"))
        #expect(network.parameterVector == [2, -3, 0.5])
        #expect(try network.predict([1, 1]) == [-0.5])
    }

    @Test func pathsThatCannotBeRead() throws {
        expectError(.file, folder.path("nothing"), "No such file") {
            _ = try Network(contentsOf: folder.path("nothing"))
        }
        expectError(.file, folder.url.path, "directory") { _ = try Network(contentsOf: folder.url.path) }
        expectError(.file) { _ = try Network(contentsOf: "") }
        try folder.write([], to: "empty")
        expectError(.format, "empty", "0 bytes") { _ = try Network(contentsOf: folder.path("empty")) }
        let network = try network(.tanh)
        expectError(.file, folder.path("nothing"), "No such file") {
            try network.loadParameters(from: folder.path("nothing"))
        }
    }

    @Test func pathsThatCannotBeWritten() throws {
        let network = try network(.tanh)
        expectError(.file, folder.path("no/model"), "No such file") { try network.save(to: folder.path("no/model")) }
        expectError(.file) { try network.save(to: "") }
        // A directory in the way: the temporary file is written, cannot be renamed, and goes.
        try FileManager.default.createDirectory(atPath: folder.path("directory"), withIntermediateDirectories: false)
        expectError(.file, folder.path("directory"), "directory") { try network.save(to: folder.path("directory")) }
        #expect(try folder.files == ["directory"])
    }

    @Test func savingReplacesAndKeepsPermissions() throws {
        let (first, second) = (try network(.tanh), try network(.tanh, seed: 52))
        try first.save(to: folder.path("model"))
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.path("model"))
        try second.save(to: folder.path("model"))
        #expect(try Network(contentsOf: folder.path("model")).parameterVector == second.parameterVector)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path("model"))
        #expect(attributes[.posixPermissions] as? Int == 0o640)
        #expect(try folder.files == ["model"])
    }

    @Test func savingWritesThroughLinksAndOnlyToRegularFiles() throws {
        var architecture = try Architecture(inputs: 1)
        try architecture.dense(1)
        let network = try Network(architecture, seed: 3)
        try network.save(to: folder.path("target"))
        try FileManager.default.createSymbolicLink(atPath: folder.path("link"), withDestinationPath: "target")
        let other = try Network(architecture, seed: 4)
        try other.save(to: folder.path("link"))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link")) == "target")
        #expect(try Network(contentsOf: folder.path("target")).parameterVector == other.parameterVector)
        #expect(mkfifo(folder.path("fifo"), 0o600) == 0)
        expectError(.file, "fifo") { try network.save(to: folder.path("fifo")) }
        let type = try FileManager.default.attributesOfItem(atPath: folder.path("fifo"))[.type] as? FileAttributeType
        #expect(type != .typeRegular)
    }
}
