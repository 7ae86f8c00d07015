import CChainrule
import ChainruleC
import Testing

/// Forward, cost and backward on the caller's buffers: strides, what may be left out, and what a workspace shows.
@Suite struct PassTests {
    /// Two columns of each row in rows of 5, 99 around them.
    static func wide(_ values: [Float]) -> Memory<Float> {
        Memory(stride(from: 0, to: values.count, by: 2).flatMap { [values[$0], values[$0 + 1], 99, 99, 99] })
    }

    @Test func stridesWiderThanTheColumns() {
        let f = Fixture()
        let x = PassTests.wide(f.x.elements)
        let y = Memory<Float>(99, count: 20)
        let dC_dy = Memory<Float>(99, count: 20)
        let dC_dx = Memory<Float>(99, count: 20)
        let t = PassTests.wide(f.t.elements)
        let targets = f.targets {
            $0.values = UnsafePointer(t.pointer)
            $0.stride = 5
        }
        ok(crlForward(f.network, f.workspace, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        ok(crlCost(nil, f.y.pointer, 4, 2, 2, f.targets(), f.C.pointer, f.dC_dy.pointer, 4, 2))
        ok(
            crlBackward(
                f.network, f.workspace, f.dC_dy.pointer, 4, 2, f.gradients.pointer, 17, 0, f.dC_dx.pointer, 4, 2))

        var C = 0.0
        let gradients = Memory<Float>(0, count: 17)
        ok(crlForward(f.network, f.workspace, x.pointer, 4, 5, y.pointer, 4, 5))
        ok(crlCost(nil, y.pointer, 4, 2, 5, targets, &C, dC_dy.pointer, 4, 5))
        ok(crlBackward(f.network, f.workspace, dC_dy.pointer, 4, 5, gradients.pointer, 17, 0, dC_dx.pointer, 4, 5))
        #expect(C == f.C.elements[0] && gradients.bytes == f.gradients.bytes)
        #expect(y.bytes == PassTests.wide(f.y.elements).bytes)
        #expect(dC_dy.bytes == PassTests.wide(f.dC_dy.elements).bytes)
        #expect(dC_dx.bytes == PassTests.wide(f.dC_dx.elements).bytes)

        // The whole calls take strides, too.
        ok(crlNetworkPredict(f.network, x.pointer, 4, 5, y.pointer, 4, 5))
        #expect(y.bytes == PassTests.wide(f.y.elements).bytes)
        ok(crlNetworkValueAndGradient(f.network, nil, x.pointer, 4, 5, targets, &C, gradients.pointer, 17))
        #expect(C == f.C.elements[0] && gradients.bytes == f.gradients.bytes)
        ok(crlNetworkFit(f.network, x.pointer, 4, 5, targets, nil, nil))
        ok(crlNetworkFit(f.other, f.x.pointer, 4, 2, f.targets(), nil, nil))
        #expect(parameters(of: f.network).bytes == parameters(of: f.other).bytes)
    }

    @Test func fewerRowsThanTheWorkspaceHolds() {
        let f = Fixture()
        ok(crlForward(f.network, f.workspace, f.x.pointer, 1, 2, f.y.pointer, 4, 2))
        #expect(Array(f.y.elements[0..<2]) == Array(f.prediction[0..<2]))
        #expect(f.y.elements[2...].allSatisfy { $0 == 77 })
        ok(crlBackward(f.network, f.workspace, f.t.pointer, 1, 2, nil, 0, 0, f.dC_dx.pointer, 4, 2))
        #expect(f.dC_dx.elements[2...].allSatisfy { $0 == 77 } && f.dC_dx.elements[0] != 77)
    }

    @Test func gradientsAccumulate() {
        let f = Fixture()
        let once = Memory<Float>(0, count: 17)
        ok(crlBackward(f.network, f.workspace, f.t.pointer, 4, 2, once.pointer, 17, 0, nil, 0, 0))
        for index in 0..<17 { f.gradients.pointer[index] = Float(index) }
        for _ in 0..<2 {
            ok(crlBackward(f.network, f.workspace, f.t.pointer, 4, 2, f.gradients.pointer, 17, -1, nil, 0, 0))
        }
        for index in 0..<17 {
            #expect(abs(f.gradients.elements[index] - (Float(index) + 2 * once.elements[index])) < 1e-4)
        }
    }

    /// Whole layers at a time: "out" has the parameters from 9 on.
    @Test func gradientsInParts() {
        let f = Fixture()
        let whole = Memory<Float>(0, count: 17)
        ok(crlBackward(f.network, f.workspace, f.t.pointer, 4, 2, whole.pointer, 17, 0, nil, 0, 0))
        func part(_ dC_dy: UnsafePointer<Float>?, _ first: UInt, _ accumulate: Int32 = 0) {
            ok(
                crlBackwardUntil(
                    f.network, f.workspace, dC_dy, 4, 2, first, f.gradients.pointer, 17, accumulate))
        }
        func hasDelta() -> Bool {
            CRL_OK
                == crlWorkspaceValues(
                    f.workspace, "hidden", crl_quantity(CRL_QUANTITY_DELTA), f.address.pointer, f.sizes.pointer,
                    f.sizes.pointer + 1)
        }
        part(f.t.pointer, 17)
        #expect(f.gradients.elements.allSatisfy { $0 == 77 })
        part(nil, 16)
        part(nil, 9)
        #expect(f.gradients.elements[..<9].allSatisfy { $0 == 77 })
        #expect(f.gradients.bytes[36...] == whole.bytes[36...] && !hasDelta())
        part(nil, 8)
        #expect(f.gradients.bytes == whole.bytes && !hasDelta())
        part(nil, 0)
        #expect(f.gradients.bytes == whole.bytes && hasDelta())
        let twice = Memory(whole.elements)
        ok(crlBackward(f.network, f.workspace, f.t.pointer, 4, 2, twice.pointer, 17, 1, nil, 0, 0))
        part(f.t.pointer, 9, 1)
        part(nil, 0)
        #expect(f.gradients.elements == Array(whole.elements[..<9]) + Array(twice.elements[9...]))
        // ∇C is copied before the first gradient is written.
        for index in 0..<8 { f.gradients.pointer[index] = f.t.pointer[index] }
        part(f.gradients.pointer, 0)
        #expect(f.gradients.bytes == whole.bytes)
    }

    /// dC_dx is that of central differences of Σ t y, whose ∇C is t.
    @Test func gradientOfTheInput() {
        let f = Fixture()
        ok(crlBackward(f.network, f.workspace, f.t.pointer, 4, 2, nil, 0, 0, f.dC_dx.pointer, 4, 2))
        func value() -> Double { zip(f.prediction, f.t.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
        for index in 0..<8 {
            let x = f.x.elements[index]
            f.x.pointer[index] = x + 0.01
            let above = value()
            f.x.pointer[index] = x - 0.01
            let below = value()
            f.x.pointer[index] = x
            #expect(abs(Double(f.dC_dx.elements[index]) - (above - below) / 0.02) < 1e-3)
        }
    }

    @Test func workspaceShowsEveryLayer() {
        let f = Fixture()
        func values(_ layer: String, _ quantity: Int, width: UInt) -> [Float] {
            ok(
                crlWorkspaceValues(
                    f.workspace, layer, crl_quantity(quantity), f.address.pointer, f.sizes.pointer, f.sizes.pointer + 1)
            )
            #expect(f.sizes.elements == [4, width])
            return Array(UnsafeBufferPointer(start: f.address.elements[0], count: Int(4 * width)))
        }
        ok(crlBackward(f.network, f.workspace, f.t.pointer, 4, 2, nil, 0, 0, f.dC_dx.pointer, 4, 2))
        #expect(values("input", CRL_QUANTITY_H, width: 2) == f.x.elements)
        #expect(values("input", CRL_QUANTITY_DELTA, width: 2) == f.dC_dx.elements)
        #expect(values("out", CRL_QUANTITY_H, width: 2) == f.prediction)
        #expect(values("out", CRL_QUANTITY_Z, width: 2) == f.prediction)
        #expect(values("out", CRL_QUANTITY_DELTA, width: 2) == f.t.elements)
        let w = parameters(of: f.network).elements
        for (index, z) in values("hidden", CRL_QUANTITY_Z, width: 3).enumerated() {
            let (row, unit) = (index / 3, index % 3)
            let x = f.x.elements
            #expect(abs(z - (w[2 * unit] * x[2 * row] + w[2 * unit + 1] * x[2 * row + 1] + w[6 + unit])) < 1e-6)
        }
        // Without dC_dx nobody asked for the input's δ.
        ok(crlBackward(f.network, f.workspace, f.t.pointer, 4, 2, nil, 0, 0, nil, 0, 0))
        let status = crlWorkspaceValues(
            f.workspace, "input", crl_quantity(CRL_QUANTITY_DELTA), f.address.pointer, f.sizes.pointer,
            f.sizes.pointer + 1)
        fails(status, CRL_ERROR_NO_FORWARD, "crl_workspace_values", ["input"])
    }

    /// Classes are distributions with one 1, and a weight of 2 is a row twice.
    @Test func classesValuesAndWeights() {
        let f = Fixture()
        let cost = f.cost(CRL_CROSS_ENTROPY)
        var ofClasses = 0.0
        var ofValues = 0.0
        let oneHot = f.keepArray([1, 0, 0, 1, 0, 1, 1, 0])
        ok(crlCost(cost, f.x.pointer, 4, 2, 2, f.classTargets(), &ofClasses, f.dC_dy.pointer, 4, 2))
        let expected = f.dC_dy.elements
        ok(
            crlCost(
                cost, f.x.pointer, 4, 2, 2, f.targets { $0.values = UnsafePointer(oneHot) }, &ofValues, f.dC_dy.pointer,
                4,
                2))
        #expect(abs(ofClasses - ofValues) < 1e-6)
        for (a, b) in zip(expected, f.dC_dy.elements) { #expect(abs(a - b) < 1e-6) }

        var weighted = 0.0
        var repeated = 0.0
        let sum = f.cost { $0.reduction = crl_reduction(CRL_REDUCTION_SUM) }
        let weights = f.keepArray([2, 1])
        let two = f.targets {
            $0.rows = 2
            $0.weights = UnsafePointer(weights)
            $0.weights_count = 2
        }
        let x3 = f.keepArray([0, 0.5, 0, 0.5, 1, -1])
        let t3 = f.keepArray([0, 1, 0, 1, 1, 0])
        let three = f.targets {
            $0.values = UnsafePointer(t3)
            $0.rows = 3
        }
        for cost in [nil, sum] {
            ok(crlCost(cost, f.x.pointer, 2, 2, 2, two, &weighted, nil, 0, 0))
            ok(crlCost(cost, x3, 3, 2, 2, three, &repeated, nil, 0, 0))
            #expect(abs(weighted - repeated) < 1e-9)
        }
    }

    /// dC_dy may be y itself.
    @Test func gradientInPlaceOfTheOutputs() {
        let f = Fixture()
        ok(crlCost(nil, f.x.pointer, 4, 2, 2, f.targets(), f.C.pointer, f.dC_dy.pointer, 4, 2))
        var C = 0.0
        ok(crlCost(nil, f.x.pointer, 4, 2, 2, f.targets(), &C, f.x.pointer, 4, 2))
        #expect(C == f.C.elements[0] && f.x.bytes == f.dC_dy.bytes)
    }
}
