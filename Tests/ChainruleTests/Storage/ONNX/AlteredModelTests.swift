import Chainrule
import Testing

/// A model that was cut off or altered is an error, or a network that predicts; nothing traps.
@Suite struct AlteredModelTests {
    static let models = [
        ONNXWriter.perceptron, ONNXWriter.convolutional, ONNXWriter.recurrent, ONNXWriter.classifier,
        ONNXWriter.quantized,
    ]

    /// Returns whether it loads.
    private func load(_ bytes: [UInt8], _ what: @autoclosure () -> String) -> Bool {
        do throws(ChainruleError) {
            let network = try Network(onnxBytes: bytes, memoryLimit: 1 << 20)
            guard network.inputs < 10_000 else { return true }
            let x = [Float](repeating: 0.5, count: network.inputs)
            do throws(ChainruleError) {
                #expect(try network.predict(x).count == network.outputs, "\(what())")
            } catch {
                #expect(error.code == .value || error.code == .notFinite, "\(what()): \(error)")
            }
            return true
        } catch {
            #expect([.format, .fileVersion, .memory].contains(error.code), "\(what()): \(error.code) \(error)")
            #expect(!error.message.isEmpty)
            return false
        }
    }

    @Test(arguments: models.indices) func everyPrefix(_ index: Int) {
        let model = AlteredModelTests.models[index]
        let loads = load(model, "the model")
        #expect(loads)
        // Behind the graph stands the operator set, without which nothing is read.
        for length in 0..<model.count {
            let loads = load(Array(model[..<length]), "cut to \(length)")
            #expect(!loads, "cut to \(length)")
        }
    }

    @Test(arguments: models.indices) func everyByte(_ index: Int) {
        var model = AlteredModelTests.models[index]
        var refused = 0
        for place in alteredPlaces(0..<model.count) {
            for change in [0x01, 0x80, 0xff] as [UInt8] {
                model[place] ^= change
                if !load(model, "byte \(place) changed by \(change)") { refused += 1 }
                model[place] ^= change
            }
        }
        #expect(refused > 50)
    }
}
