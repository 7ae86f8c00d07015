import CChainrule
import ChainruleC
import Testing

/// NaN and infinity: refused by what trains, passed on by what predicts; and steps that would overflow.
@Suite struct NotFiniteTests {
    static let values = [Float.nan, .infinity, -.infinity]

    static let inputs = values.flatMap { value in
        [
            BadCall("crl_network_value_and_gradient", CRL_ERROR_NOT_FINITE, "row 2, column 1", "\(value)") { f in
                let x = f.keepFloats(f.x.elements, replacing: 5, with: value)
                return crlNetworkValueAndGradient(
                    f.network, nil, x, 4, 2, f.targets(), f.C.pointer, f.gradients.pointer, 17)
            },
            BadCall("crl_network_fit", CRL_ERROR_NOT_FINITE, "x holds \(value)", "row 0, column 0") { f in
                crlNetworkFit(
                    f.network, f.keepFloats(f.x.elements, replacing: 0, with: value), 4, 2, f.targets(), nil,
                    f.train { $0.optimizer = f.optimizer })
            },
            BadCall("crl_network_fit", CRL_ERROR_NOT_FINITE, "the validation data holds \(value)", "row 3, column 1") {
                f in
                crlNetworkFit(
                    f.network, f.x.pointer, 4, 2, f.targets(),
                    f.validation { $0.x = f.keepFloats(f.x.elements, replacing: 7, with: value) }, nil)
            },
            TrainerCallTests.bad("crl_trainer_fit", CRL_ERROR_NOT_FINITE, "x holds \(value) at row 2, column 0") {
                f, t in
                let x = f.keepFloats(f.x.elements, replacing: 4, with: value)
                return crlTrainerFit(t, x, 4, 2, f.targets(), nil)
            },
            TrainerCallTests.bad("crl_trainer_fit", CRL_ERROR_NOT_FINITE, "the validation data holds \(value) at row 0")
            {
                f, t in
                let x = f.keepFloats(f.x.elements, replacing: 1, with: value)
                return crlTrainerFit(t, f.x.pointer, 4, 2, f.targets(), f.validation(x, 4, 2, f.targets()))
            },
            TrainerCallTests.bad("crl_trainer_partial_fit", CRL_ERROR_NOT_FINITE, "x holds \(value) at row 3") { f, t in
                let x = f.keepFloats(f.x.elements, replacing: 7, with: value)
                return crlTrainerPartialFit(t, x, 4, 2, f.targets(), nil)
            },
            BadCall("crl_network_evaluate", CRL_ERROR_NOT_FINITE, "x holds \(value)", "row 1, column 1") { f in
                let x = f.keepFloats(f.x.elements, replacing: 3, with: value)
                return crlNetworkEvaluate(f.network, nil, x, 4, 2, f.targets(), 1, f.keep(.initial), nil, 0)
            },
            BadCall("crl_step", CRL_ERROR_NOT_FINITE, "out.weight[1, 2]", "\(value)") { f in
                crlStep(f.optimizer, f.network, f.keepFloats(f.slope.elements, replacing: 14, with: value), 17)
            },
            BadCall("crl_step", CRL_ERROR_NOT_FINITE, "hidden.bias[0, 0]", "\(value)") { f in
                crlStep(f.optimizer, f.network, f.keepFloats(f.slope.elements, replacing: 6, with: value), 17)
            },
        ]
    }

    static let overflows = [
        BadCall("crl_step", CRL_ERROR_NOT_FINITE, "overflow", "3e+38") { f in
            ok(crlOptimizerSetLearningRate(f.optimizer, 10))
            return crlStep(f.optimizer, f.network, f.keepFloats(f.slope.elements, replacing: 3, with: 3e38), 17)
        },
        BadCall("crl_cost", CRL_ERROR_NOT_FINITE, "nan") { f in
            crlCost(
                nil, f.keepFloats(f.x.elements, replacing: 3, with: .nan), 4, 2, 2, f.targets(), f.C.pointer, nil, 0, 0)
        },
        BadCall("crl_cost", CRL_ERROR_NOT_FINITE, "inf") { f in
            crlCost(
                nil, f.keepFloats(f.x.elements, replacing: 3, with: -.infinity), 4, 2, 2, f.targets(), f.C.pointer, nil,
                0,
                0)
        },
        BadCall("crl_cost", CRL_ERROR_NOT_FINITE, "row 1, column 1", "nan") { f in
            crlCost(
                f.cost(CRL_BINARY_CROSS_ENTROPY), f.keepFloats(f.t.elements, replacing: 3, with: .nan), 4, 2, 2,
                f.targets(), f.C.pointer, nil, 0, 0)
        },
        BadCall("crl_cost", CRL_ERROR_NOT_FINITE, "row 3, column 1", "1.5") { f in
            crlCost(
                f.cost(CRL_BINARY_CROSS_ENTROPY), f.keepFloats(f.t.elements, replacing: 7, with: 1.5), 4, 2, 2,
                f.targets(), f.C.pointer, nil, 0, 0)
        },
    ]

    @Test(arguments: inputs + overflows)
    func isAnError(_ bad: BadCall) { bad.check() }

    @Test(arguments: values)
    func goThroughPredictAndForward(_ value: Float) {
        let f = Fixture()
        let expected = f.prediction
        f.x.pointer[3] = value
        ok(crlNetworkPredict(f.network, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        // Row 1 alone has the value; tanh makes ±1 of an infinity, and NaN stays NaN.
        #expect(f.y.elements[2].isNaN == value.isNaN && f.y.elements[3].isNaN == value.isNaN)
        for index in [0, 1, 4, 5, 6, 7] { #expect(f.y.elements[index] == expected[index]) }
        let y = f.y.bytes
        ok(crlForward(f.network, f.workspace, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(f.y.bytes == y)
    }

    /// Hyperparameters at the edge: whatever a step says, the parameters are finite afterwards.
    @Test(arguments: CRL_GRADIENT_DESCENT...CRL_QUICKPROP, [Float(1e-8), 1, 1e20, 3e38])
    func stepsNeverMakeParametersThatAreNotFinite(_ method: Int, _ epsilon: Float) {
        let methodsWithEpsilon = ValueTests.optimizerHyperparameters.first { $0.0 == "epsilon" }!.1
        for rate in [Float(0), Float.leastNonzeroMagnitude, 1e10, 1e38, Float.greatestFiniteMagnitude] {
            for slope in [
                Float(0), Float.leastNonzeroMagnitude, 1e-30, 1e-9, 1, 1e15, 1e19, 1e38, Float.greatestFiniteMagnitude,
            ] {
                let f = Fixture()
                var optimizer: UnsafeMutablePointer<crl_optimizer>?
                let options = f.optimizerOptions {
                    $0.method = crl_optimizer_method(method)
                    $0.learning_rate = rate
                    if methodsWithEpsilon.contains(method) { $0.epsilon = epsilon }
                }
                ok(crlOptimizerCreate(f.network, options, &optimizer))
                for index in 0..<17 { f.slope.pointer[index] = index % 2 == 0 ? slope : -slope }
                for _ in 0..<3 {
                    let before = parameters(of: f.network).bytes
                    let status = crlStep(optimizer, f.network, f.slope.pointer, 17)
                    let after = parameters(of: f.network)
                    #expect(
                        after.elements.allSatisfy { $0.isFinite }, "rate \(rate), gradient \(slope), status \(status)")
                    if status != CRL_OK { #expect(status == crl_status(CRL_ERROR_NOT_FINITE) && after.bytes == before) }
                }
                crlOptimizerDestroy(optimizer)
            }
        }
    }

    /// Training that diverges stops with an error, and the parameters are those before the step that would not do.
    @Test func divergingFitLeavesFiniteParameters() {
        let f = Fixture()
        ok(crlOptimizerSetLearningRate(f.optimizer, 1e30))
        let status = crlNetworkFit(
            f.network, f.x.pointer, 4, 2, f.targets(), nil,
            f.train {
                $0.optimizer = f.optimizer
                $0.epochs = 100
            })
        fails(status, CRL_ERROR_NOT_FINITE, "crl_network_fit", ["epoch", "batch 1"])
        #expect(parameters(of: f.network).elements.allSatisfy { $0.isFinite })
    }

    /// So does a trainer, again and again; and its checkpoint can be loaded.
    @Test func divergingTrainerLeavesFiniteParameters() throws {
        let f = Fixture()
        let folder = try TemporaryFolder()
        ok(crlOptimizerSetLearningRate(f.optimizer, 1e30))
        let trainer = TrainerCallTests.makeTrainer(f) { $0.epochs = 100 }
        for _ in 0..<3 {
            fails(
                crlTrainerFit(trainer, f.x.pointer, 4, 2, f.targets(), nil), CRL_ERROR_NOT_FINITE,
                "crl_trainer_fit", ["epoch", "batch"])
            #expect(parameters(of: f.network).elements.allSatisfy { $0.isFinite })
        }
        ok(crlTrainerSave(trainer, folder.file("diverged")))
        ok(crlTrainerLoad(trainer, folder.file("diverged")))
        crlTrainerDestroy(trainer)
    }
}

extension Fixture {
    /// A copy of an array with one element replaced.
    func keepFloats(_ elements: [Float], replacing index: Int, with value: Float) -> UnsafePointer<Float> {
        let pointer = keepArray(elements)
        pointer[index] = value
        return UnsafePointer(pointer)
    }
}
