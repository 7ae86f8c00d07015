import CChainrule
import ChainruleC
import Foundation
import Testing

/// The whole life of a network through the C functions, and what every step gives.
@Suite struct LifeTests {
    /// The predictions of a fixture's network by the text's formulas, in doubles.
    static func reference(_ w: [Float], _ x: [Float]) -> [Double] {
        // In steps that the compiler checks quickly: as one expression it took 14 s.
        let (w, x) = (w.map { Double($0) }, x.map { Double($0) })
        var y: [Double] = []
        for row in stride(from: 0, to: x.count, by: 2) {
            var h: [Double] = []
            for unit in 0..<3 { h.append(tanh(w[2 * unit] * x[row] + w[2 * unit + 1] * x[row + 1] + w[6 + unit])) }
            for output in 0..<2 {
                var sum = w[15 + output]
                for unit in 0..<3 { sum += w[9 + 3 * output + unit] * h[unit] }
                y.append(sum)
            }
        }
        return y
    }

    @Test func describedNetworkSaysWhatItIs() {
        let f = Fixture()
        for network in [f.network, f.unbuilt] {
            ok(crlNetworkInputSize(network, f.sizes.pointer))
            ok(crlNetworkOutputSize(network, f.sizes.pointer + 1))
            #expect(f.sizes.elements == [2, 2])
            ok(crlNetworkLayerCount(network, f.sizes.pointer))
            #expect(f.sizes.elements[0] == 2)
            ok(crlNetworkLayer(network, 0, f.layer.pointer))
            #expect(f.layerName == "hidden" && f.layer.elements[0].units == 3)
            #expect(f.layer.elements[0].activation == crl_activation(CRL_TANH) && f.layer.elements[0].bias == 1)
            ok(crlNetworkLayer(network, 1, f.layer.pointer))
            #expect(f.layerName == "out" && f.layer.elements[0].units == 2 && f.layer.elements[0].inputs == 1)
            ok(crlNetworkLayerInput(network, 1, 0, f.name.pointer))
            #expect(f.name.elements[0].map { String(cString: $0) } == "hidden")
        }
    }

    @Test func tensorsLieInOneVector() {
        let f = Fixture()
        var base: UnsafeMutablePointer<Float>?
        var count: UInt = 0
        ok(crlNetworkParameters(f.network, &base, &count))
        #expect(count == 17 && UInt(bitPattern: base) % 64 == 0)
        ok(crlNetworkTensorCount(f.network, &count))
        #expect(count == 4)
        let expected = [
            ("hidden.weight", 0, 3, 2, 2), ("hidden.bias", 6, 3, 1, 1), ("out.weight", 9, 2, 3, 2),
            ("out.bias", 15, 2, 1, 1),
        ]
        for (index, (name, offset, rows, columns, rank)) in expected.enumerated() {
            for byName in [false, true] {
                f.tensor.pointer.pointee = .initial
                ok(
                    byName
                        ? crlNetworkFindTensor(f.network, name, f.tensor.pointer)
                        : crlNetworkTensor(f.network, UInt(index), f.tensor.pointer))
                let tensor = f.tensor.elements[0]
                #expect(tensor.name.map { String(cString: $0) } == name)
                #expect(tensor.offset == offset && tensor.rows == rows && tensor.columns == columns)
                #expect(tensor.rank == rank)
                #expect(tensor.size == MemoryLayout<crl_tensor>.size)
            }
        }
    }

    @Test func oneSeedGivesTheSameParameters() {
        let networks = [UInt64(1), 1, 2].map { Fixture.makeNetwork(seed: $0) }
        let bits = networks.map { parameters(of: $0).bytes }
        #expect(bits[0] == bits[1] && bits[0] != bits[2])
        for network in networks { crlNetworkDestroy(network) }
    }

    @Test func predictionFollowsTheFormulas() {
        let f = Fixture()
        let expected = LifeTests.reference(parameters(of: f.network).elements, f.x.elements)
        for (y, reference) in zip(f.prediction, expected) { #expect(abs(Double(y) - reference) < 1e-5) }
    }

    /// One call and the four passes give the same bits; a step moves the parameters by −η g.
    @Test func passesAreTheWholeCallTakenApart() {
        let f = Fixture()
        let cost = f.cost(CRL_HUBER)
        var C = 0.0
        ok(crlNetworkValueAndGradient(f.network, cost, f.x.pointer, 4, 2, f.targets(), &C, f.gradients.pointer, 17))

        let gradients = Memory<Float>(0, count: 17)
        ok(crlForward(f.network, f.workspace, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(f.y.elements == f.prediction)
        ok(crlCost(cost, f.y.pointer, 4, 2, 2, f.targets(), f.C.pointer, f.dC_dy.pointer, 4, 2))
        ok(crlBackward(f.network, f.workspace, f.dC_dy.pointer, 4, 2, gradients.pointer, 17, 0, nil, 0, 0))
        #expect(f.C.elements == [C] && gradients.bytes == f.gradients.bytes)

        let before = parameters(of: f.network).elements
        ok(crlStep(f.optimizer, f.network, gradients.pointer, 17))
        for (index, w) in parameters(of: f.network).elements.enumerated() {
            #expect(abs(w - (before[index] - 0.1 * gradients.elements[index])) < 1e-6)
        }
    }

    @Test func learningRateCanBeReadAndChanged() {
        let f = Fixture()
        ok(crlOptimizerLearningRate(f.optimizer, f.rate.pointer))
        #expect(f.rate.elements == [0.1])
        ok(crlOptimizerSetLearningRate(f.optimizer, 0))
        ok(crlOptimizerLearningRate(f.optimizer, f.rate.pointer))
        #expect(f.rate.elements == [0])
        let before = parameters(of: f.network).bytes
        ok(crlStep(f.optimizer, f.network, f.slope.pointer, 17))
        #expect(parameters(of: f.network).bytes == before)
    }

    @Test(arguments: CRL_GRADIENT_DESCENT...CRL_QUICKPROP)
    func fitLearnsExclusiveOr(_ method: Int) {
        let f = Fixture()
        let x = Memory<Float>([0, 0, 0, 1, 1, 0, 1, 1])
        let classes = Memory<Int32>([0, 1, 1, 0])
        let targets = f.classTargets { $0.classes = UnsafePointer(classes.pointer) }
        var optimizer: UnsafeMutablePointer<crl_optimizer>?
        let options = f.optimizerOptions {
            $0.method = crl_optimizer_method(method)
            $0.learning_rate = method == CRL_GRADIENT_DESCENT ? 0.5 : 0.05
        }
        ok(crlOptimizerCreate(f.network, options, &optimizer))
        let train = f.train {
            $0.cost = f.cost(CRL_CROSS_ENTROPY)
            $0.optimizer = optimizer
            $0.epochs = 3000
            $0.batch_size = 4
            $0.seed = 1
        }
        ok(crlNetworkFit(f.network, x.pointer, 4, 2, targets, nil, train))
        ok(crlNetworkPredict(f.network, x.pointer, 4, 2, f.y.pointer, 4, 2))
        let y = f.y.elements
        for row in 0..<4 { #expect((y[2 * row + 1] > y[2 * row]) == (classes.elements[row] == 1)) }
        crlOptimizerDestroy(optimizer)
    }

    @Test func savedNetworkIsLoadedBitForBit() throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        let path = folder.file("net.safetensors")
        ok(crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, nil))
        ok(crlNetworkSave(f.network, path))
        #expect(try folder.names == ["net.safetensors"])

        var loaded: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkLoad(path, &loaded))
        defer { crlNetworkDestroy(loaded) }
        #expect(parameters(of: loaded!).bytes == parameters(of: f.network).bytes)
        ok(crlNetworkLayer(loaded, 0, f.layer.pointer))
        #expect(f.layerName == "hidden")
        ok(crlNetworkPredict(loaded, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(f.y.elements == f.prediction)

        #expect(parameters(of: f.other).bytes != parameters(of: f.network).bytes)
        ok(crlNetworkLoadParameters(f.other, path))
        #expect(parameters(of: f.other).bytes == parameters(of: f.network).bytes)
        // A second save replaces the file.
        ok(crlNetworkSave(f.other, path))
        #expect(try folder.names == ["net.safetensors"])
    }

    /// Residual and multi-branch networks, with every activation, go through a file and back.
    @Test func networkOfEveryKindOfLayer() throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(2, &network))
        for activation in CRL_IDENTITY...CRL_EXPONENTIAL {
            ok(crlNetworkAddDense(network, 2, crl_activation(activation), f.layer { $0.bias = Int32(activation % 2) }))
            ok(crlNetworkAddActivation(network, crl_activation(activation), nil))
            let last = "\(3 * activation + 1)"
            let before = activation == 0 ? "input" : "\(3 * activation - 1)"
            ok(crlNetworkAddSum(network, f.texts([last, before]), 2, nil))
        }
        ok(crlNetworkAddConcatenation(network, f.texts(["56", "input", "56"]), 3, "all"))
        ok(crlNetworkBuild(network, 5))
        ok(crlNetworkOutputSize(network, f.sizes.pointer))
        #expect(f.sizes.elements[0] == 6)
        let y = Memory<Float>(77, count: 24)
        ok(crlNetworkPredict(network, f.x.pointer, 4, 2, y.pointer, 4, 6))
        for row in 0..<4 {
            #expect(y.elements[6 * row + 2] == f.x.elements[2 * row] && y.elements[6 * row] == y.elements[6 * row + 4])
        }
        ok(crlNetworkSave(network, folder.file("net")))
        var loaded: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkLoad(folder.file("net"), &loaded))
        let again = Memory<Float>(77, count: 24)
        ok(crlNetworkPredict(loaded, f.x.pointer, 4, 2, again.pointer, 4, 6))
        #expect(again.bytes == y.bytes)
        crlNetworkDestroy(network)
        crlNetworkDestroy(loaded)
    }

    /// What the library hands out lives as long as the network, whatever else happens.
    @Test func namesLiveAsLongAsTheNetwork() throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        ok(crlNetworkLayer(f.unbuilt, 0, f.layer.pointer))
        for index in 0..<100 { ok(crlNetworkAddDense(f.unbuilt, UInt(index + 1), 0, nil)) }
        ok(crlNetworkBuild(f.unbuilt, 1))
        ok(crlNetworkFindTensor(f.unbuilt, "hidden.bias", f.tensor.pointer))
        ok(crlNetworkSave(f.unbuilt, folder.file("net")))
        ok(crlNetworkLoadParameters(f.unbuilt, folder.file("net")))
        #expect(f.layerName == "hidden")
        #expect(f.tensor.elements[0].name.map { String(cString: $0) } == "hidden.bias")
    }
}
