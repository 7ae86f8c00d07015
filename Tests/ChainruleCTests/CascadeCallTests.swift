import CChainrule
import ChainruleC
import Testing

/// `crl_network_create_cascade`: good calls, and everything that can be wrong with one.
@Suite struct CascadeCallTests {
    /// 8 rows that nothing but 5 units could learn by heart, so that each of the first lowers C by more than rounding.
    private static let rows = 8
    private static let x: [Float] = [0, 0.5, 1, -1, 0.25, 2, -0.75, 1.5, 0.5, -0.25, -1, -1.25, 1.5, 0.75, -0.5, 0.25]
    private static let t: [Float] = [0, 1, 1, 0, 0.5, 0.25, 0.25, 0.75, 1, 1, 0, 0, 0.75, 0.5, 0.5, 1]

    private static func targets(_ f: Fixture) -> UnsafePointer<crl_targets> {
        let values = f.keepElements(t)
        return f.targets {
            $0.values = UnsafePointer(values)
            $0.rows = rows
        }
    }

    private static func grow(
        _ f: Fixture, _ options: UnsafePointer<crl_cascade_options>?,
        _ network: inout UnsafeMutablePointer<crl_network>?, validation: UnsafePointer<crl_validation>? = nil
    ) -> crl_status {
        crlNetworkCreateCascade(2, 2, f.keepElements(x), 8, 2, targets(f), validation, options, &network)
    }

    private static func layers(of network: UnsafeMutablePointer<crl_network>?) -> UInt {
        let count = Memory<UInt>(0)
        ok(crlNetworkLayerCount(network, count.pointer))
        return count.elements[0]
    }

    @Test func growsAWholeNetwork() throws {
        let f = Fixture()
        var network: UnsafeMutablePointer<crl_network>?
        ok(CascadeCallTests.grow(f, f.cascade { $0.max_units = 2 }, &network))
        defer { crlNetworkDestroy(network) }
        try #require(CascadeCallTests.layers(of: network) == 5)
        for (index, expected) in ["unit1", "features1", "unit2", "features2", "output"].enumerated() {
            ok(crlNetworkLayer(network, UInt(index), f.layer.pointer))
            let layer = f.layer.elements[0]
            #expect(String(cString: try #require(layer.name)) == expected)
            #expect(layer.units == [1, 3, 1, 4, 2][index])
        }
        let x = f.keepElements(CascadeCallTests.x)
        let y = Memory<Float>(0, count: 16)
        ok(crlNetworkPredict(network, x, 8, 2, y.pointer, 8, 2))
        let errors = zip(y.elements, CascadeCallTests.t).map { ($0 - $1) * ($0 - $1) }
        // 0.104 without units, 0.032 with one.
        #expect(errors.reduce(0, +) / 16 < 0.02)
        let folder = try TemporaryFolder()
        ok(crlNetworkSave(network, folder.file("grown")))
        var loaded: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkLoad(folder.file("grown"), &loaded))
        defer { crlNetworkDestroy(loaded) }
        let again = Memory<Float>(0, count: 16)
        ok(crlNetworkPredict(loaded, x, 8, 2, again.pointer, 8, 2))
        #expect(again.bytes == y.bytes)
    }

    @Test func defaultsAreEnough() {
        let f = Fixture()
        var first: UnsafeMutablePointer<crl_network>?
        var second: UnsafeMutablePointer<crl_network>?
        ok(CascadeCallTests.grow(f, nil, &first))
        ok(CascadeCallTests.grow(f, f.cascade { _ in }, &second))
        #expect(parameters(of: first!).bytes == parameters(of: second!).bytes)
        crlNetworkDestroy(first)
        crlNetworkDestroy(second)
    }

    @Test func activationsInTurn() {
        let f = Fixture()
        let activations = f.keepElements([crl_activation(CRL_RELU), crl_activation(CRL_SIGMOID)] as [crl_activation])
        var network: UnsafeMutablePointer<crl_network>?
        ok(
            CascadeCallTests.grow(
                f,
                f.cascade {
                    $0.activations = UnsafePointer(activations)
                    $0.activations_count = 2
                    $0.candidates = 2
                    $0.output_activation = crl_activation(CRL_SOFTPLUS)
                    $0.max_units = 2
                }, &network))
        #expect(CascadeCallTests.layers(of: network) == 5)
        crlNetworkDestroy(network)
    }

    @Test func callbackSeesEveryUnitAndCancels() {
        let f = Fixture()
        let x = f.keepElements(CascadeCallTests.x)
        let targets = CascadeCallTests.targets(f)
        let record = Memory(crl_cascade_unit())
        record.pointer.pointee.units = 99
        var network: UnsafeMutablePointer<crl_network>?
        let status = CascadeCallTests.grow(
            f,
            f.cascade {
                $0.user = UnsafeMutableRawPointer(record.pointer)
                $0.on_unit = { user, unit in
                    let last = user!.assumingMemoryBound(to: crl_cascade_unit.self)
                    let now = unit!.pointee
                    let isFirst = last.pointee.units == 99
                    // 99 tells the test that something was out of order.
                    let isInOrder =
                        now.size == MemoryLayout<crl_cascade_unit>.size && now.max_units == 30
                        && now.units == (isFirst ? 0 : last.pointee.units + 1)
                        && (isFirst || now.cost <= last.pointee.cost) && now.validation_cost == now.cost
                        && now.accuracy.isNaN && now.validation_accuracy.isNaN
                        && (isFirst ? now.correlation.isNaN : now.correlation > 0 && now.correlation <= 1)
                        && (now.is_best == 1) == (isFirst || now.cost < last.pointee.cost)
                    last.pointee = now
                    return isInOrder ? (now.units == 2 ? 1 : 0) : 99
                }
            }, &network, validation: f.validation(x, UInt(CascadeCallTests.rows), 2, targets))
        fails(status, CRL_CANCELLED, "crl_network_create_cascade", ["growing of the network was cancelled"])
        #expect(record.elements[0].units == 2)
        #expect(CascadeCallTests.layers(of: network) == 5)
        crlNetworkDestroy(network)
    }

    private static func bad(
        _ code: Int, _ words: String..., line: Int = #line,
        change: @escaping @Sendable (inout crl_cascade_options) -> Void
    ) -> BadCall {
        BadCall("crl_network_create_cascade", code, words.joined(separator: " "), line: line) { f in
            refused { grow(f, f.cascade(change), &$0) }
        }
    }

    private static func badCall(
        _ code: Int, _ words: String..., line: Int = #line,
        call: @escaping @Sendable (Fixture, inout UnsafeMutablePointer<crl_network>?) -> crl_status
    ) -> BadCall {
        BadCall("crl_network_create_cascade", code, words.joined(separator: " "), line: line) { f in
            refused { call(f, &$0) }
        }
    }

    /// After an error there is no network.
    private static func refused(
        _ call: (inout UnsafeMutablePointer<crl_network>?) -> crl_status
    ) -> crl_status {
        var network: UnsafeMutablePointer<crl_network>? = UnsafeMutableRawPointer(bitPattern: 64)!
            .assumingMemoryBound(to: crl_network.self)
        let status = call(&network)
        #expect(network == nil)
        return status
    }

    private nonisolated(unsafe) static let one = Memory<crl_activation>([1, 1, 1])

    static let badOptions: [BadCall] =
        ValueTests.sizes(of: MemoryLayout<crl_cascade_options>.size).map { size in
            bad(CRL_ERROR_SIZE, "options->size is \(UInt(bitPattern: size))") { $0.size = size }
        }
        + [Int32(-1), 19, 99, .min, .max].flatMap { number in
            [
                bad(CRL_ERROR_VALUE, "options->output_activation is \(number), which is no crl_activation") {
                    $0.output_activation = number
                },
                badCall(CRL_ERROR_VALUE, "options->activations[1] is \(number)") { f, network in
                    let activations = f.keepElements([1, number] as [crl_activation])
                    return grow(
                        f,
                        f.cascade {
                            $0.activations = UnsafePointer(activations)
                            $0.activations_count = 2
                        }, &network)
                },
            ]
        }
        + [
            bad(CRL_ERROR_VALUE, "options->output_activation is CRL_CUSTOM_ACTIVATION") {
                $0.output_activation = crl_activation(CRL_CUSTOM_ACTIVATION)
            },
            badCall(CRL_ERROR_VALUE, "activations[0] is 'softmax'") { f, network in
                let activations = f.keepElements([crl_activation(CRL_SOFTMAX)] as [crl_activation])
                return grow(
                    f,
                    f.cascade {
                        $0.activations = UnsafePointer(activations)
                        $0.activations_count = 1
                    }, &network)
            },
            bad(CRL_ERROR_SIZE, "0 activations") { $0.activations = UnsafePointer(one.pointer) },
            bad(CRL_ERROR_SIZE, "9 activations for 8 candidates") {
                $0.activations = UnsafePointer(one.pointer)
                $0.activations_count = 9
            },
            bad(CRL_ERROR_SIZE, "activations_count is \(UInt.max)") {
                $0.activations = UnsafePointer(one.pointer)
                $0.activations_count = -1
            },
            bad(CRL_ERROR_SIZE, "candidates is 0") { $0.candidates = 0 },
            bad(CRL_ERROR_SIZE, "candidates is 10001") { $0.candidates = 10_001 },
            bad(CRL_ERROR_SIZE, "candidates is \(UInt.max)") { $0.candidates = -1 },
            bad(CRL_ERROR_SIZE, "max_units is 0") { $0.max_units = 0 },
            bad(CRL_ERROR_SIZE, "max_units is 5000") { $0.max_units = 5000 },
            bad(CRL_ERROR_SIZE, "max_units is \(UInt.max)") { $0.max_units = -1 },
            bad(CRL_ERROR_SIZE, "max_iterations is 0") { $0.max_iterations = 0 },
            bad(CRL_ERROR_SIZE, "max_iterations is \(UInt.max)") { $0.max_iterations = -1 },
            bad(CRL_ERROR_VALUE, "target_cost is nan") { $0.target_cost = .nan },
            bad(CRL_ERROR_SIZE, "patience is \(UInt.max - 1)") { $0.patience = -2 },
            bad(CRL_ERROR_SIZE, "patience is 0") { $0.patience = 0 },
            bad(CRL_ERROR_VALUE, "min_delta is -1.0") { $0.min_delta = -1 },
            bad(CRL_ERROR_VALUE, "min_delta is nan") { $0.min_delta = .nan },
            bad(CRL_ERROR_SIZE, "threads is 1025") { $0.threads = 1025 },
            bad(CRL_ERROR_SIZE, "threads is \(UInt.max - 1)") { $0.threads = -2 },
            bad(CRL_ERROR_SIZE, "threads is 0") { $0.threads = 0 },
        ]

    static let badArguments: [BadCall] = [
        BadCall("crl_network_create_cascade", CRL_ERROR_NULL, "network is NULL") {
            crlNetworkCreateCascade(2, 2, $0.x.pointer, 4, 2, $0.targets(), nil, nil, nil)
        },
        badCall(CRL_ERROR_NULL, "x is NULL") { crlNetworkCreateCascade(2, 2, nil, 4, 2, $0.targets(), nil, nil, &$1) },
        badCall(CRL_ERROR_NULL, "targets is NULL") {
            crlNetworkCreateCascade(2, 2, $0.x.pointer, 4, 2, nil, nil, nil, &$1)
        },
        badCall(CRL_ERROR_SIZE, "at least 1 input; 0 were given") {
            crlNetworkCreateCascade(0, 2, $0.x.pointer, 4, 2, $0.targets(), nil, nil, &$1)
        },
        badCall(CRL_ERROR_SIZE, "inputs is \(UInt.max)") {
            crlNetworkCreateCascade(.max, 2, $0.x.pointer, 4, 2, $0.targets(), nil, nil, &$1)
        },
        badCall(CRL_ERROR_SIZE, "targets have 2 columns; the outputs have 0") {
            crlNetworkCreateCascade(2, 0, $0.x.pointer, 4, 2, $0.targets(), nil, nil, &$1)
        },
        badCall(CRL_ERROR_SIZE, "outputs is \(UInt.max)") {
            crlNetworkCreateCascade(2, .max, $0.x.pointer, 4, 2, $0.targets(), nil, nil, &$1)
        },
        badCall(CRL_ERROR_SIZE, "targets have 2 columns; the outputs have 3") {
            crlNetworkCreateCascade(2, 3, $0.x.pointer, 4, 2, $0.targets(), nil, nil, &$1)
        },
        badCall(CRL_ERROR_SIZE, "x_rows is 0") {
            crlNetworkCreateCascade(2, 2, $0.x.pointer, 0, 2, $0.targets(), nil, nil, &$1)
        },
        badCall(CRL_ERROR_SIZE, "memory can hold") {
            crlNetworkCreateCascade(2, 2, $0.x.pointer, .max, 2, $0.targets(), nil, nil, &$1)
        },
        badCall(CRL_ERROR_SIZE, "x_stride is 1") {
            crlNetworkCreateCascade(2, 2, $0.x.pointer, 4, 1, $0.targets(), nil, nil, &$1)
        },
        badCall(CRL_ERROR_SIZE, "4 target values for 3 rows") {
            crlNetworkCreateCascade(2, 2, $0.x.pointer, 3, 2, $0.targets(), nil, nil, &$1)
        },
        badCall(CRL_ERROR_TARGET, "'mean_squared_error'") {
            crlNetworkCreateCascade(2, 2, $0.x.pointer, 4, 2, $0.classTargets(), nil, nil, &$1)
        },
        badCall(CRL_ERROR_NOT_FINITE, "x holds nan at row 1, column 0") { f, network in
            let x = f.keepArray([0, 0, Float.nan, 0, 0, 0, 0, 0])
            return crlNetworkCreateCascade(2, 2, x, 4, 2, f.targets(), nil, nil, &network)
        },
        badCall(CRL_ERROR_NULL, "validation->x is NULL") { f, network in
            grow(f, nil, &network, validation: f.validation(nil, 4, 2, f.targets()))
        },
        badCall(CRL_ERROR_NULL, "validation->targets is NULL") { f, network in
            grow(f, nil, &network, validation: f.validation(f.x.pointer, 4, 2, nil))
        },
        badCall(CRL_ERROR_SIZE, "validation->stride is 1") { f, network in
            grow(f, nil, &network, validation: f.validation(f.x.pointer, 4, 1, f.targets()))
        },
        badCall(CRL_ERROR_NULL, "cost->function is NULL") { f, network in
            grow(f, f.cascade { $0.cost = f.cost(CRL_CUSTOM_COST) }, &network)
        },
        badCall(CRL_ERROR_CALLBACK, "returned 5") { f, network in
            grow(
                f,
                f.cascade {
                    $0.cost = f.cost {
                        $0.kind = crl_cost_kind(CRL_CUSTOM_COST)
                        $0.function = { _, _, _, _, _, _, _, _, _ in 5 }
                    }
                }, &network)
        },
    ]

    @Test(arguments: badOptions) func optionsAreChecked(_ call: BadCall) { call.check() }
    @Test(arguments: badArguments) func argumentsAreChecked(_ call: BadCall) { call.check() }
}

extension Fixture {
    func cascade(_ change: (inout crl_cascade_options) -> Void) -> UnsafePointer<crl_cascade_options> {
        changed(crl_cascade_options.initial, change)
    }
}
