import CChainrule
import ChainruleC
import Foundation
import Testing

/// Outputs compared with targets, through the C functions.
@Suite struct EvaluateCallTests {
    private static let function = "crl_network_evaluate"

    /// The call with a matrix of `confusion_count` numbers, of which 4 are there.
    private static func evaluate(
        _ f: Fixture, _ cost: Int = CRL_CROSS_ENTROPY, targets: UnsafePointer<crl_targets>? = nil, top: UInt = 1,
        metrics: crl_metrics = .initial, count: UInt = 4
    ) -> crl_status {
        let metrics = f.keep(metrics)
        let confusion = Memory<Double>(77, count: 4)
        let before = Memory(metrics.pointee).bytes
        let status = crlNetworkEvaluate(
            f.network, f.cost(cost), f.x.pointer, 4, 2, targets ?? f.classTargets(), top, metrics, confusion.pointer,
            count)
        #expect(Memory(metrics.pointee).bytes == before)
        return status
    }

    static let badCalls = [
        BadCall(function, CRL_ERROR_NULL, "network is NULL") { f in
            crlNetworkEvaluate(nil, nil, f.x.pointer, 4, 2, f.targets(), 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_NULL, "x is NULL") { f in
            crlNetworkEvaluate(f.network, nil, nil, 4, 2, f.targets(), 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_NULL, "targets is NULL") { f in
            crlNetworkEvaluate(f.network, nil, f.x.pointer, 4, 2, nil, 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_NULL, "metrics is NULL") { f in
            crlNetworkEvaluate(f.network, nil, f.x.pointer, 4, 2, f.targets(), 1, nil, nil, 0)
        },
        BadCall(function, CRL_ERROR_HANDLE, "network is not a crl_network") { f in
            crlNetworkEvaluate(cast(f.workspace), nil, f.x.pointer, 4, 2, f.targets(), 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_HANDLE, "network is not a crl_network") { f in
            crlNetworkEvaluate(misaligned(f.network), nil, f.x.pointer, 4, 2, f.targets(), 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_NOT_BUILT, "not built") { f in
            crlNetworkEvaluate(f.unbuilt, nil, f.x.pointer, 4, 2, f.targets(), 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_SIZE, "x_rows is 0") { f in
            crlNetworkEvaluate(f.network, nil, f.x.pointer, 0, 2, f.targets(), 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_SIZE, "x_stride is 1") { f in
            crlNetworkEvaluate(f.network, nil, f.x.pointer, 4, 1, f.targets(), 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_SIZE, "x has \(UInt.max) rows") { f in
            crlNetworkEvaluate(f.network, nil, f.x.pointer, .max, 2, f.targets(), 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_SIZE, "4 target values for 3 rows") { f in
            crlNetworkEvaluate(f.network, nil, f.x.pointer, 3, 2, f.targets(), 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_SIZE, "top is 0") { evaluate($0, top: 0) },
        BadCall(function, CRL_ERROR_SIZE, "top is \(UInt.max)") { evaluate($0, top: .max) },
        BadCall(function, CRL_ERROR_SIZE, "metrics->size is 0") { evaluate($0, metrics: crl_metrics()) },
        BadCall(function, CRL_ERROR_SIZE, "metrics->size is 47") { f in
            var metrics = crl_metrics.initial
            metrics.size -= 1
            return evaluate(f, metrics: metrics)
        },
        BadCall(function, CRL_ERROR_SIZE, "confusion_count is 0") { evaluate($0, count: 0) },
        BadCall(function, CRL_ERROR_SIZE, "confusion_count is 2; 2 classes") { evaluate($0, count: 2) },
        BadCall(function, CRL_ERROR_SIZE, "confusion_count is 5") { evaluate($0, count: 5) },
        BadCall(function, CRL_ERROR_SIZE, "confusion_count is \(UInt.max)") { evaluate($0, count: .max) },
        BadCall(function, CRL_ERROR_VALUE, "a confusion matrix needs classes: the cost 'mean_squared_error'") { f in
            evaluate(f, CRL_MEAN_SQUARED_ERROR, targets: f.targets())
        },
        BadCall(function, CRL_ERROR_VALUE, "'binary_cross_entropy_logits' of 2 outputs") { f in
            evaluate(f, CRL_BINARY_CROSS_ENTROPY_LOGITS, targets: f.targets())
        },
        BadCall(function, CRL_ERROR_VALUE, "77") { evaluate($0, 77) },
        BadCall(function, CRL_ERROR_TARGET, "the target class of row 2 is 2") { f in
            f.classes.pointer[2] = 2
            let status = evaluate(f)
            f.classes.pointer[2] = 1
            return status
        },
        BadCall(function, CRL_ERROR_TARGET, "'huber' takes target values, not classes") { f in
            let cost = f.cost(CRL_HUBER)
            return crlNetworkEvaluate(
                f.network, cost, f.x.pointer, 4, 2, f.classTargets(), 1, f.keep(.initial), nil, 0)
        },
        BadCall(function, CRL_ERROR_TARGET, "the sample weights are all 0") { f in
            evaluate(
                f,
                targets: f.classTargets {
                    $0.weights = UnsafePointer(f.keepArray([0, 0, 0, 0]))
                    $0.weights_count = 4
                })
        },
    ]

    @Test(arguments: badCalls)
    func isAnError(_ bad: BadCall) { bad.check() }

    // MARK: Numbers by hand

    /// A network whose outputs are its inputs.
    private func makeIdentity(_ inputs: UInt) -> UnsafeMutablePointer<crl_network> {
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(inputs, &network))
        ok(crlNetworkAddActivation(network, crl_activation(CRL_IDENTITY), nil))
        ok(crlNetworkBuild(network, 1))
        return network!
    }

    /// The fixture's x as the outputs for its classes: rows 0, 1 and 3 are wrong.
    @Test func classesByHand() {
        let f = Fixture()
        let network = makeIdentity(2)
        var metrics = crl_metrics.initial
        let confusion = Memory<Double>(77, count: 4)
        let losses = [0.5, 2, -1.75, 2.25].map { log(1 + exp($0)) }
        ok(
            crlNetworkEvaluate(
                network, f.cost(CRL_CROSS_ENTROPY), f.x.pointer, 4, 2, f.classTargets(), 2, &metrics,
                confusion.pointer, 4))
        #expect(abs(metrics.cost - losses.reduce(0, +) / 4) < 1e-6)
        #expect(metrics.size == MemoryLayout<crl_metrics>.size && metrics.rows == 4)
        #expect(metrics.accuracy == 0.25 && metrics.top_accuracy == 1 && metrics.r2.isNaN)
        #expect(confusion.elements == [0, 2, 1, 1])

        // With weights 1, 2, 0, 0.5: the row that is right has none.
        let targets = f.classTargets {
            $0.weights = UnsafePointer(f.weights.pointer)
            $0.weights_count = 4
        }
        ok(
            crlNetworkEvaluate(
                network, f.cost(CRL_CROSS_ENTROPY), f.x.pointer, 4, 2, targets, 1, &metrics, confusion.pointer, 4))
        #expect(abs(metrics.cost - (losses[0] + 2 * losses[1] + 0.5 * losses[3]) / 3.5) < 1e-6)
        #expect(metrics.accuracy == 0 && metrics.top_accuracy == 0)
        #expect(confusion.elements == [0, 1.5, 2, 0])
        crlNetworkDestroy(network)
    }

    @Test func quantitiesByHand() {
        let f = Fixture()
        let network = makeIdentity(2)
        var metrics = crl_metrics.initial
        ok(crlNetworkEvaluate(network, nil, f.x.pointer, 4, 2, f.targets(), 1, &metrics, nil, 77))
        #expect(abs(metrics.cost - 2.5625 / 4) < 1e-7)
        // Both columns' targets have the sum of squares 0.546875 about their means.
        #expect(abs(metrics.r2 - (1 - (1.0625 + 4.0625) / (2 * 0.546875))) < 1e-12)
        #expect(metrics.accuracy.isNaN && metrics.top_accuracy.isNaN && metrics.rows == 4)

        // Two outputs that each decide between no and yes: row 2 is wrong.
        ok(
            crlNetworkEvaluate(
                network, f.cost(CRL_BINARY_CROSS_ENTROPY_LOGITS), f.x.pointer, 4, 2, f.targets(), 1, &metrics, nil, 0))
        #expect(metrics.accuracy == 0.75 && metrics.top_accuracy.isNaN && metrics.r2.isNaN)
        crlNetworkDestroy(network)
    }

    @Test func oneOutputThatDecides() {
        let f = Fixture()
        let network = makeIdentity(1)
        var metrics = crl_metrics.initial
        let confusion = Memory<Double>(77, count: 4)
        let (x, t, weights) = (f.keepArray([0, 0.5, -1, 2]), f.keepArray([1, 1, 0, 0]), f.keepArray([1, 2, 4, 8]))
        let targets = f.targets {
            $0.values = UnsafePointer(t)
            $0.columns = 1
            $0.stride = 1
            $0.weights = UnsafePointer(weights)
            $0.weights_count = 4
        }
        ok(
            crlNetworkEvaluate(
                network, f.cost(CRL_BINARY_CROSS_ENTROPY_LOGITS), x, 4, 1, targets, 1, &metrics, confusion.pointer, 4))
        #expect(metrics.accuracy == 6.0 / 15 && confusion.elements == [4, 8, 1, 2])
        crlNetworkDestroy(network)
    }
}
