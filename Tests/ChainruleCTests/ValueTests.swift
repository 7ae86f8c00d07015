import CChainrule
import ChainruleC
import Testing

/// Unknown enumerators, wrong sizes of option structures, names, and hyperparameters out of range.
@Suite struct ValueTests {
    static let enumerators = [Int32(-1), 19, 99, 101, .min, .max].flatMap { number in
        [
            BadCall("crl_network_add_dense", CRL_ERROR_VALUE, "activation is \(number)") {
                crlNetworkAddDense($0.unbuilt, 2, number, nil)
            },
            BadCall("crl_network_build_for", CRL_ERROR_VALUE, "instruction_set is \(number)") {
                crlNetworkBuildFor($0.unbuilt, 1, number)
            },
            BadCall("crl_set_instruction_set", CRL_ERROR_VALUE, "instruction_set is \(number)") { _ in
                crlSetInstructionSet(number)
            },
            BadCall("crl_network_add_activation", CRL_ERROR_VALUE, "activation is \(number)") {
                crlNetworkAddActivation($0.unbuilt, number, nil)
            },
            BadCall("crl_network_add_dense", CRL_ERROR_VALUE, "weight_initializer.kind is \(number)") { f in
                crlNetworkAddDense(f.unbuilt, 2, 0, f.layer { $0.weight_initializer.kind = number })
            },
            BadCall("crl_network_add_dense", CRL_ERROR_VALUE, "bias_initializer.kind is \(number)") { f in
                crlNetworkAddDense(f.unbuilt, 2, 0, f.layer { $0.bias_initializer.kind = number })
            },
            BadCall("crl_workspace_values", CRL_ERROR_VALUE, "quantity is \(number)") {
                crlWorkspaceValues(
                    $0.workspace, "out", number, $0.address.pointer, $0.sizes.pointer, $0.sizes.pointer + 1)
            },
            BadCall("crl_cost", CRL_ERROR_VALUE, "kind is \(number)") {
                crlCost($0.cost(Int(number)), $0.x.pointer, 4, 2, 2, $0.targets(), $0.C.pointer, nil, 0, 0)
            },
            BadCall("crl_cost", CRL_ERROR_VALUE, "reduction is \(number)") { f in
                crlCost(
                    f.cost { $0.reduction = number }, f.x.pointer, 4, 2, 2, f.targets(), f.C.pointer, nil, 0, 0)
            },
            BadCall("crl_network_fit", CRL_ERROR_VALUE, "kind is \(number)") { f in
                crlNetworkFit(
                    f.network, f.x.pointer, 4, 2, f.targets(), nil, f.train { $0.cost = f.cost(Int(number)) })
            },
        ]
    }

    @Test(arguments: [Int32(-1), 12, 100, .min, .max])
    func makersCheckEnumerators(_ number: Int32) {
        let f = Fixture()
        var workspace: UnsafeMutablePointer<crl_workspace>?
        var optimizer: UnsafeMutablePointer<crl_optimizer>?
        fails(
            crlWorkspaceCreate(f.network, 1, number, &workspace), CRL_ERROR_VALUE, "crl_workspace_create",
            ["purpose is \(number)"])
        fails(
            crlOptimizerCreate(f.network, f.optimizerOptions { $0.method = number }, &optimizer), CRL_ERROR_VALUE,
            "crl_optimizer_create", ["method is \(number)"])
        #expect(workspace == nil && optimizer == nil)
    }

    /// The size of a structure that a program compiled with no header, or another header, might pass.
    static func sizes(of size: Int) -> [Int] { [0, 1, size - 1, size - 8, 4097, -1] }

    static let optionSizes =
        sizes(of: MemoryLayout<crl_layer_options>.size).flatMap { size in
            [
                BadCall("crl_network_add_dense", CRL_ERROR_SIZE, "options->size is \(UInt(bitPattern: size))") { f in
                    crlNetworkAddDense(f.unbuilt, 2, 0, f.layer { $0.size = size })
                },
                BadCall("crl_network_add_activation", CRL_ERROR_SIZE, "options->size is \(UInt(bitPattern: size))") {
                    f in
                    crlNetworkAddActivation(f.unbuilt, 0, f.layer { $0.size = size })
                },
            ]
        }
        + sizes(of: MemoryLayout<crl_cost_options>.size).flatMap { size in
            [
                BadCall("crl_cost", CRL_ERROR_SIZE, "cost->size is \(UInt(bitPattern: size))") { f in
                    crlCost(f.cost { $0.size = size }, f.x.pointer, 4, 2, 2, f.targets(), f.C.pointer, nil, 0, 0)
                },
                BadCall("crl_network_fit", CRL_ERROR_SIZE, "cost->size is \(UInt(bitPattern: size))") { f in
                    crlNetworkFit(
                        f.network, f.x.pointer, 4, 2, f.targets(), nil, f.train { $0.cost = f.cost { $0.size = size } })
                },
            ]
        }
        + sizes(of: MemoryLayout<crl_targets>.size).map { size in
            BadCall("crl_network_value_and_gradient", CRL_ERROR_SIZE, "targets->size is \(UInt(bitPattern: size))") {
                f in
                crlNetworkValueAndGradient(
                    f.network, nil, f.x.pointer, 4, 2, f.targets { $0.size = size }, f.C.pointer, nil, 0)
            }
        }
        + sizes(of: MemoryLayout<crl_train_options>.size).map { size in
            BadCall("crl_network_fit", CRL_ERROR_SIZE, "options->size is \(UInt(bitPattern: size))") { f in
                crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, f.train { $0.size = size })
            }
        }

    @Test(arguments: sizes(of: MemoryLayout<crl_tensor>.size))
    func tensorOfAnotherSize(_ size: Int) {
        let f = Fixture()
        f.tensor.pointer.pointee.size = size
        let words = ["tensor->size is \(UInt(bitPattern: size))"]
        fails(crlNetworkTensor(f.network, 0, f.tensor.pointer), CRL_ERROR_SIZE, "crl_network_tensor", words)
        fails(
            crlNetworkFindTensor(f.network, "out.bias", f.tensor.pointer), CRL_ERROR_SIZE, "crl_network_find_tensor",
            words)
        let tensor = f.tensor.elements[0]
        #expect(tensor.size == size && tensor.name == nil && tensor.offset == 77 && tensor.rows == 77)
    }

    @Test(arguments: sizes(of: MemoryLayout<crl_optimizer_options>.size))
    func optimizerOptionsOfAnotherSize(_ size: Int) {
        let f = Fixture()
        var optimizer: UnsafeMutablePointer<crl_optimizer>?
        fails(
            crlOptimizerCreate(f.network, f.optimizerOptions { $0.size = size }, &optimizer), CRL_ERROR_SIZE,
            "crl_optimizer_create", ["options->size is \(UInt(bitPattern: size))"])
        #expect(optimizer == nil)
    }

    static let names = [
        ("", "0 bytes"), (String(repeating: "n", count: 64), "64 bytes"), ("a.b", "'a.b'"), ("a b", "'a b'"),
        ("é", "'é'"), ("input", "'input'"), ("hidden", "already taken"),
    ].flatMap { (name, words) in
        [
            BadCall("crl_network_add_dense", CRL_ERROR_NAME, words) { f in
                crlNetworkAddDense(f.unbuilt, 2, 0, f.layer { $0.name = f.text(name) })
            },
            BadCall("crl_network_add_activation", CRL_ERROR_NAME, words) { f in
                crlNetworkAddActivation(f.unbuilt, 0, f.layer { $0.name = f.text(name) })
            },
            BadCall("crl_network_add_sum", CRL_ERROR_NAME, words) {
                crlNetworkAddSum($0.unbuilt, $0.texts(["out"]), 1, $0.text(name))
            },
            BadCall("crl_network_add_concatenation", CRL_ERROR_NAME, words) {
                crlNetworkAddConcatenation($0.unbuilt, $0.texts(["out"]), 1, $0.text(name))
            },
        ]
    }

    static let unknownNames = [
        BadCall("crl_network_add_dense", CRL_ERROR_NAME, "'nowhere'") { f in
            crlNetworkAddDense(f.unbuilt, 2, 0, f.layer { $0.input = f.text("nowhere") })
        },
        BadCall("crl_network_add_dense", CRL_ERROR_NAME, "''") { f in
            crlNetworkAddDense(f.unbuilt, 2, 0, f.layer { $0.input = f.text("") })
        },
        BadCall("crl_network_add_sum", CRL_ERROR_NAME, "'me'") {
            crlNetworkAddSum($0.unbuilt, $0.texts(["out", "me"]), 2, $0.text("me"))
        },
        BadCall("crl_network_find_tensor", CRL_ERROR_NAME, "'out.weights'") {
            crlNetworkFindTensor($0.network, "out.weights", $0.tensor.pointer)
        },
        BadCall("crl_network_find_tensor", CRL_ERROR_NAME, "''") {
            crlNetworkFindTensor($0.network, "", $0.tensor.pointer)
        },
    ]

    static let smoothings = [Float.nan, .infinity, -.infinity, -0.5, 1].map { value in
        BadCall("crl_cost", CRL_ERROR_VALUE, "label_smoothing is \(value)") { f in
            let smoothed = f.cost {
                $0.kind = crl_cost_kind(CRL_CROSS_ENTROPY)
                $0.label_smoothing = value
            }
            return crlCost(smoothed, f.x.pointer, 4, 2, 2, f.targets(), f.C.pointer, nil, 0, 0)
        }
    }

    static let hyperparameters =
        [Float.nan, .infinity, -.infinity, -0.5, -2].flatMap { value in
            [CRL_LEAKY_RELU, CRL_ELU, CRL_CLIPPED_RELU].map { activation in
                BadCall("crl_network_add_dense", CRL_ERROR_VALUE, "alpha", "\(value)") { f in
                    crlNetworkAddDense(f.unbuilt, 2, crl_activation(activation), f.layer { $0.alpha = value })
                }
            } + [
                BadCall("crl_optimizer_set_learning_rate", CRL_ERROR_VALUE, "learning rate is \(value)") {
                    crlOptimizerSetLearningRate($0.optimizer, value)
                },
                BadCall("crl_cost", CRL_ERROR_VALUE, "delta is \(value)") { f in
                    let huber = f.cost {
                        $0.kind = crl_cost_kind(CRL_HUBER)
                        $0.huber_delta = value
                    }
                    return crlCost(huber, f.x.pointer, 4, 2, 2, f.targets(), f.C.pointer, nil, 0, 0)
                },
            ]
        }
        + [
            (CRL_INIT_CONSTANT, Float.nan, Float(0)), (CRL_INIT_UNIFORM, 1, 0), (CRL_INIT_UNIFORM, 0, .infinity),
            (CRL_INIT_NORMAL, 0, -1), (CRL_INIT_NORMAL, .infinity, 1),
            (CRL_INIT_NORMAL, 0, 1e38),
        ].map { (kind, a, b) in
            BadCall("crl_network_add_dense", CRL_ERROR_VALUE, "weight initializer") { f in
                let initializer = crl_initializer(kind: crl_initializer_kind(kind), a: a, b: b)
                return crlNetworkAddDense(f.unbuilt, 2, 0, f.layer { $0.weight_initializer = initializer })
            }
        }
        + [
            BadCall("crl_network_add_activation", CRL_ERROR_VALUE, "'clipped_relu' is 0.0", "> 0") { f in
                crlNetworkAddActivation(f.unbuilt, crl_activation(CRL_CLIPPED_RELU), f.layer { $0.alpha = 0 })
            },
            BadCall("crl_network_add_dense", CRL_ERROR_VALUE, "relu", "0.5") { f in
                crlNetworkAddDense(f.unbuilt, 2, crl_activation(CRL_RELU), f.layer { $0.alpha = 0.5 })
            },
        ]

    @Test(arguments: enumerators + optionSizes + names + unknownNames + smoothings + hyperparameters)
    func isAnError(_ bad: BadCall) { bad.check() }

    /// A hyperparameter of every method that reads it, by its name, and values that it cannot have; −1 is the method's own.
    static var optimizerHyperparameters: [(String, [Int], WritableKeyPath<crl_optimizer_options, Float>, [Float])] {
        let adams = [CRL_ADAM, CRL_ADAMW, CRL_AMSGRAD, CRL_NADAM]
        let fraction: [Float] = [.nan, .infinity, -0.5, -2, 1, 2]
        let positive: [Float] = [.nan, .infinity, -0.5, -2, 0]
        return [
            ("momentum", [CRL_MOMENTUM, CRL_NESTEROV], \.momentum, fraction),
            ("beta1", adams + [CRL_LION], \.beta1, fraction),
            ("beta2", adams + [CRL_LION, CRL_RMSPROP], \.beta2, fraction),
            ("epsilon", adams + [CRL_ADAGRAD, CRL_RMSPROP], \.epsilon, positive + [1e-31]),
            ("weight_decay", Array(CRL_GRADIENT_DESCENT...CRL_QUICKPROP), \.weight_decay, [.nan, .infinity, -0.5, -2]),
            ("l1", Array(CRL_GRADIENT_DESCENT...CRL_QUICKPROP), \.l1, [.nan, .infinity, -0.5, -1]),
            ("l2", Array(CRL_GRADIENT_DESCENT...CRL_QUICKPROP), \.l2, [.nan, .infinity, -0.5, -1]),
            ("max_norm", Array(CRL_GRADIENT_DESCENT...CRL_QUICKPROP), \.max_norm, [.nan, -.infinity, -0.5, 0]),
            ("clip_norm", Array(CRL_GRADIENT_DESCENT...CRL_QUICKPROP), \.clip_norm, [.nan, -.infinity, -0.5, 0]),
            ("clip_value", Array(CRL_GRADIENT_DESCENT...CRL_QUICKPROP), \.clip_value, [.nan, -.infinity, -0.5, 0]),
            ("growth", [CRL_IRPROP_MINUS, CRL_QUICKPROP], \.growth, positive),
            ("growth", [CRL_IRPROP_MINUS], \.growth, [0.5]),
            ("shrink", [CRL_IRPROP_MINUS], \.shrink, fraction),
            ("min_step", [CRL_IRPROP_MINUS], \.min_step, positive + [51]),
            ("max_step", [CRL_IRPROP_MINUS, CRL_QUICKPROP], \.max_step, positive),
        ]
    }

    @Test func optimizerHyperparametersOutOfRange() {
        let f = Fixture()
        for (name, methods, field, values) in ValueTests.optimizerHyperparameters {
            for method in methods {
                for value in values {
                    let options = f.optimizerOptions {
                        $0.method = crl_optimizer_method(method)
                        $0[keyPath: field] = value
                    }
                    var optimizer: UnsafeMutablePointer<crl_optimizer>?
                    fails(
                        crlOptimizerCreate(f.network, options, &optimizer), CRL_ERROR_VALUE, "crl_optimizer_create",
                        [name, "\(value)"])
                    #expect(optimizer == nil)
                }
            }
        }
    }

    /// What a method does not name must not be given.
    @Test func optimizerHyperparametersOfOtherMethods() {
        let f = Fixture()
        for (name, methods, field, _) in ValueTests.optimizerHyperparameters {
            for method in CRL_GRADIENT_DESCENT...CRL_QUICKPROP where !methods.contains(method) {
                guard !(field == \.growth && method == CRL_QUICKPROP) else { continue }
                for value in [Float.nan, 0, 0.5] {
                    let options = f.optimizerOptions {
                        $0.method = crl_optimizer_method(method)
                        $0[keyPath: field] = value
                    }
                    var optimizer: UnsafeMutablePointer<crl_optimizer>?
                    fails(
                        crlOptimizerCreate(f.network, options, &optimizer), CRL_ERROR_VALUE, "crl_optimizer_create",
                        ["options->\(name) is \(value)", "takes no \(name)"])
                    #expect(optimizer == nil)
                }
            }
        }
    }

    @Test(arguments: [Float.nan, .infinity, -1])
    func learningRateOutOfRange(_ value: Float) {
        let f = Fixture()
        var optimizer: UnsafeMutablePointer<crl_optimizer>?
        fails(
            crlOptimizerCreate(f.network, f.optimizerOptions { $0.learning_rate = value }, &optimizer),
            CRL_ERROR_VALUE, "crl_optimizer_create", ["learning rate is \(value)"])
        #expect(optimizer == nil)
    }

    /// −1 stands for the value that the header gives, method by method.
    @Test func hyperparametersOfTheMethodsOwn() {
        func parameters(_ method: Int, _ change: (inout crl_optimizer_options) -> Void) -> [UInt8] {
            let f = Fixture()
            var optimizer: UnsafeMutablePointer<crl_optimizer>?
            let options = f.optimizerOptions {
                $0.method = crl_optimizer_method(method)
                $0.learning_rate = 0.125
                change(&$0)
            }
            ok(crlOptimizerCreate(f.network, options, &optimizer))
            for step in 0..<4 {
                for index in 0..<17 { f.slope.pointer[index] = Float((index * 7 + step * 5) % 11) * 1e-3 - 4e-3 }
                ok(crlStep(optimizer, f.network, f.slope.pointer, 17))
            }
            crlOptimizerDestroy(optimizer)
            return ChainruleCTests.parameters(of: f.network).bytes
        }
        let own: [Int: [(WritableKeyPath<crl_optimizer_options, Float>, Float)]] = [
            CRL_MOMENTUM: [(\.momentum, 0.9)], CRL_NESTEROV: [(\.momentum, 0.9)], CRL_ADAGRAD: [(\.epsilon, 1e-10)],
            CRL_RMSPROP: [(\.beta2, 0.99), (\.epsilon, 1e-8)],
            CRL_ADAM: [(\.beta1, 0.9), (\.beta2, 0.999), (\.epsilon, 1e-8)],
            CRL_ADAMW: [(\.beta1, 0.9), (\.beta2, 0.999), (\.epsilon, 1e-8), (\.weight_decay, 0.01)],
            CRL_AMSGRAD: [(\.beta1, 0.9), (\.beta2, 0.999), (\.epsilon, 1e-8)],
            CRL_NADAM: [(\.beta1, 0.9), (\.beta2, 0.999), (\.epsilon, 1e-8)],
            CRL_LION: [(\.beta1, 0.9), (\.beta2, 0.99), (\.weight_decay, 0), (\.max_norm, .infinity)],
            CRL_IRPROP_MINUS: [(\.growth, 1.2), (\.shrink, 0.5), (\.min_step, 1e-6), (\.max_step, 50)],
            CRL_QUICKPROP: [(\.growth, 1.75), (\.max_step, 50)],
        ]
        for (method, values) in own {
            let given = parameters(method) { for (field, value) in values { $0[keyPath: field] = value } }
            #expect(parameters(method) { _ in } == given, "method \(method)")
        }
    }
}
