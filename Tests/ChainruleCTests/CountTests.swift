import CChainrule
import ChainruleC
import Testing

/// Every count is compared with every other before an element is read: x holds NaN, which no call may come to see, and what
/// `x_rows` claims beyond its end, AddressSanitizer sees.
@Suite struct CountTests {
    typealias Call =
        @Sendable (_ f: Fixture, _ x: UnsafePointer<Float>, _ rows: UInt, _ targets: UnsafePointer<crl_targets>) ->
        crl_status

    static let calls: [(name: String, call: Call)] = [
        (
            "crl_network_value_and_gradient",
            { crlNetworkValueAndGradient($0.network, nil, $1, $2, 2, $3, $0.C.pointer, $0.gradients.pointer, 17) }
        ),
        (
            "crl_network_evaluate",
            { f, x, rows, targets in
                let metrics = f.keep(crl_metrics.initial)
                return crlNetworkEvaluate(f.network, nil, x, rows, 2, targets, 1, metrics, nil, 0)
            }
        ),
        ("crl_network_fit", { crlNetworkFit($0.network, $1, $2, 2, $3, nil, nil) }),
        ("crl_network_minimize", { crlNetworkMinimize($0.network, $1, $2, 2, $3, nil, nil, nil) }),
        (
            "crl_network_hessian_product",
            { crlNetworkHessianProduct($0.network, nil, $1, $2, 2, $3, $0.slope.pointer, 17, $0.gradients.pointer, 17) }
        ),
        (
            "crl_network_gauss_newton_product",
            {
                crlNetworkGaussNewtonProduct(
                    $0.network, nil, $1, $2, 2, $3, $0.slope.pointer, 17, $0.gradients.pointer, 17)
            }
        ),
        (
            "crl_network_hessian",
            { f, x, rows, targets in
                crlNetworkHessian(
                    f.network, nil, x, rows, 2, targets, f.keepArray([Float](repeating: 77, count: 289)), 17, 17)
            }
        ),
        (
            "crl_network_check_gradient",
            { f, x, rows, targets in
                var report = crl_gradient_report.initial
                return crlNetworkCheckGradient(f.network, nil, x, rows, 2, targets, nil, &report)
            }
        ),
        (
            "crl_network_create_cascade",
            { f, x, rows, targets in
                var made: UnsafeMutablePointer<crl_network>?
                return crlNetworkCreateCascade(2, 2, x, rows, 2, targets, nil, nil, &made)
            }
        ),
        (
            "crl_trainer_fit",
            { f, x, rows, targets in
                withTrainer(f) { crlTrainerFit($0, x, rows, 2, targets, nil) }
            }
        ),
        (
            "crl_trainer_partial_fit",
            { f, x, rows, targets in withTrainer(f) { crlTrainerPartialFit($0, x, rows, 2, targets, nil) } }
        ),
        // As validation data.
        (
            "crl_network_fit",
            { f, x, rows, targets in
                crlNetworkFit(f.network, x, 4, 2, f.targets(), f.validation(x, rows, 2, targets), nil)
            }
        ),
        (
            "crl_trainer_fit",
            { f, x, rows, targets in
                withTrainer(f) { crlTrainerFit($0, x, 4, 2, f.targets(), f.validation(x, rows, 2, targets)) }
            }
        ),
    ]

    private static func withTrainer(
        _ f: Fixture, _ body: (UnsafeMutablePointer<crl_trainer>?) -> crl_status
    ) -> crl_status {
        var trainer: UnsafeMutablePointer<crl_trainer>?
        ok(crlTrainerCreate(f.network, nil, &trainer))
        defer { crlTrainerDestroy(trainer) }
        return body(trainer)
    }

    /// More rows of x than of targets, fewer, and as many as no memory has.
    static let contradictions: [(rows: UInt, targets: Int)] = [(5, 4), (4, 3), (4, 5), (1 << 31, 4), (4, 1 << 31)]

    @Test(arguments: calls.indices, contradictions.indices)
    func comeBeforeElements(_ index: Int, _ contradiction: Int) {
        let (name, call) = CountTests.calls[index]
        let (rows, targets) = CountTests.contradictions[contradiction]
        BadCall(name, CRL_ERROR_SIZE, "there are \(targets) target values for \(rows) rows") { f in
            call(f, f.keepFloats(f.x.elements, replacing: 7, with: .nan), rows, f.targets { $0.rows = targets })
        }.check()
    }

    @Test(arguments: calls.indices)
    func ofWeightsToo(_ index: Int) {
        let (name, call) = CountTests.calls[index]
        BadCall(name, CRL_ERROR_SIZE, "there are 5 sample weights for 4 rows") { f in
            call(
                f, f.keepFloats(f.x.elements, replacing: 7, with: .nan), 4,
                f.targets {
                    $0.weights = UnsafePointer(f.weights.pointer)
                    $0.weights_count = 5
                })
        }.check()
    }

    /// What no memory has room for is compared before it is asked for.
    @Test func comeBeforeMemory() {
        BadCall("crl_network_create_cascade", CRL_ERROR_SIZE, "targets have 2 columns; the outputs have 2147483647") {
            f in
            var made: UnsafeMutablePointer<crl_network>?
            return crlNetworkCreateCascade(2, 2_147_483_647, f.x.pointer, 4, 2, f.targets(), nil, nil, &made)
        }.check()
    }
}
