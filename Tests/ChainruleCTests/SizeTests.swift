import CChainrule
import ChainruleC
import Testing

/// Counts, strides and shapes that are zero, too small, too large, or overflow.
@Suite struct SizeTests {
    static let describing = [
        BadCall("crl_network_add_dense", CRL_ERROR_SIZE, "0") { crlNetworkAddDense($0.unbuilt, 0, 0, nil) },
        BadCall("crl_network_add_dense", CRL_ERROR_SIZE, "2147483648") {
            crlNetworkAddDense($0.unbuilt, 1 << 31, 0, nil)
        },
        BadCall("crl_network_add_dense", CRL_ERROR_SIZE, "\(UInt.max)") {
            crlNetworkAddDense($0.unbuilt, .max, 0, nil)
        },
        BadCall("crl_network_add_sum", CRL_ERROR_SIZE, "0 were given") {
            crlNetworkAddSum($0.unbuilt, $0.texts([]), 0, nil)
        },
        BadCall("crl_network_add_sum", CRL_ERROR_SIZE, "inputs_count is \(UInt.max)") {
            crlNetworkAddSum($0.unbuilt, $0.texts(["out"]), .max, nil)
        },
        BadCall("crl_network_add_sum", CRL_ERROR_SIZE, "input 0 has [3]", "input 1 [2]") {
            crlNetworkAddSum($0.unbuilt, $0.texts(["hidden", "out"]), 2, nil)
        },
        BadCall("crl_network_add_concatenation", CRL_ERROR_SIZE, "0 were given") {
            crlNetworkAddConcatenation($0.unbuilt, $0.texts([]), 0, nil)
        },
        BadCall("crl_network_add_concatenation", CRL_ERROR_SIZE, "inputs_count is 10001") {
            crlNetworkAddConcatenation($0.unbuilt, $0.texts(["out"]), 10_001, nil)
        },
        BadCall("crl_network_layer", CRL_ERROR_SIZE, "index is 2", "2 layers") {
            crlNetworkLayer($0.network, 2, $0.layer.pointer)
        },
        BadCall("crl_network_layer", CRL_ERROR_SIZE, "index is \(UInt.max)") {
            crlNetworkLayer($0.network, .max, $0.layer.pointer)
        },
        BadCall("crl_network_tensor", CRL_ERROR_SIZE, "index is 4", "4 tensors") {
            crlNetworkTensor($0.network, 4, $0.tensor.pointer)
        },
        BadCall("crl_network_tensor", CRL_ERROR_SIZE, "index is \(UInt.max)") {
            crlNetworkTensor($0.network, .max, $0.tensor.pointer)
        },
    ]

    static let passes = [
        BadCall("crl_forward", CRL_ERROR_SIZE, "x_rows is 0") {
            crlForward($0.network, $0.workspace, $0.x.pointer, 0, 2, $0.y.pointer, 4, 2)
        },
        BadCall("crl_forward", CRL_ERROR_SIZE, "5 rows", "1 to 4") {
            crlForward($0.network, $0.workspace, $0.x.pointer, 5, 2, nil, 0, 0)
        },
        BadCall("crl_forward", CRL_ERROR_SIZE, "x_stride is 1", "2 floats") {
            crlForward($0.network, $0.workspace, $0.x.pointer, 4, 1, $0.y.pointer, 4, 2)
        },
        BadCall("crl_forward", CRL_ERROR_SIZE, "x has 4 rows", "\(UInt.max)") {
            crlForward($0.network, $0.workspace, $0.x.pointer, 4, .max, $0.y.pointer, 4, 2)
        },
        BadCall("crl_forward", CRL_ERROR_SIZE, "x has \(UInt.max / 2) rows") {
            crlForward($0.network, $0.workspace, $0.x.pointer, .max / 2, 2, $0.y.pointer, 4, 2)
        },
        BadCall("crl_forward", CRL_ERROR_SIZE, "y_rows is 3", "4 rows") {
            crlForward($0.network, $0.workspace, $0.x.pointer, 4, 2, $0.y.pointer, 3, 2)
        },
        BadCall("crl_forward", CRL_ERROR_SIZE, "y_stride is 1", "2 floats") {
            crlForward($0.network, $0.workspace, $0.x.pointer, 4, 2, $0.y.pointer, 4, 1)
        },
        BadCall("crl_cost", CRL_ERROR_SIZE, "y_rows is 0") {
            crlCost(nil, $0.x.pointer, 0, 2, 2, $0.targets(), $0.C.pointer, nil, 0, 0)
        },
        BadCall("crl_cost", CRL_ERROR_SIZE, "y_columns is 0") {
            crlCost(nil, $0.x.pointer, 4, 0, 2, $0.targets(), $0.C.pointer, nil, 0, 0)
        },
        BadCall("crl_cost", CRL_ERROR_SIZE, "y_columns is \(UInt.max)") {
            crlCost(nil, $0.x.pointer, 4, .max, 2, $0.targets(), $0.C.pointer, nil, 0, 0)
        },
        BadCall("crl_cost", CRL_ERROR_SIZE, "y_stride is 1", "2 floats") {
            crlCost(nil, $0.x.pointer, 4, 2, 1, $0.targets(), $0.C.pointer, nil, 0, 0)
        },
        BadCall("crl_cost", CRL_ERROR_SIZE, "dC_dy_rows is 3", "4 rows") {
            crlCost(nil, $0.x.pointer, 4, 2, 2, $0.targets(), $0.C.pointer, $0.dC_dy.pointer, 3, 2)
        },
        BadCall("crl_cost", CRL_ERROR_SIZE, "dC_dy_stride is 1", "2 floats") {
            crlCost(nil, $0.x.pointer, 4, 2, 2, $0.targets(), $0.C.pointer, $0.dC_dy.pointer, 4, 1)
        },
        BadCall("crl_backward", CRL_ERROR_SIZE, "dC_dy_rows is 0") {
            crlBackward($0.network, $0.workspace, $0.t.pointer, 0, 2, $0.gradients.pointer, 17, 0, nil, 0, 0)
        },
        BadCall("crl_backward", CRL_ERROR_SIZE, "dC_dy_stride is 1", "2 floats") {
            crlBackward($0.network, $0.workspace, $0.t.pointer, 4, 1, $0.gradients.pointer, 17, 0, nil, 0, 0)
        },
        BadCall("crl_backward", CRL_ERROR_SIZE, "gradients_count is 16", "17 parameters") {
            crlBackward($0.network, $0.workspace, $0.t.pointer, 4, 2, $0.gradients.pointer, 16, 0, nil, 0, 0)
        },
        BadCall("crl_backward", CRL_ERROR_SIZE, "gradients_count is \(UInt.max)") {
            crlBackward($0.network, $0.workspace, $0.t.pointer, 4, 2, $0.gradients.pointer, .max, 0, nil, 0, 0)
        },
        BadCall("crl_backward", CRL_ERROR_SIZE, "dC_dx_rows is 3", "4 rows") {
            crlBackward(
                $0.network, $0.workspace, $0.t.pointer, 4, 2, $0.gradients.pointer, 17, 0, $0.dC_dx.pointer, 3, 2)
        },
        BadCall("crl_backward", CRL_ERROR_SIZE, "dC_dx_stride is 0", "2 floats") {
            crlBackward(
                $0.network, $0.workspace, $0.t.pointer, 4, 2, $0.gradients.pointer, 17, 0, $0.dC_dx.pointer, 4, 0)
        },
        BadCall("crl_backward", CRL_ERROR_SIZE, "5 rows", "1 to 4") {
            crlBackward($0.network, $0.workspace, $0.t.pointer, 5, 2, nil, 0, 0, nil, 0, 0)
        },
        BadCall("crl_backward_until", CRL_ERROR_SIZE, "dC_dy_rows is 0") {
            crlBackwardUntil($0.network, $0.workspace, $0.t.pointer, 0, 2, 0, $0.gradients.pointer, 17, 0)
        },
        BadCall("crl_backward_until", CRL_ERROR_SIZE, "dC_dy_stride is 1", "2 floats") {
            crlBackwardUntil($0.network, $0.workspace, $0.t.pointer, 4, 1, 0, $0.gradients.pointer, 17, 0)
        },
        BadCall("crl_backward_until", CRL_ERROR_SIZE, "gradients_count is 16", "17 parameters") {
            crlBackwardUntil($0.network, $0.workspace, $0.t.pointer, 4, 2, 0, $0.gradients.pointer, 16, 0)
        },
        BadCall("crl_backward_until", CRL_ERROR_SIZE, "first is 18", "17 parameters") {
            crlBackwardUntil($0.network, $0.workspace, $0.t.pointer, 4, 2, 18, $0.gradients.pointer, 17, 0)
        },
        BadCall("crl_backward_until", CRL_ERROR_SIZE, "first is \(UInt.max)") {
            crlBackwardUntil($0.network, $0.workspace, $0.t.pointer, 4, 2, .max, $0.gradients.pointer, 17, 0)
        },
        BadCall("crl_backward_until", CRL_ERROR_SIZE, "5 rows", "1 to 4") {
            crlBackwardUntil($0.network, $0.workspace, $0.t.pointer, 5, 2, 0, $0.gradients.pointer, 17, 0)
        },
        BadCall("crl_step", CRL_ERROR_SIZE, "gradients_count is 18", "17 parameters") {
            crlStep($0.optimizer, $0.network, $0.slope.pointer, 18)
        },
        BadCall("crl_step", CRL_ERROR_SIZE, "gradients_count is 0", "17 parameters") {
            crlStep($0.optimizer, $0.network, $0.slope.pointer, 0)
        },
    ]

    static let wholeCalls = [
        BadCall("crl_network_predict", CRL_ERROR_SIZE, "x_rows is 0") {
            crlNetworkPredict($0.network, $0.x.pointer, 0, 2, $0.y.pointer, 4, 2)
        },
        BadCall("crl_network_predict", CRL_ERROR_SIZE, "x_stride is 1") {
            crlNetworkPredict($0.network, $0.x.pointer, 4, 1, $0.y.pointer, 4, 2)
        },
        BadCall("crl_network_predict", CRL_ERROR_SIZE, "x has \(UInt.max) rows") {
            crlNetworkPredict($0.network, $0.x.pointer, .max, 2, $0.y.pointer, .max, 2)
        },
        BadCall("crl_network_predict", CRL_ERROR_SIZE, "y_rows is 0", "4 rows") {
            crlNetworkPredict($0.network, $0.x.pointer, 4, 2, $0.y.pointer, 0, 2)
        },
        BadCall("crl_network_predict", CRL_ERROR_SIZE, "y has 4 rows", "\(UInt.max)") {
            crlNetworkPredict($0.network, $0.x.pointer, 4, 2, $0.y.pointer, 4, .max)
        },
        BadCall("crl_network_predict", CRL_ERROR_SIZE, "y_stride is 1") {
            crlNetworkPredict($0.network, $0.x.pointer, 4, 2, $0.y.pointer, 4, 1)
        },
        BadCall("crl_network_value_and_gradient", CRL_ERROR_SIZE, "x_rows is 0") {
            crlNetworkValueAndGradient(
                $0.network, nil, $0.x.pointer, 0, 2, $0.targets(), $0.C.pointer, $0.gradients.pointer, 17)
        },
        BadCall("crl_network_value_and_gradient", CRL_ERROR_SIZE, "x_stride is 0") {
            crlNetworkValueAndGradient(
                $0.network, nil, $0.x.pointer, 4, 0, $0.targets(), $0.C.pointer, $0.gradients.pointer, 17)
        },
        BadCall("crl_network_value_and_gradient", CRL_ERROR_SIZE, "gradients_count is 1") {
            crlNetworkValueAndGradient(
                $0.network, nil, $0.x.pointer, 4, 2, $0.targets(), $0.C.pointer, $0.gradients.pointer, 1)
        },
        BadCall("crl_network_fit", CRL_ERROR_SIZE, "x_rows is 0") {
            crlNetworkFit($0.network, $0.x.pointer, 0, 2, $0.targets(), nil, nil)
        },
        BadCall("crl_network_fit", CRL_ERROR_SIZE, "x_stride is 1") {
            crlNetworkFit($0.network, $0.x.pointer, 4, 1, $0.targets(), nil, nil)
        },
        BadCall("crl_network_fit", CRL_ERROR_SIZE, "epochs is 0") {
            crlNetworkFit($0.network, $0.x.pointer, 4, 2, $0.targets(), nil, $0.train { $0.epochs = 0 })
        },
        BadCall("crl_network_fit", CRL_ERROR_SIZE, "epochs is \(UInt.max)") {
            crlNetworkFit($0.network, $0.x.pointer, 4, 2, $0.targets(), nil, $0.train { $0.epochs = -1 })
        },
        BadCall("crl_network_fit", CRL_ERROR_SIZE, "batch", "0") {
            crlNetworkFit($0.network, $0.x.pointer, 4, 2, $0.targets(), nil, $0.train { $0.batch_size = 0 })
        },
        BadCall("crl_network_fit", CRL_ERROR_SIZE, "batch_size is \(UInt.max)") {
            crlNetworkFit($0.network, $0.x.pointer, 4, 2, $0.targets(), nil, $0.train { $0.batch_size = -1 })
        },
        BadCall("crl_network_fit", CRL_ERROR_SIZE, "threads is 1025") {
            crlNetworkFit($0.network, $0.x.pointer, 4, 2, $0.targets(), nil, $0.train { $0.threads = 1025 })
        },
        BadCall("crl_network_fit", CRL_ERROR_SIZE, "threads is \(UInt.max - 1)") {
            crlNetworkFit($0.network, $0.x.pointer, 4, 2, $0.targets(), nil, $0.train { $0.threads = -2 })
        },
        BadCall("crl_network_fit", CRL_ERROR_SIZE, "validation->rows is 0") { f in
            crlNetworkFit(
                f.network, f.x.pointer, 4, 2, f.targets(), f.validation { $0.rows = 0 }, nil)
        },
        BadCall("crl_network_fit", CRL_ERROR_SIZE, "validation->", "\(UInt.max)") { f in
            crlNetworkFit(
                f.network, f.x.pointer, 4, 2, f.targets(), f.validation { $0.rows = -1 }, nil)
        },
    ]

    @Test(arguments: describing + passes + wholeCalls)
    func isAnError(_ bad: BadCall) { bad.check() }

    @Test(arguments: [UInt(0), 1 << 31, .max])
    func networkOfImpossibleInputs(_ inputs: UInt) {
        var network: UnsafeMutablePointer<crl_network>?
        fails(crlNetworkCreate(inputs, &network), CRL_ERROR_SIZE, "crl_network_create", ["\(inputs)"])
        #expect(network == nil)
    }

    @Test func layersOfTheGreatestWidthAreDescribedButNotBuilt() {
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(UInt(Int32.max), &network))
        ok(crlNetworkAddDense(network, UInt(Int32.max), 0, nil))
        // 2⁶² weights: more bytes than there are addresses.
        fails(crlNetworkBuild(network, 1), CRL_ERROR_MEMORY, "crl_network_build", ["4611686016279904256"])
        crlNetworkDestroy(network)
    }

    @Test func concatenationWiderThanALayerCanBe() {
        let f = Fixture()
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(UInt(Int32.max), &network))
        let inputs = f.texts(["input", "input"])
        fails(
            crlNetworkAddConcatenation(network, inputs, 2, nil), CRL_ERROR_SIZE, "crl_network_add_concatenation",
            ["4294967294", "2147483647"])
        crlNetworkDestroy(network)
    }

    @Test(arguments: [
        (UInt(0), CRL_ERROR_SIZE, "0 were given"), (.max, CRL_ERROR_SIZE, "max_rows is \(UInt.max)"),
        (UInt(Int.max), CRL_ERROR_MEMORY, "\(Int.max)"), (UInt(Int.max) / 8, CRL_ERROR_MEMORY, "overflows"),
        (UInt(Int.max) / 1024, CRL_ERROR_MEMORY, "cannot be allocated"),
    ])
    func workspaceOfImpossibleRows(_ rows: UInt, _ code: Int, _ words: String) {
        let f = Fixture()
        var workspace: UnsafeMutablePointer<crl_workspace>? = f.workspace
        let status = crlWorkspaceCreate(f.network, rows, crl_purpose(CRL_PURPOSE_TRAINING), &workspace)
        fails(status, code, "crl_workspace_create", [words])
        #expect(workspace == nil)
    }

    @Test func tooManyLayers() {
        let f = Fixture()
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(1, &network))
        for _ in 0..<10_000 where crlNetworkAddActivation(network, 0, nil) != CRL_OK {
            Issue.record("\(errorMessage)")
        }
        fails(crlNetworkAddActivation(network, 0, nil), CRL_ERROR_SIZE, "crl_network_add_activation", ["10000 layers"])
        ok(crlNetworkLayerCount(network, f.sizes.pointer))
        #expect(f.sizes.elements[0] == 10_000)
        crlNetworkDestroy(network)
    }
}
