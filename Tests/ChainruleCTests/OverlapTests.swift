import CChainrule
import ChainruleC
import Testing

/// What a call writes where it reads is an error, or its results are the same as elsewhere.
@Suite struct OverlapTests {
    private static func bad(
        _ function: String, _ what: String, line: Int = #line, _ call: @escaping @Sendable (Fixture) -> crl_status
    ) -> BadCall { BadCall(function, CRL_ERROR_OVERLAP, what, line: line, call: call) }

    private static func parameters(of network: UnsafeMutablePointer<crl_network>) -> UnsafeMutablePointer<Float> {
        var base: UnsafeMutablePointer<Float>?
        var count: UInt = 0
        ok(crlNetworkParameters(network, &base, &count))
        return base!
    }

    static let predictions: [BadCall] = [
        bad("crl_network_predict", "y overlaps x") {
            crlNetworkPredict($0.network, $0.x.pointer, 4, 2, $0.x.pointer, 4, 2)
        },
        bad("crl_network_predict", "y overlaps x") {
            crlNetworkPredict($0.network, $0.x.pointer, 3, 2, $0.x.pointer + 5, 3, 2)
        },
        bad("crl_network_predict", "y overlaps x") {
            crlNetworkPredict($0.network, $0.x.pointer + 3, 2, 2, $0.x.pointer, 3, 2)
        },
        bad("crl_network_predict", "y overlaps the network's parameters") {
            crlNetworkPredict($0.network, $0.x.pointer, 4, 2, parameters(of: $0.network) + 3, 4, 2)
        },
        bad("crl_predictor_predict", "y overlaps x") { f in
            var predictor: UnsafeMutablePointer<crl_predictor>?
            ok(crlPredictorCreate(f.network, crl_precision(CRL_PRECISION_FLOAT32), &predictor))
            defer { crlPredictorDestroy(predictor) }
            return crlPredictorPredict(predictor, f.x.pointer, 2, 2, f.x.pointer + 3, 2, 2)
        },
        bad("crl_publisher_predict", "y overlaps x") { f in
            var publisher: UnsafeMutablePointer<crl_publisher>?
            ok(crlPublisherCreate(f.network, crl_precision(CRL_PRECISION_FLOAT32), &publisher))
            defer { crlPublisherDestroy(publisher) }
            return crlPublisherPredict(publisher, f.x.pointer + 1, 2, 2, f.x.pointer, 2, 2)
        },
    ]

    static let passes: [BadCall] = [
        bad("crl_forward", "y overlaps the network's parameters") {
            crlForward($0.network, $0.workspace, $0.x.pointer, 4, 2, parameters(of: $0.network), 4, 2)
        },
        bad("crl_cost", "dC_dy overlaps y") {
            crlCost(nil, $0.x.pointer, 3, 2, 2, $0.targets { $0.rows = 3 }, $0.C.pointer, $0.x.pointer + 1, 3, 2)
        },
        bad("crl_cost", "dC_dy overlaps y") { f in
            let cost = f.cost {
                $0.kind = crl_cost_kind(CRL_CUSTOM_COST)
                $0.function = { _, _, _, _, _, _, _, _, _ in 0 }
            }
            return crlCost(cost, f.x.pointer, 4, 2, 2, f.targets(), f.C.pointer, f.x.pointer, 4, 2)
        },
        bad("crl_cost", "dC_dy overlaps targets->values") {
            crlCost(nil, $0.x.pointer, 4, 2, 2, $0.targets(), $0.C.pointer, $0.t.pointer, 4, 2)
        },
        bad("crl_cost", "dC_dy overlaps targets->classes") { f in
            let place = UnsafeMutableRawPointer(f.classes.pointer + 3).assumingMemoryBound(to: Float.self)
            return crlCost(
                f.cost(CRL_CROSS_ENTROPY), f.x.pointer, 4, 2, 2, f.classTargets(), f.C.pointer, place, 4, 2)
        },
        bad("crl_cost", "dC_dy overlaps targets->weights") { f in
            let targets = f.targets {
                $0.weights = UnsafePointer(f.y.pointer)
                $0.weights_count = 4
            }
            return crlCost(nil, f.x.pointer, 4, 2, 2, targets, f.C.pointer, f.y.pointer, 4, 2)
        },
        bad("crl_backward", "gradients overlaps the network's parameters") {
            crlBackward(
                $0.network, $0.workspace, $0.t.pointer, 4, 2, parameters(of: $0.network), 17, 0, nil, 0, 0)
        },
        bad("crl_backward", "dC_dx overlaps the network's parameters") {
            crlBackward($0.network, $0.workspace, $0.t.pointer, 4, 2, nil, 0, 0, parameters(of: $0.network), 4, 2)
        },
        bad("crl_backward", "dC_dx overlaps gradients") {
            crlBackward(
                $0.network, $0.workspace, $0.t.pointer, 4, 2, $0.gradients.pointer, 17, 0, $0.gradients.pointer + 16, 4,
                2)
        },
        bad("crl_backward_until", "gradients overlaps the network's parameters") {
            crlBackwardUntil($0.network, $0.workspace, $0.t.pointer, 4, 2, 0, parameters(of: $0.network), 17, 0)
        },
        bad("crl_step", "the network's parameters overlaps gradients") {
            crlStep($0.optimizer, $0.network, parameters(of: $0.network), 17)
        },
    ]

    static let wholeCalls: [BadCall] = [
        bad("crl_network_value_and_gradient", "gradients overlaps x") {
            crlNetworkValueAndGradient(
                $0.network, nil, $0.gradients.pointer, 4, 2, $0.targets(), $0.C.pointer, $0.gradients.pointer, 17)
        },
        bad("crl_network_value_and_gradient", "gradients overlaps targets->values") { f in
            let targets = f.targets { $0.values = UnsafePointer(f.gradients.pointer + 9) }
            return crlNetworkValueAndGradient(
                f.network, nil, f.x.pointer, 4, 2, targets, f.C.pointer, f.gradients.pointer, 17)
        },
        bad("crl_network_evaluate", "confusion overlaps x") { f in
            let metrics = f.keep(crl_metrics.initial)
            let confusion = UnsafeMutableRawPointer(f.x.pointer).assumingMemoryBound(to: Double.self)
            return crlNetworkEvaluate(
                f.network, f.cost(CRL_CROSS_ENTROPY), f.x.pointer, 4, 2, f.classTargets(), 1, metrics, confusion, 4)
        },
        bad("crl_network_jvp", "y_tangent overlaps x") {
            crlNetworkJVP(
                $0.network, $0.x.pointer, 4, 2, nil, 0, $0.slope.pointer, 17, nil, 0, 0, $0.x.pointer, 4, 2)
        },
        bad("crl_network_jvp", "y_tangent overlaps w_tangent") {
            crlNetworkJVP(
                $0.network, $0.x.pointer, 4, 2, nil, 0, $0.slope.pointer, 17, nil, 0, 0, $0.slope.pointer, 4, 2)
        },
        bad("crl_network_jvp", "y overlaps x_tangent") {
            crlNetworkJVP(
                $0.network, $0.x.pointer, 4, 2, $0.t.pointer, 2, nil, 0, $0.t.pointer, 4, 2, $0.y.pointer, 4, 2)
        },
        bad("crl_network_jvp", "y overlaps y_tangent") {
            crlNetworkJVP(
                $0.network, $0.x.pointer, 4, 2, nil, 0, $0.slope.pointer, 17, $0.y.pointer, 4, 2, $0.y.pointer, 4, 2)
        },
        bad("crl_network_vjp", "gradients overlaps u") {
            crlNetworkVJP(
                $0.network, $0.x.pointer, 4, 2, $0.gradients.pointer + 1, 2, $0.gradients.pointer, 17, nil, 0, 0)
        },
        bad("crl_network_vjp", "x_gradient overlaps x") {
            crlNetworkVJP($0.network, $0.x.pointer, 4, 2, $0.t.pointer, 2, nil, 0, $0.x.pointer, 4, 2)
        },
        bad("crl_network_vjp", "x_gradient overlaps gradients") {
            crlNetworkVJP(
                $0.network, $0.x.pointer, 4, 2, $0.t.pointer, 2, $0.gradients.pointer, 17, $0.gradients.pointer, 4, 2)
        },
        bad("crl_network_hessian_product", "product overlaps vector") {
            crlNetworkHessianProduct(
                $0.network, nil, $0.x.pointer, 4, 2, $0.targets(), $0.slope.pointer, 17, $0.slope.pointer, 17)
        },
        bad("crl_network_gauss_newton_product", "product overlaps the network's parameters") {
            crlNetworkGaussNewtonProduct(
                $0.network, nil, $0.x.pointer, 4, 2, $0.targets(), $0.slope.pointer, 17, parameters(of: $0.network), 17)
        },
        bad("crl_network_hessian", "hessian overlaps x") { f in
            let hessian = f.keepArray([Float](repeating: 0.5, count: 289))
            return crlNetworkHessian(f.network, nil, hessian + 200, 4, 2, f.targets(), hessian, 17, 17)
        },
        bad("crl_network_jacobian", "jacobian overlaps x") { f in
            let jacobian = f.keepArray([Float](repeating: 0.5, count: 136))
            return crlNetworkJacobian(
                f.network, jacobian, 4, 2, crl_variable(CRL_VARIABLE_PARAMETERS), jacobian, 8, 17)
        },
    ]

    static let training: [BadCall] = [
        bad("crl_network_fit", "the network's parameters overlaps x") {
            crlNetworkFit($0.network, parameters(of: $0.network), 4, 2, $0.targets(), nil, nil)
        },
        bad("crl_network_fit", "the network's parameters overlaps targets->values") { f in
            let targets = f.targets { $0.values = UnsafePointer(parameters(of: f.network)) }
            let held = f.validation { $0.targets = targets }
            return crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), held, nil)
        },
        bad("crl_network_minimize", "the network's parameters overlaps targets->weights") { f in
            let targets = f.targets {
                $0.weights = UnsafePointer(parameters(of: f.network))
                $0.weights_count = 4
            }
            return crlNetworkMinimize(f.network, f.x.pointer, 4, 2, targets, nil, nil, nil)
        },
    ]

    @Test(arguments: predictions + passes + wholeCalls + training)
    func isAnError(_ bad: BadCall) { bad.check() }

    // MARK: Where it works

    @Test func forwardMayOverwriteX() {
        let f = Fixture()
        ok(crlForward(f.network, f.workspace, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        ok(crlForward(f.network, f.workspace, f.x.pointer, 4, 2, f.x.pointer, 4, 2))
        #expect(f.x.bytes == f.y.bytes)
    }

    @Test func backwardMayOverwriteItsGradient() {
        let f = Fixture()
        ok(
            crlBackward(
                f.network, f.workspace, f.t.pointer, 4, 2, f.gradients.pointer, 17, 0, f.dC_dx.pointer, 4, 2))
        let inPlace = f.keepArray(f.t.elements + [Float](repeating: 0, count: 9))
        ok(crlBackward(f.network, f.workspace, f.t.pointer, 4, 2, nil, 0, 0, f.t.pointer, 4, 2))
        #expect(f.t.bytes == f.dC_dx.bytes)
        ok(crlBackward(f.network, f.workspace, inPlace, 4, 2, inPlace, 17, 0, nil, 0, 0))
        #expect((0..<17).allSatisfy { inPlace[$0] == f.gradients.pointer[$0] })
    }

    @Test(arguments: [CRL_MEAN_SQUARED_ERROR, CRL_HUBER, CRL_BINARY_CROSS_ENTROPY_LOGITS, CRL_CROSS_ENTROPY])
    func costMayOverwriteY(_ kind: Int) {
        let f = Fixture()
        let targets = kind == CRL_CROSS_ENTROPY ? f.classTargets() : f.targets()
        ok(crlCost(f.cost(kind), f.x.pointer, 4, 2, 2, targets, f.C.pointer, f.dC_dy.pointer, 4, 2))
        let C = f.C.elements[0]
        ok(crlCost(f.cost(kind), f.x.pointer, 4, 2, 2, targets, f.C.pointer, f.x.pointer, 4, 2))
        #expect(f.x.bytes == f.dC_dy.bytes && f.C.elements[0] == C)
    }

    /// The rows of x and y lie between one another, as columns of one table do.
    @Test(arguments: [0, 1, 2], [false, true])
    func columnsOfOneTable(_ way: Int, _ xComesFirst: Bool) {
        let f = Fixture()
        let table = f.keepArray([Float](repeating: 0, count: 20))
        let (x, y) = xComesFirst ? (table, table + 3) : (table + 2, table)
        for row in 0..<4 { for column in 0..<2 { x[5 * row + column] = f.x.pointer[2 * row + column] } }
        let expected = f.prediction
        switch way {
        case 0: ok(crlNetworkPredict(f.network, x, 4, 5, y, 4, 5))
        case 1:
            var predictor: UnsafeMutablePointer<crl_predictor>?
            ok(crlPredictorCreate(f.network, crl_precision(CRL_PRECISION_FLOAT32), &predictor))
            ok(crlPredictorPredict(predictor, x, 4, 5, y, 4, 5))
            crlPredictorDestroy(predictor)
        default:
            var publisher: UnsafeMutablePointer<crl_publisher>?
            ok(crlPublisherCreate(f.network, crl_precision(CRL_PRECISION_FLOAT32), &publisher))
            ok(crlPublisherPredict(publisher, x, 4, 5, y, 4, 5))
            crlPublisherDestroy(publisher)
        }
        for row in 0..<4 { for column in 0..<2 { #expect(y[5 * row + column] == expected[2 * row + column]) } }
    }

    /// Rows of different lengths, of which one meets a row of the other at last.
    @Test func rowsThatMeetLate() {
        let f = Fixture()
        let table = f.keepArray([Float](repeating: 0.5, count: 40))
        ok(crlNetworkPredict(f.network, table, 4, 10, table + 3, 4, 11))
        fails(
            crlNetworkPredict(f.network, table, 4, 10, table + 6, 4, 8), CRL_ERROR_OVERLAP, "crl_network_predict",
            ["y overlaps x"])
    }
}
