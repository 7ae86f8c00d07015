import CChainrule
import ChainruleC
import Testing

/// NULL for every pointer that must not be NULL, one at a time.
@Suite struct NullTests {
    static let describing = [
        BadCall("crl_network_create", CRL_ERROR_NULL, "network is NULL") { _ in crlNetworkCreate(2, nil) },
        BadCall("crl_network_add_dense", CRL_ERROR_NULL, "network is NULL") { _ in crlNetworkAddDense(nil, 2, 0, nil) },
        BadCall("crl_network_add_activation", CRL_ERROR_NULL, "network is NULL") { _ in
            crlNetworkAddActivation(nil, 0, nil)
        },
        BadCall("crl_network_add_sum", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkAddSum(nil, $0.texts(["input"]), 1, nil)
        },
        BadCall("crl_network_add_sum", CRL_ERROR_NULL, "inputs is NULL") { crlNetworkAddSum($0.unbuilt, nil, 1, nil) },
        BadCall("crl_network_add_sum", CRL_ERROR_NULL, "inputs[1] is NULL") {
            crlNetworkAddSum($0.unbuilt, $0.texts(["hidden", nil]), 2, nil)
        },
        BadCall("crl_network_add_dropout", CRL_ERROR_NULL, "network is NULL") { _ in crlNetworkAddDropout(nil, 0.5, nil)
        },
        BadCall("crl_network_add_noise", CRL_ERROR_NULL, "network is NULL") { _ in crlNetworkAddNoise(nil, 0.5, nil) },
        BadCall("crl_workspace_set_noise", CRL_ERROR_NULL, "workspace is NULL") { _ in
            crlWorkspaceSetNoise(nil, 1, 1, 1)
        },
        BadCall("crl_network_add_concatenation", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkAddConcatenation(nil, $0.texts(["input"]), 1, nil)
        },
        BadCall("crl_network_add_concatenation", CRL_ERROR_NULL, "inputs is NULL") {
            crlNetworkAddConcatenation($0.unbuilt, nil, 1, nil)
        },
        BadCall("crl_network_add_concatenation", CRL_ERROR_NULL, "inputs[0] is NULL") {
            crlNetworkAddConcatenation($0.unbuilt, $0.texts([nil]), 1, nil)
        },
        BadCall("crl_network_build", CRL_ERROR_NULL, "network is NULL") { _ in crlNetworkBuild(nil, 1) },
        BadCall("crl_network_add_dense", CRL_ERROR_NULL, "function is NULL") {
            crlNetworkAddDense($0.unbuilt, 2, crl_activation(CRL_CUSTOM_ACTIVATION), nil)
        },
        BadCall("crl_network_add_activation", CRL_ERROR_NULL, "derivative is NULL") {
            crlNetworkAddActivation(
                $0.unbuilt, crl_activation(CRL_CUSTOM_ACTIVATION), $0.layer { $0.function = { _, _, _, _, _ in 0 } })
        },
    ]

    static let looking = [
        BadCall("crl_network_input_size", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkInputSize(nil, $0.sizes.pointer)
        },
        BadCall("crl_network_input_size", CRL_ERROR_NULL, "inputs is NULL") { crlNetworkInputSize($0.network, nil) },
        BadCall("crl_network_output_size", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkOutputSize(nil, $0.sizes.pointer)
        },
        BadCall("crl_network_output_size", CRL_ERROR_NULL, "outputs is NULL") { crlNetworkOutputSize($0.network, nil) },
        BadCall("crl_network_layer_count", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkLayerCount(nil, $0.sizes.pointer)
        },
        BadCall("crl_network_layer_count", CRL_ERROR_NULL, "count is NULL") { crlNetworkLayerCount($0.network, nil) },
        BadCall("crl_network_layer", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkLayer(nil, 0, $0.name.pointer, $0.sizes.pointer)
        },
        BadCall("crl_network_parameters", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkParameters(nil, $0.mutableAddress.pointer, $0.sizes.pointer)
        },
        BadCall("crl_network_parameters", CRL_ERROR_NULL, "parameters is NULL") {
            crlNetworkParameters($0.network, nil, $0.sizes.pointer)
        },
        BadCall("crl_network_parameters", CRL_ERROR_NULL, "count is NULL") {
            crlNetworkParameters($0.network, $0.mutableAddress.pointer, nil)
        },
        BadCall("crl_network_tensor_count", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkTensorCount(nil, $0.sizes.pointer)
        },
        BadCall("crl_network_tensor_count", CRL_ERROR_NULL, "count is NULL") { crlNetworkTensorCount($0.network, nil) },
        BadCall("crl_network_tensor", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkTensor(nil, 0, $0.tensor.pointer)
        },
        BadCall("crl_network_tensor", CRL_ERROR_NULL, "tensor is NULL") { crlNetworkTensor($0.network, 0, nil) },
        BadCall("crl_network_find_tensor", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkFindTensor(nil, "out.bias", $0.tensor.pointer)
        },
        BadCall("crl_network_find_tensor", CRL_ERROR_NULL, "name is NULL") {
            crlNetworkFindTensor($0.network, nil, $0.tensor.pointer)
        },
        BadCall("crl_network_find_tensor", CRL_ERROR_NULL, "tensor is NULL") {
            crlNetworkFindTensor($0.network, "out.bias", nil)
        },
    ]

    static let passes = [
        BadCall("crl_workspace_create", CRL_ERROR_NULL, "workspace is NULL") {
            crlWorkspaceCreate($0.network, 1, 0, nil)
        },
        BadCall("crl_workspace_values", CRL_ERROR_NULL, "workspace is NULL") {
            crlWorkspaceValues(nil, "out", 1, $0.address.pointer, $0.sizes.pointer, $0.sizes.pointer + 1)
        },
        BadCall("crl_workspace_values", CRL_ERROR_NULL, "layer is NULL") {
            crlWorkspaceValues($0.workspace, nil, 1, $0.address.pointer, $0.sizes.pointer, $0.sizes.pointer + 1)
        },
        BadCall("crl_workspace_values", CRL_ERROR_NULL, "values is NULL") {
            crlWorkspaceValues($0.workspace, "out", 1, nil, $0.sizes.pointer, $0.sizes.pointer + 1)
        },
        BadCall("crl_workspace_values", CRL_ERROR_NULL, "rows is NULL") {
            crlWorkspaceValues($0.workspace, "out", 1, $0.address.pointer, nil, $0.sizes.pointer + 1)
        },
        BadCall("crl_workspace_values", CRL_ERROR_NULL, "columns is NULL") {
            crlWorkspaceValues($0.workspace, "out", 1, $0.address.pointer, $0.sizes.pointer, nil)
        },
        BadCall("crl_forward", CRL_ERROR_NULL, "network is NULL") {
            crlForward(nil, $0.workspace, $0.x.pointer, 4, 2, $0.y.pointer, 4, 2)
        },
        BadCall("crl_forward", CRL_ERROR_NULL, "workspace is NULL") {
            crlForward($0.network, nil, $0.x.pointer, 4, 2, $0.y.pointer, 4, 2)
        },
        BadCall("crl_forward", CRL_ERROR_NULL, "x is NULL") {
            crlForward($0.network, $0.workspace, nil, 4, 2, $0.y.pointer, 4, 2)
        },
        BadCall("crl_cost", CRL_ERROR_NULL, "y is NULL") {
            crlCost(nil, nil, 4, 2, 2, $0.targets(), $0.C.pointer, $0.dC_dy.pointer, 4, 2)
        },
        BadCall("crl_cost", CRL_ERROR_NULL, "targets is NULL") {
            crlCost(nil, $0.x.pointer, 4, 2, 2, nil, $0.C.pointer, $0.dC_dy.pointer, 4, 2)
        },
        BadCall("crl_cost", CRL_ERROR_NULL, "C is NULL") {
            crlCost(nil, $0.x.pointer, 4, 2, 2, $0.targets(), nil, $0.dC_dy.pointer, 4, 2)
        },
        BadCall("crl_cost", CRL_ERROR_NULL, "cost->function is NULL") {
            crlCost($0.cost(CRL_CUSTOM_COST), $0.x.pointer, 4, 2, 2, nil, $0.C.pointer, nil, 0, 0)
        },
        BadCall("crl_backward", CRL_ERROR_NULL, "network is NULL") {
            crlBackward(nil, $0.workspace, $0.t.pointer, 4, 2, $0.gradients.pointer, 17, 0, $0.dC_dx.pointer, 4, 2)
        },
        BadCall("crl_backward", CRL_ERROR_NULL, "workspace is NULL") {
            crlBackward($0.network, nil, $0.t.pointer, 4, 2, $0.gradients.pointer, 17, 0, $0.dC_dx.pointer, 4, 2)
        },
        BadCall("crl_backward", CRL_ERROR_NULL, "dC_dy is NULL") {
            crlBackward($0.network, $0.workspace, nil, 4, 2, $0.gradients.pointer, 17, 0, $0.dC_dx.pointer, 4, 2)
        },
    ]

    static let steps = [
        BadCall("crl_optimizer_create", CRL_ERROR_NULL, "optimizer is NULL") {
            crlOptimizerCreate($0.network, nil, nil)
        },
        BadCall("crl_optimizer_learning_rate", CRL_ERROR_NULL, "optimizer is NULL") {
            crlOptimizerLearningRate(nil, $0.rate.pointer)
        },
        BadCall("crl_optimizer_learning_rate", CRL_ERROR_NULL, "learning_rate is NULL") {
            crlOptimizerLearningRate($0.optimizer, nil)
        },
        BadCall("crl_optimizer_set_learning_rate", CRL_ERROR_NULL, "optimizer is NULL") { _ in
            crlOptimizerSetLearningRate(nil, 1)
        },
        BadCall("crl_optimizer_set_layer", CRL_ERROR_NULL, "optimizer is NULL") { _ in
            crlOptimizerSetLayer(nil, "out", nil)
        },
        BadCall("crl_optimizer_set_layer", CRL_ERROR_NULL, "layer is NULL") {
            crlOptimizerSetLayer($0.optimizer, nil, nil)
        },
        BadCall("crl_step", CRL_ERROR_NULL, "optimizer is NULL") { crlStep(nil, $0.network, $0.slope.pointer, 17) },
        BadCall("crl_step", CRL_ERROR_NULL, "network is NULL") { crlStep($0.optimizer, nil, $0.slope.pointer, 17) },
        BadCall("crl_step", CRL_ERROR_NULL, "gradients is NULL") { crlStep($0.optimizer, $0.network, nil, 17) },
    ]

    static let wholeCalls = [
        BadCall("crl_network_predict", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkPredict(nil, $0.x.pointer, 4, 2, $0.y.pointer, 4, 2)
        },
        BadCall("crl_network_predict", CRL_ERROR_NULL, "x is NULL") {
            crlNetworkPredict($0.network, nil, 4, 2, $0.y.pointer, 4, 2)
        },
        BadCall("crl_network_predict", CRL_ERROR_NULL, "y is NULL") {
            crlNetworkPredict($0.network, $0.x.pointer, 4, 2, nil, 4, 2)
        },
        BadCall("crl_network_value_and_gradient", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkValueAndGradient(
                nil, nil, $0.x.pointer, 4, 2, $0.targets(), $0.C.pointer, $0.gradients.pointer, 17)
        },
        BadCall("crl_network_value_and_gradient", CRL_ERROR_NULL, "x is NULL") {
            crlNetworkValueAndGradient($0.network, nil, nil, 4, 2, $0.targets(), $0.C.pointer, $0.gradients.pointer, 17)
        },
        BadCall("crl_network_value_and_gradient", CRL_ERROR_NULL, "targets is NULL") {
            crlNetworkValueAndGradient($0.network, nil, $0.x.pointer, 4, 2, nil, $0.C.pointer, $0.gradients.pointer, 17)
        },
        BadCall("crl_network_value_and_gradient", CRL_ERROR_NULL, "C is NULL") {
            crlNetworkValueAndGradient($0.network, nil, $0.x.pointer, 4, 2, $0.targets(), nil, $0.gradients.pointer, 17)
        },
        BadCall("crl_network_fit", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkFit(nil, $0.x.pointer, 4, 2, $0.targets(), nil)
        },
        BadCall("crl_network_fit", CRL_ERROR_NULL, "x is NULL") {
            crlNetworkFit($0.network, nil, 4, 2, $0.targets(), nil)
        },
        BadCall("crl_network_fit", CRL_ERROR_NULL, "targets is NULL") {
            crlNetworkFit($0.network, $0.x.pointer, 4, 2, nil, nil)
        },
        BadCall("crl_network_fit", CRL_ERROR_NULL, "validation_targets is NULL") { f in
            crlNetworkFit(
                f.network, f.x.pointer, 4, 2, f.targets(),
                f.train {
                    $0.validation_x = UnsafePointer(f.x.pointer)
                    $0.validation_rows = 4
                    $0.validation_stride = 2
                })
        },
        BadCall("crl_network_save", CRL_ERROR_NULL, "network is NULL") { _ in crlNetworkSave(nil, "never") },
        BadCall("crl_network_save", CRL_ERROR_NULL, "path is NULL") { crlNetworkSave($0.network, nil) },
        BadCall("crl_network_load", CRL_ERROR_NULL, "network is NULL") { _ in crlNetworkLoad("never", nil) },
        BadCall("crl_network_load_parameters", CRL_ERROR_NULL, "network is NULL") { _ in
            crlNetworkLoadParameters(nil, "never")
        },
        BadCall("crl_network_load_parameters", CRL_ERROR_NULL, "path is NULL") {
            crlNetworkLoadParameters($0.network, nil)
        },
    ]

    @Test(arguments: describing + looking + passes + steps + wholeCalls)
    func isAnError(_ bad: BadCall) { bad.check() }

    /// A failed create or load leaves NULL, whatever was there.
    @Test func makersLeaveNull() {
        let fixture = Fixture()
        var network: UnsafeMutablePointer<crl_network>? = fixture.other
        var workspace: UnsafeMutablePointer<crl_workspace>? = fixture.workspace
        var optimizer: UnsafeMutablePointer<crl_optimizer>? = fixture.optimizer
        fails(crlNetworkLoad(nil, &network), CRL_ERROR_NULL, "crl_network_load", ["path is NULL"])
        fails(crlWorkspaceCreate(nil, 1, 0, &workspace), CRL_ERROR_NULL, "crl_workspace_create", ["network is NULL"])
        fails(crlOptimizerCreate(nil, nil, &optimizer), CRL_ERROR_NULL, "crl_optimizer_create", ["network is NULL"])
        #expect(network == nil && workspace == nil && optimizer == nil)
        network = fixture.other
        fails(crlNetworkCreate(0, &network), CRL_ERROR_SIZE, "crl_network_create", ["0"])
        #expect(network == nil)
    }

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
        ok(crlNetworkLayer(f.network, 0, nil, nil))
        ok(crlForward(f.network, f.workspace, f.x.pointer, 4, 2, nil, 0, 0))
        ok(crlCost(nil, f.x.pointer, 4, 2, 2, f.targets(), f.C.pointer, nil, 0, 0))
        ok(crlBackward(f.network, f.workspace, f.t.pointer, 4, 2, nil, 0, 0, nil, 0, 0))
        ok(crlNetworkValueAndGradient(f.network, nil, f.x.pointer, 4, 2, f.targets(), f.C.pointer, nil, 0))
        ok(crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil))
    }
}
