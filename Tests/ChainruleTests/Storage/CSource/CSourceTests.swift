import Foundation
import Testing

@testable import Chainrule

/// What is written as C. `Tests/CSource` compiles it.
@Suite struct CSourceTests {
    private func network(_ describe: (inout Architecture) throws -> Void) throws -> Network {
        var architecture = try Architecture(inputs: 6)
        try describe(&architecture)
        return try Network(architecture, seed: 1)
    }

    private func text(_ network: Network, _ options: CSourceOptions = CSourceOptions()) throws -> String {
        String(decoding: try network.cSource(options: options), as: UTF8.self)
    }

    private func refused(_ network: Network, _ words: String, _ change: (inout CSourceOptions) -> Void = { _ in }) {
        var options = CSourceOptions()
        change(&options)
        let error = #expect(throws: ChainruleError.self) { try network.cSource(options: options) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func onlyWhatIsCalledIsThere() throws {
        let source = try text(try network { try $0.dense(2, .tanh) })
        #expect(source.contains("static float tanh_of(float x)"))
        #expect(source.contains("dense(x, weight_0, bias_0, y, 1, 6, 2);"))
        #expect(!source.contains("softmax") && !source.contains("PARAMETERS") && !source.contains("sqrtf(float)\n"))
        #expect(source.contains("#define NETWORK_BUFFER_FLOATS 1\n"))
    }

    @Test func valuesShareMemory() throws {
        let chain = try network {
            for _ in 0..<5 { try $0.dense(10, .relu) }
            try $0.dense(2)
        }
        #expect(try text(chain).contains("#define NETWORK_BUFFER_FLOATS 20\n"))
        var options = CSourceOptions()
        options.trains = true
        // All h and y, and the δ of two layers at a time in what is left.
        #expect(try text(chain, options).contains("#define NETWORK_BUFFER_FLOATS 74\n"))
    }

    @Test func stateIsThereIfTrainingMovesIt() throws {
        var options = CSourceOptions()
        options.trains = true
        let normalized = try network {
            try $0.reshape(try Shape([3, 2]))
            try $0.normalization(.batch(momentum: 0.1))
        }
        let source = try text(normalized, options)
        #expect(source.contains("#define NETWORK_STATE 4\n") && source.contains("\nfloat network_state[4] = {"))
        #expect(source.contains("static void pass_forward(const float *x, float *buffer, int trains)"))
        #expect(!(try text(normalized)).contains("state"))
        let plain = try text(try network { try $0.dense(2) }, options)
        #expect(!plain.contains("NETWORK_STATE") && !plain.contains("int trains"))
    }

    @Test func cppSeesDeclarationsOfC() throws {
        let source = try text(try network { try $0.dense(2) })
        let declarations = source.split(separator: "#ifndef NETWORK_DECLARATIONS")[0]
        #expect(declarations.contains("extern \"C\" {\n") && declarations.contains("#ifdef __cplusplus\n}\n#endif\n"))
    }

    @Test func aFileHasTheSameText() throws {
        let network = try network { try $0.dense(2, .tanh) }
        var options = CSourceOptions()
        (options.name, options.precision) = ("small", .int8)
        let path = "/tmp/chainrule-c-source-\(UInt64.random(in: 0 ... .max)).c"
        try network.exportC(to: path, options: options)
        let bytes = try network.cSource(options: options)
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(bytes))
        #expect(try text(network, options).contains("static const int8_t weight_0[12]"))
        let error = #expect(throws: ChainruleError.self) { try network.exportC(to: "/nowhere/x.c") }
        #expect(error?.code == .file)
    }

    @Test func whatHasNoFormIsRefused() throws {
        let plain = try network { try $0.dense(2) }
        for name in ["", "1a", "a b", "é", String(repeating: "a", count: 64)] {
            refused(plain, "begins no names in C") { $0.name = name }
        }
        refused(plain, "bfloat16") { $0.precision = .bfloat16 }
        refused(plain, "cannot train") { ($0.precision, $0.trains) = (.int8, true) }
        refused(plain, "does not train") { $0.hasMomentum = true }
        refused(plain, "mean_absolute_error") { ($0.trains, $0.cost) = (true, .meanAbsoluteError()) }
        refused(try network { try $0.dense(2, .softmax) }, "softmax") { ($0.trains, $0.cost) = (true, .crossEntropy()) }
        refused(try network { try $0.reshape(nil) }, "nothing to train") { $0.trains = true }
        let normalized = try network {
            try $0.dense(2)
            try $0.normalization(.batch(momentum: 0.1), name: "norm")
        }
        refused(normalized, "layer 'norm'") { $0.trains = true }
        refused(normalized, "has no variance") { $0.trains = true }
        let custom = CustomActivation(value: { _, _, _, _ in }, derivative: { _, _, _, _, _ in })
        refused(try network { try $0.dense(2, Activation(custom: custom)) }, "a function of your own")
        plain.withParameters { $0[3] = .infinity }
        refused(plain, "inf")
    }
}
