import CChainrule
import ChainruleC
import Testing

/// NULL where it depends on other arguments whether there must be something. Tests/Sweep tries NULL for every pointer of every
/// function.
@Suite struct NullTests {
    static let badCalls = [
        BadCall("crl_network_add_sum", CRL_ERROR_NULL, "inputs[1] is NULL") {
            crlNetworkAddSum($0.unbuilt, $0.texts(["hidden", nil]), 2, nil)
        },
        BadCall("crl_network_add_concatenation", CRL_ERROR_NULL, "inputs[0] is NULL") {
            crlNetworkAddConcatenation($0.unbuilt, $0.texts([nil]), 1, nil)
        },
        BadCall("crl_network_add_dense", CRL_ERROR_NULL, "function is NULL") {
            crlNetworkAddDense($0.unbuilt, 2, crl_activation(CRL_CUSTOM_ACTIVATION), nil)
        },
        BadCall("crl_network_add_activation", CRL_ERROR_NULL, "derivative is NULL") {
            crlNetworkAddActivation(
                $0.unbuilt, crl_activation(CRL_CUSTOM_ACTIVATION), $0.layer { $0.function = { _, _, _, _, _ in 0 } })
        },
        BadCall("crl_cost", CRL_ERROR_NULL, "targets is NULL") {
            crlCost(nil, $0.x.pointer, 4, 2, 2, nil, $0.C.pointer, $0.dC_dy.pointer, 4, 2)
        },
        BadCall("crl_cost", CRL_ERROR_NULL, "cost->function is NULL") {
            crlCost($0.cost(CRL_CUSTOM_COST), $0.x.pointer, 4, 2, 2, nil, $0.C.pointer, nil, 0, 0)
        },
        BadCall("crl_network_value_and_gradient", CRL_ERROR_NULL, "targets is NULL") {
            crlNetworkValueAndGradient($0.network, nil, $0.x.pointer, 4, 2, nil, $0.C.pointer, $0.gradients.pointer, 17)
        },
        BadCall("crl_network_fit", CRL_ERROR_NULL, "targets is NULL") {
            crlNetworkFit($0.network, $0.x.pointer, 4, 2, nil, nil, nil)
        },
        BadCall("crl_network_fit", CRL_ERROR_NULL, "validation->targets is NULL") { f in
            crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), f.validation { $0.targets = nil }, nil)
        },
    ]

    @Test(arguments: badCalls)
    func isAnError(_ bad: BadCall) { bad.check() }

    /// Where NULL has a meaning it is no error.
    @Test func isAllowedWhereItMeansSomething() {
        let f = Fixture()
        crlNetworkDestroy(nil)
        crlWorkspaceDestroy(nil)
        crlOptimizerDestroy(nil)
        ok(crlNetworkAddDense(f.unbuilt, 2, 0, nil))
        ok(crlNetworkAddActivation(f.unbuilt, 0, nil))
        ok(crlNetworkAddSum(f.unbuilt, f.texts(["3"]), 1, nil))
        ok(crlNetworkAddConcatenation(f.unbuilt, f.texts(["4"]), 1, nil))
        fails(crlNetworkLayer(f.network, 0, nil), CRL_ERROR_NULL, "crl_network_layer", ["layer is NULL"])
        ok(crlForward(f.network, f.workspace, f.x.pointer, 4, 2, nil, 0, 0))
        ok(crlCost(nil, f.x.pointer, 4, 2, 2, f.targets(), f.C.pointer, nil, 0, 0))
        ok(crlBackward(f.network, f.workspace, f.t.pointer, 4, 2, nil, 0, 0, nil, 0, 0))
        ok(crlNetworkValueAndGradient(f.network, nil, f.x.pointer, 4, 2, f.targets(), f.C.pointer, nil, 0))
        ok(crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, nil))
    }
}
