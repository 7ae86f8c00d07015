import CChainrule
import ChainruleC
import Testing

/// Options that would be ignored, because they are another activation's, layer's, initializer's or cost's: each is refused.
@Suite struct OtherKindsTests {
    private static let functions: [(String, @Sendable (inout crl_layer_options) -> Void)] = [
        ("options->function", { $0.function = { _, _, _, _, _ in 0 } }),
        ("options->derivative", { $0.derivative = { _, _, _, _, _, _ in 0 } }),
        ("options->second_derivative", { $0.second_derivative = { _, _, _, _, _, _ in 0 } }),
    ]
    private static let initializers: [(String, @Sendable (inout crl_layer_options, crl_initializer) -> Void)] = [
        ("options->weight_initializer", { $0.weight_initializer = $1 }),
        ("options->bias_initializer", { $0.bias_initializer = $1 }),
    ]

    /// Of every activation of the library's own.
    @Test(arguments: CRL_IDENTITY...CRL_EXPONENTIAL) func functionsOfACustomActivation(_ activation: Int) {
        for (name, change) in OtherKindsTests.functions {
            let f = Fixture()
            let words = ["\(name) is not NULL", "CRL_CUSTOM_ACTIVATION"]
            fails(
                crlNetworkAddDense(f.unbuilt, 2, crl_activation(activation), f.layer(change)), CRL_ERROR_VALUE,
                "crl_network_add_dense", words)
            fails(
                crlNetworkAddActivation(f.unbuilt, crl_activation(activation), f.layer(change)), CRL_ERROR_VALUE,
                "crl_network_add_activation", words)
            fails(
                crlNetworkAddDropout(f.unbuilt, 0.5, f.layer(change)), CRL_ERROR_VALUE, "crl_network_add_dropout", words
            )
            fails(crlNetworkAddNoise(f.unbuilt, 0.5, f.layer(change)), CRL_ERROR_VALUE, "crl_network_add_noise", words)
        }
    }

    @Test func alpha() {
        let f = Fixture()
        fails(
            crlNetworkAddDense(
                f.unbuilt, 2, crl_activation(CRL_CUSTOM_ACTIVATION),
                f.layer {
                    OtherKindsTests.functions[0].1(&$0)
                    OtherKindsTests.functions[1].1(&$0)
                    $0.alpha = 0.5
                }), CRL_ERROR_VALUE, "crl_network_add_dense", ["takes no alpha", "0.5"])
        for value in [0.5, 0, Float.nan] {
            let options = f.layer { $0.alpha = value }
            let words = ["options->alpha is \(value)", "no activation"]
            fails(crlNetworkAddDropout(f.unbuilt, 0.5, options), CRL_ERROR_VALUE, "crl_network_add_dropout", words)
            fails(crlNetworkAddNoise(f.unbuilt, 0.5, options), CRL_ERROR_VALUE, "crl_network_add_noise", words)
        }
    }

    /// Of every kind of initializer, a and b alone.
    @Test(arguments: CRL_INIT_DEFAULT...CRL_INIT_LECUN_NORMAL) func numbersOfInitializers(_ kind: Int) {
        let takesB = [CRL_INIT_UNIFORM, CRL_INIT_NORMAL].contains(kind)
        let takesA = takesB || kind == CRL_INIT_CONSTANT
        for (name, set) in OtherKindsTests.initializers {
            let f = Fixture()
            func add(_ a: Float, _ b: Float) -> crl_status {
                let options = f.layer { set(&$0, crl_initializer(kind: crl_initializer_kind(kind), a: a, b: b)) }
                return crlNetworkAddDense(f.unbuilt, 2, 0, options)
            }
            for value in [-0.5, Float.nan] {
                if !takesA {
                    fails(
                        add(value, 0), CRL_ERROR_VALUE, "crl_network_add_dense",
                        ["\(name).a is \(value)", "kind \(kind) takes no a"])
                }
                if !takesB {
                    fails(
                        add(0, value), CRL_ERROR_VALUE, "crl_network_add_dense",
                        ["\(name).b is \(value)", "kind \(kind) takes no b"])
                }
            }
            ok(add(takesA ? 0.25 : 0, takesB ? 0.5 : 0))
        }
    }

    /// Layers without weights.
    @Test func initializersOfOtherLayers() {
        for (name, set) in OtherKindsTests.initializers {
            let f = Fixture()
            let options = f.layer { set(&$0, crl_initializer(kind: crl_initializer_kind(CRL_INIT_ZEROS), a: 0, b: 0)) }
            let lacking = name == "options->weight_initializer" ? "weights" : "biases"
            let words = ["\(name).kind is \(CRL_INIT_ZEROS)", "no \(lacking)"]
            fails(
                crlNetworkAddActivation(f.unbuilt, 0, options), CRL_ERROR_VALUE, "crl_network_add_activation", words)
            fails(crlNetworkAddDropout(f.unbuilt, 0.5, options), CRL_ERROR_VALUE, "crl_network_add_dropout", words)
            fails(crlNetworkAddNoise(f.unbuilt, 0.5, options), CRL_ERROR_VALUE, "crl_network_add_noise", words)
        }
        let f = Fixture()
        ok(crlNetworkAddActivation(f.unbuilt, 0, f.layer { _ in }))
        ok(crlNetworkAddDropout(f.unbuilt, 0.5, f.layer { _ in }))
        ok(crlNetworkAddNoise(f.unbuilt, 0.5, f.layer { _ in }))
    }

    /// Of every cost of the library's own.
    @Test(arguments: CRL_MEAN_SQUARED_ERROR...CRL_CROSS_ENTROPY) func functionsOfACustomCost(_ kind: Int) {
        let changes: [(String, (inout crl_cost_options) -> Void)] = [
            ("cost->function", { $0.function = { _, _, _, _, _, _, _, _, _ in 0 } }),
            ("cost->hessian_product", { $0.hessian_product = { _, _, _, _, _, _, _, _, _ in 0 } }),
        ]
        for (name, change) in changes {
            let f = Fixture()
            let cost = f.cost {
                $0.kind = crl_cost_kind(kind)
                change(&$0)
            }
            let words = ["\(name) is not NULL", "CRL_CUSTOM_COST"]
            fails(
                crlCost(cost, f.x.pointer, 4, 2, 2, f.targets(), f.C.pointer, nil, 0, 0), CRL_ERROR_VALUE, "crl_cost",
                words)
            fails(
                crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, f.train { $0.cost = cost }),
                CRL_ERROR_VALUE,
                "crl_network_fit", words)
        }
    }
}
