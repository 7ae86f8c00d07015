import CChainrule
import ChainruleC
import Testing

/// Activations, costs and progress callbacks of the caller's: what they are handed, and what happens when they fail.
@Suite struct CallbackTests {
    /// What a callback is told through its user pointer, and what it noted there.
    struct Note {
        var calls = 0
        var rows = 0
        var columns = 0
        var targetColumns = -1
        var hadTargets = false
        var hadWeights = false
        /// What to return, or write.
        var result: Int32 = 0
        var value: Double = 0
        var derivative: Float = 0
        var stopAfter = Int.max
        var lastEpoch = crl_epoch()
    }

    /// A network 2 → 3 → 2 whose hidden layer has σ(z) = z², made of a user pointer's note.
    static func square(_ f: Fixture, _ note: UnsafeMutablePointer<Note>) -> UnsafeMutablePointer<crl_network> {
        var network: UnsafeMutablePointer<crl_network>?
        ok(crlNetworkCreate(2, &network))
        let options = f.layer {
            $0.function = { user, z, h, rows, columns in
                let note = user!.assumingMemoryBound(to: Note.self)
                note.pointee.calls += 1
                note.pointee.rows = rows
                note.pointee.columns = columns
                for index in 0..<rows * columns { h![index] = z![index] * z![index] }
                if note.pointee.value.isNaN { h![rows * columns - 1] = .nan }
                return note.pointee.result
            }
            $0.derivative = { user, z, h, slope, rows, columns in
                let note = user!.assumingMemoryBound(to: Note.self)
                note.pointee.calls += 1
                // h = σ(z) is handed over as it was made.
                for index in 0..<rows * columns {
                    slope![index] = h![index] == z![index] * z![index] ? 2 * z![index] : -1
                }
                if note.pointee.derivative.isNaN { slope![0] = .nan }
                return note.pointee.result
            }
            $0.user = UnsafeMutableRawPointer(note)
        }
        ok(crlNetworkAddDense(network, 3, crl_activation(CRL_CUSTOM_ACTIVATION), options))
        ok(crlNetworkAddDense(network, 2, crl_activation(CRL_IDENTITY), nil))
        ok(crlNetworkBuild(network, 3))
        return network!
    }

    /// C = Σ y², ∇C = 2 y.
    static func sumOfSquares(_ f: Fixture, _ note: UnsafeMutablePointer<Note>) -> UnsafePointer<crl_cost_options> {
        f.cost {
            $0.kind = crl_cost_kind(CRL_CUSTOM_COST)
            $0.user = UnsafeMutableRawPointer(note)
            $0.function = { user, y, targets, weights, rows, columns, targetColumns, C, slope in
                let note = user!.assumingMemoryBound(to: Note.self)
                note.pointee.calls += 1
                note.pointee.rows = rows
                note.pointee.columns = columns
                note.pointee.targetColumns = targetColumns
                note.pointee.hadTargets = targets != nil
                note.pointee.hadWeights = weights != nil
                C!.pointee = note.pointee.value
                for index in 0..<rows * columns {
                    C!.pointee += Double(y![index] * y![index])
                    slope![index] = 2 * y![index]
                }
                if note.pointee.derivative.isNaN { slope![1] = .nan }
                return note.pointee.result
            }
        }
    }

    @Test func customActivationIsUsedByEveryPass() {
        let f = Fixture()
        let note = f.keep(Note())
        let network = CallbackTests.square(f, note)
        defer { crlNetworkDestroy(network) }
        var C = 0.0
        ok(crlNetworkPredict(network, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(note.pointee.calls == 1 && note.pointee.rows == 4 && note.pointee.columns == 3)
        ok(crlNetworkValueAndGradient(network, nil, f.x.pointer, 4, 2, f.targets(), &C, f.gradients.pointer, 17))
        #expect(note.pointee.calls == 3)

        // The gradient is that of central differences.
        var base: UnsafeMutablePointer<Float>?
        var count: UInt = 0
        ok(crlNetworkParameters(network, &base, &count))
        for index in 0..<Int(count) {
            let w = base![index]
            var above = 0.0
            var below = 0.0
            base![index] = w + 0.01
            ok(crlNetworkValueAndGradient(network, nil, f.x.pointer, 4, 2, f.targets(), &above, nil, 0))
            base![index] = w - 0.01
            ok(crlNetworkValueAndGradient(network, nil, f.x.pointer, 4, 2, f.targets(), &below, nil, 0))
            base![index] = w
            #expect(abs(Double(f.gradients.elements[index]) - (above - below) / 0.02) < 0.01 * max(1, abs(C)))
        }
    }

    @Test func customCostSeesWhatItIsPromised() {
        let f = Fixture()
        let note = f.keep(Note())
        let cost = CallbackTests.sumOfSquares(f, note)
        // Rows 3 floats apart: the callback is still handed contiguous ones.
        let y = f.keepArray([1, 2, 99, 3, 4, 99])
        ok(crlCost(cost, y, 2, 2, 3, nil, f.C.pointer, f.dC_dy.pointer, 2, 4))
        #expect(f.C.elements == [30])
        #expect(f.dC_dy.elements == [2, 4, 77, 77, 6, 8, 77, 77])
        #expect(note.pointee.rows == 2 && note.pointee.columns == 2 && note.pointee.targetColumns == 0)
        #expect(!note.pointee.hadTargets && !note.pointee.hadWeights)

        // Targets may have any width.
        let targets = f.targets {
            $0.values = UnsafePointer(f.t.pointer)
            $0.rows = 2
            $0.columns = 3
            $0.stride = 4
            $0.weights = UnsafePointer(f.weights.pointer)
            $0.weights_count = 2
        }
        ok(crlCost(cost, y, 2, 2, 3, targets, f.C.pointer, nil, 0, 0))
        #expect(note.pointee.hadTargets && note.pointee.hadWeights && note.pointee.targetColumns == 3)
        ok(crlNetworkValueAndGradient(f.network, cost, f.x.pointer, 4, 2, nil, f.C.pointer, f.gradients.pointer, 17))
        ok(crlNetworkFit(f.network, f.x.pointer, 4, 2, nil, nil, f.train { $0.cost = cost }))
    }

    static let failures = [
        BadCall("crl_cost", CRL_ERROR_CALLBACK, "cost", "returned 7") { f in
            let cost = sumOfSquares(f, f.keep(Note(result: 7)))
            return crlCost(cost, f.x.pointer, 4, 2, 2, nil, f.C.pointer, nil, 0, 0)
        },
        BadCall("crl_cost", CRL_ERROR_CALLBACK, "cost", "nan") { f in
            let cost = sumOfSquares(f, f.keep(Note(value: .nan)))
            return crlCost(cost, f.x.pointer, 4, 2, 2, nil, f.C.pointer, nil, 0, 0)
        },
        BadCall("crl_cost", CRL_ERROR_CALLBACK, "cost", "inf") { f in
            let cost = sumOfSquares(f, f.keep(Note(value: .infinity)))
            return crlCost(cost, f.x.pointer, 4, 2, 2, nil, f.C.pointer, nil, 0, 0)
        },
        BadCall("crl_cost", CRL_ERROR_TARGET, "classes") { f in
            let cost = sumOfSquares(f, f.keep(Note()))
            return crlCost(cost, f.x.pointer, 4, 2, 2, f.classTargets(), f.C.pointer, nil, 0, 0)
        },
        BadCall("crl_network_value_and_gradient", CRL_ERROR_CALLBACK, "gradient", "nan", "row 0, column 1") { f in
            let cost = sumOfSquares(f, f.keep(Note(derivative: .nan)))
            return crlNetworkValueAndGradient(f.network, cost, f.x.pointer, 4, 2, nil, f.C.pointer, nil, 0)
        },
        BadCall("crl_network_fit", CRL_ERROR_CALLBACK, "epoch 1, batch 1", "returned -3") { f in
            let cost = sumOfSquares(f, f.keep(Note(result: -3)))
            return crlNetworkFit(f.network, f.x.pointer, 4, 2, nil, nil, f.train { $0.cost = cost })
        },
        BadCall("crl_network_fit", CRL_ERROR_CALLBACK, "epoch 1, batch 1", "nan") { f in
            let cost = sumOfSquares(f, f.keep(Note(derivative: .nan)))
            return crlNetworkFit(f.network, f.x.pointer, 4, 2, nil, nil, f.train { $0.cost = cost })
        },
    ]

    @Test(arguments: failures)
    func failingCostIsAnError(_ bad: BadCall) { bad.check() }

    @Test(arguments: [
        (Note(result: 5), "function returned 5"), (Note(value: .nan), "nan at row 3, column 2"),
    ])
    func failingActivation(_ behaviour: Note, _ words: String) {
        let f = Fixture()
        let note = f.keep(Note())
        let network = CallbackTests.square(f, note)
        defer { crlNetworkDestroy(network) }
        let workspace = Fixture.makeWorkspace(network, rows: 4, CRL_PURPOSE_TRAINING)
        defer { crlWorkspaceDestroy(workspace) }
        ok(crlForward(network, workspace, f.x.pointer, 4, 2, nil, 0, 0))
        let before = parameters(of: network).bytes
        note.pointee = behaviour
        fails(
            crlNetworkPredict(network, f.x.pointer, 4, 2, f.y.pointer, 4, 2), CRL_ERROR_CALLBACK, "crl_network_predict",
            [words])
        fails(
            crlForward(network, workspace, f.x.pointer, 4, 2, f.y.pointer, 4, 2), CRL_ERROR_CALLBACK, "crl_forward",
            [words])
        #expect(f.y.elements.allSatisfy { $0 == 77 })
        fails(
            crlNetworkFit(network, f.x.pointer, 4, 2, f.targets(), nil, nil), CRL_ERROR_CALLBACK, "crl_network_fit",
            ["epoch 1, batch 1", words])
        #expect(parameters(of: network).bytes == before)
        // The failed pass is void.
        fails(
            crlBackward(network, workspace, f.t.pointer, 4, 2, f.gradients.pointer, 17, 0, nil, 0, 0),
            CRL_ERROR_NO_FORWARD,
            "crl_backward", ["4 rows"])
    }

    @Test func failingDerivative() {
        expectFailure(Note(result: 5), "derivative returned 5")
        expectFailure(Note(derivative: .nan), "nan at row 0, column 0")
    }

    private func expectFailure(_ behaviour: Note, _ words: String) {
        let f = Fixture()
        let note = f.keep(Note())
        let network = CallbackTests.square(f, note)
        defer { crlNetworkDestroy(network) }
        let workspace = Fixture.makeWorkspace(network, rows: 4, CRL_PURPOSE_TRAINING)
        defer { crlWorkspaceDestroy(workspace) }
        ok(crlForward(network, workspace, f.x.pointer, 4, 2, nil, 0, 0))
        note.pointee = behaviour
        fails(
            crlBackward(network, workspace, f.t.pointer, 4, 2, f.gradients.pointer, 17, 0, f.dC_dx.pointer, 4, 2),
            CRL_ERROR_CALLBACK, "crl_backward", [words])
        #expect(f.dC_dx.elements.allSatisfy { $0 == 77 })
        fails(
            crlBackwardUntil(network, workspace, f.t.pointer, 4, 2, 0, f.gradients.pointer, 17, 0), CRL_ERROR_CALLBACK,
            "crl_backward_until", [words])
    }

    static let noteEpoch: crl_epoch_callback = { user, epoch in
        let note = user!.assumingMemoryBound(to: Note.self)
        note.pointee.calls += 1
        note.pointee.lastEpoch = epoch!.pointee
        return note.pointee.calls >= note.pointee.stopAfter ? 1 : 0
    }

    @Test func epochCallbackIsToldEverything() {
        let f = Fixture()
        let note = f.keep(Note())
        let train = f.train {
            $0.cost = f.cost(CRL_CROSS_ENTROPY)
            $0.epochs = 7
            $0.batch_size = 3
            $0.on_epoch = CallbackTests.noteEpoch
            $0.user = UnsafeMutableRawPointer(note)
        }
        let held = f.validation { $0.targets = f.classTargets() }
        ok(crlNetworkFit(f.network, f.x.pointer, 4, 2, f.classTargets(), held, train))
        let epoch = note.pointee.lastEpoch
        #expect(note.pointee.calls == 7 && epoch.epoch == 7 && epoch.epochs == 7)
        #expect(epoch.size == MemoryLayout<crl_epoch>.size)
        #expect(epoch.cost.isFinite && epoch.cost > 0 && epoch.seconds >= 0 && epoch.samples_per_second > 0)

        // The validation figures are those of the network as it now is.
        var C = 0.0
        ok(crlCost(f.cost(CRL_CROSS_ENTROPY), f.keepArray(f.prediction), 4, 2, 2, f.classTargets(), &C, nil, 0, 0))
        #expect(epoch.validation_cost == C)
        let y = f.prediction
        let right = (0..<4).filter { (y[2 * $0 + 1] > y[2 * $0]) == (f.classes.elements[$0] == 1) }
        #expect(epoch.validation_accuracy == Double(right.count) / 4)
    }

    @Test func withoutValidationTheFiguresAreNaN() {
        let f = Fixture()
        let note = f.keep(Note())
        let train = f.train {
            $0.on_epoch = CallbackTests.noteEpoch
            $0.user = UnsafeMutableRawPointer(note)
        }
        ok(crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, train))
        #expect(note.pointee.lastEpoch.validation_cost.isNaN && note.pointee.lastEpoch.validation_accuracy.isNaN)
    }

    @Test func cancellingKeepsWhatWasTrained() {
        let f = Fixture()
        let note = f.keep(Note(stopAfter: 2))
        func train(epochs: Int, stopping: Bool) -> UnsafePointer<crl_train_options> {
            f.train {
                $0.epochs = epochs
                $0.on_epoch = stopping ? CallbackTests.noteEpoch : nil
                $0.user = UnsafeMutableRawPointer(note)
            }
        }
        fails(
            crlNetworkFit(f.network, f.x.pointer, 4, 2, f.targets(), nil, train(epochs: 9, stopping: true)),
            CRL_CANCELLED,
            "crl_network_fit", ["epoch 2 of 9"])
        #expect(note.pointee.calls == 2)
        ok(crlNetworkFit(f.other, f.x.pointer, 4, 2, f.targets(), nil, train(epochs: 2, stopping: false)))
        #expect(parameters(of: f.network).bytes == parameters(of: f.other).bytes)
    }
}
