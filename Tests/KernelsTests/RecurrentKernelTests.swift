import Foundation
import KernelDispatch
import Kernels
import Testing

/// The steps of recurrent cells against the papers' formulas in float64, written out unit by unit.
@Suite struct RecurrentKernelTests {
    private static let sizes = [(1, 1), (2, 3), (3, 7), (1, 8), (2, 15), (3, 16), (1, 17), (2, 33), (3, 70)]

    typealias Kernel = (RecurrentKernels<Float>) -> RecurrentKernels<Float>.Step

    /// The views of a step, rows with gaps between them.
    struct Step {
        let units: Int
        var gates, recurrent, state, cell, extra, previous, signals: Rows
        var weights: [Float]?
        /// From one gate to the next.
        var distance: Int

        /// - Parameter pad: units of no cell between the gates.
        init(rows: Int, units: Int, gap: Int, pad: Int = 0, weights count: Int, _ noise: inout Noise) {
            self.units = units
            distance = units + pad
            func view(_ columns: Int, _ noise: inout Noise) -> Rows {
                Rows(rows, columns, gap: gap) { noise.floats($0, in: -2...2) }
            }
            gates = view(4 * distance, &noise)
            recurrent = view(4 * distance, &noise)
            state = view(units, &noise)
            cell = view(units, &noise)
            extra = view(units, &noise)
            previous = view(units, &noise)
            signals = view(4 * units, &noise)
            weights = count == 0 ? nil : noise.floats(count * units, in: -2...2)
        }

        /// Makes the gates σ(z), and `extra` what a forward pass leaves there: the state for a backward pass.
        mutating func open(_ isSigmoid: [Bool], extra: (Double) -> Double) {
            for row in 0..<gates.rows {
                for column in 0..<gates.columns where column / distance < isSigmoid.count {
                    let z = Double(gates[row, column])
                    gates[row, column] = Float(isSigmoid[column / distance] ? sigmoid(z) : tanh(z))
                }
                for unit in 0..<units { self.extra[row, unit] = Float(extra(Double(self.extra[row, unit]))) }
            }
        }

        mutating func run(
            _ level: InstructionSetLevel, part: CellStep<Float>.Part = .whole, isKept: Bool = true,
            _ kernel: Kernel
        ) {
            let run = kernel(level.kernels.recurrent)
            let (rows, units, distance, weights) = (state.rows, self.units, self.distance, self.weights)
            func view(_ rows: inout Rows, _ body: (CellStep<Float>.Rows) -> Void) {
                let stride = rows.stride
                rows.elements.withUnsafeMutableBufferPointer { body(CellStep.Rows($0.baseAddress!, stride: stride)) }
            }
            view(&gates) { gates in
                view(&recurrent) { recurrent in
                    view(&state) { state in
                        view(&cell) { cell in
                            view(&extra) { extra in
                                view(&previous) { previous in
                                    view(&signals) { signals in
                                        func call(_ weights: UnsafePointer<Float>?) {
                                            var step = CellStep(
                                                rows: rows, units: units, gateDistance: distance, gates: gates,
                                                recurrent: recurrent, state: state, cell: cell, extra: extra,
                                                previous: previous, signals: signals, weights: weights, part: part,
                                                isKept: isKept)
                                            run(&step)
                                        }
                                        if let weights { call(weights) } else { call(nil) }
                                    }
                                }
                            }
                        }
                    }
                }
            }
            for view in [gates, recurrent, state, cell, extra, previous, signals] { #expect(view.gapsAreNaN) }
        }

        func gate(_ view: Rows, _ row: Int, _ gate: Int, _ unit: Int) -> Double {
            Double(view[row, gate * distance + unit])
        }
        /// z of a gate: the input's share and the state's.
        func z(_ row: Int, _ gate: Int, _ unit: Int) -> Double {
            self.gate(gates, row, gate, unit) + self.gate(recurrent, row, gate, unit)
        }
        func weight(_ number: Int, _ unit: Int) -> Double { weights.map { Double($0[number * units + unit]) } ?? 0 }
    }

    private func compare(
        _ view: Rows, _ row: Int, _ column: Int, _ expected: Double, _ name: String = #function, line: Int = #line
    ) {
        #expect(
            isClose(Double(view[row, column]), expected, relative: 16 * ulp, absolute: 16 * ulp),
            "row \(row), column \(column) is \(view[row, column]), not \(expected): \(name), line \(line)")
    }

    private func forEachCase(_ weights: [Int], _ body: (_ step: Step, _ noise: inout Noise) -> Void) {
        var noise = Noise(11)
        for (number, (rows, units)) in RecurrentKernelTests.sizes.enumerated() {
            for count in weights {
                body(Step(rows: rows, units: units, gap: number % 3, weights: count, &noise), &noise)
            }
        }
    }

    private func forEachUnit(_ step: Step, _ body: (_ row: Int, _ unit: Int) -> Void) {
        for row in 0..<step.state.rows { for unit in 0..<step.units { body(row, unit) } }
    }

    // MARK: LSTM

    @Test(arguments: supportedLevels) func lstmForward(level: InstructionSetLevel) {
        forEachCase([0, 3]) { before, _ in
            var after = before
            after.run(level, { $0.lstmForward })
            forEachUnit(before) { row, unit in
                let previous = Double(before.cell[row, unit])
                let i = sigmoid(before.z(row, 0, unit) + before.weight(0, unit) * previous)
                let f = sigmoid(before.z(row, 1, unit) + before.weight(1, unit) * previous)
                let g = tanh(before.z(row, 2, unit))
                let c = f * previous + i * g
                let o = sigmoid(before.z(row, 3, unit) + before.weight(2, unit) * c)
                for (gate, value) in [i, f, g, o].enumerated() {
                    compare(after.gates, row, gate * before.distance + unit, value)
                }
                compare(after.cell, row, unit, c)
                compare(after.extra, row, unit, tanh(c))
                compare(after.state, row, unit, o * tanh(c))
            }
            isUntouched(after, before, [{ $0.recurrent }, { $0.previous }, { $0.signals }])
            isTheSameUnkept(level, before, after, { $0.lstmForward })
        }
    }

    /// ∂/∂z of `δ · h + δ_c · c`, and ∂/∂c'.
    @Test(arguments: supportedLevels) func lstmBackward(level: InstructionSetLevel) {
        forEachCase([0, 3]) { made, _ in
            var before = made
            before.open([true, true, false, true]) { tanh($0) }
            var after = before
            after.run(level, { $0.lstmBackward })
            forEachUnit(before) { row, unit in
                let gates = (0..<4).map { before.gate(before.gates, row, $0, unit) }
                let (i, f, g, o) = (gates[0], gates[1], gates[2], gates[3])
                let (previous, squashed) = (Double(before.previous[row, unit]), Double(before.extra[row, unit]))
                let delta = Double(before.state[row, unit])
                let so = delta * squashed * o * (1 - o)
                let dc =
                    Double(before.cell[row, unit]) + delta * o * (1 - squashed * squashed) + so * before.weight(2, unit)
                let si = dc * g * i * (1 - i)
                let sf = dc * previous * f * (1 - f)
                for (gate, s) in [si, sf, dc * i * (1 - g * g), so].enumerated() {
                    compare(after.signals, row, gate * before.units + unit, s)
                }
                compare(
                    after.cell, row, unit, dc * f + si * before.weight(0, unit) + sf * before.weight(1, unit))
            }
            isUntouched(after, before, [{ $0.gates }, { $0.recurrent }, { $0.extra }, { $0.previous }])
        }
    }

    // MARK: GRU

    @Test(arguments: supportedLevels) func gruForward(level: InstructionSetLevel) {
        forEachCase([0, 1]) { before, _ in
            var after = before
            after.run(level, { $0.gruForward })
            forEachUnit(before) { row, unit in
                let (r, z) = (sigmoid(before.z(row, 0, unit)), sigmoid(before.z(row, 1, unit)))
                let q = before.gate(before.recurrent, row, 2, unit) + before.weight(0, unit)
                let n = tanh(before.gate(before.gates, row, 2, unit) + r * q)
                let distance = before.distance
                compare(after.gates, row, unit, r)
                compare(after.gates, row, distance + unit, z)
                compare(after.gates, row, 2 * distance + unit, n)
                compare(after.extra, row, unit, q)
                compare(after.state, row, unit, (1 - z) * n + z * Double(before.state[row, unit]))
            }
            isUntouched(after, before, [{ $0.recurrent }, { $0.cell }, { $0.previous }, { $0.signals }])
            isTheSameUnkept(level, before, after, { $0.gruForward })
        }
    }

    @Test(arguments: supportedLevels) func gruBackward(level: InstructionSetLevel) {
        forEachCase([0]) { made, _ in
            var before = made
            before.open([true, true, false]) { $0 }
            var after = before
            after.run(level, { $0.gruBackward })
            forEachUnit(before) { row, unit in
                let gates = (0..<3).map { before.gate(before.gates, row, $0, unit) }
                let (r, z, n) = (gates[0], gates[1], gates[2])
                let (delta, h) = (Double(before.state[row, unit]), Double(before.previous[row, unit]))
                let sn = delta * (1 - z) * (1 - n * n)
                let signals = [
                    sn * Double(before.extra[row, unit]) * r * (1 - r), delta * (h - n) * z * (1 - z), sn * r, sn,
                ]
                for (place, s) in signals.enumerated() { compare(after.signals, row, place * before.units + unit, s) }
                compare(after.state, row, unit, delta * z)
            }
            isUntouched(after, before, [{ $0.gates }, { $0.recurrent }, { $0.cell }, { $0.extra }, { $0.previous }])
        }
    }

    /// The reset gate before the product: the gates, a product of the caller's, the candidate.
    @Test(arguments: supportedLevels) func gruInParts(level: InstructionSetLevel) {
        forEachCase([0]) { before, noise in
            var gates = before
            gates.run(level, part: .gates, { $0.gruForward })
            forEachUnit(before) { row, unit in
                let r = sigmoid(before.z(row, 0, unit))
                compare(gates.gates, row, unit, r)
                compare(gates.gates, row, before.distance + unit, sigmoid(before.z(row, 1, unit)))
                compare(gates.extra, row, unit, r * Double(before.state[row, unit]))
            }
            isUntouched(gates, before, [{ $0.recurrent }, { $0.state }, { $0.cell }, { $0.previous }, { $0.signals }])
            var after = gates
            after.run(level, part: .candidate, { $0.gruForward })
            forEachUnit(before) { row, unit in
                let (n, z) = (tanh(gates.z(row, 2, unit)), gates.gate(gates.gates, row, 1, unit))
                compare(after.gates, row, 2 * before.distance + unit, n)
                compare(after.state, row, unit, (1 - z) * n + z * Double(before.state[row, unit]))
            }
            isUntouched(after, gates, [{ $0.recurrent }, { $0.cell }, { $0.extra }, { $0.previous }, { $0.signals }])
        }
    }

    @Test(arguments: supportedLevels) func gruInPartsBackward(level: InstructionSetLevel) {
        forEachCase([0]) { made, _ in
            var before = made
            before.open([true, true, false]) { $0 }
            var candidate = before
            candidate.run(level, part: .candidate, { $0.gruBackward })
            forEachUnit(before) { row, unit in
                let (z, n) = (before.gate(before.gates, row, 1, unit), before.gate(before.gates, row, 2, unit))
                let (delta, h) = (Double(before.state[row, unit]), Double(before.previous[row, unit]))
                compare(candidate.signals, row, before.units + unit, delta * (h - n) * z * (1 - z))
                compare(candidate.signals, row, 2 * before.units + unit, delta * (1 - z) * (1 - n * n))
                compare(candidate.state, row, unit, delta * z)
            }
            isUntouched(
                candidate, before, [{ $0.gates }, { $0.recurrent }, { $0.cell }, { $0.extra }, { $0.previous }])
            var after = candidate
            after.run(level, part: .gates, { $0.gruBackward })
            forEachUnit(before) { row, unit in
                let (r, product) = (before.gate(before.gates, row, 0, unit), Double(before.recurrent[row, unit]))
                compare(after.signals, row, unit, product * Double(before.previous[row, unit]) * r * (1 - r))
                compare(after.state, row, unit, Double(candidate.state[row, unit]) + product * r)
            }
            isUntouched(after, candidate, [{ $0.gates }, { $0.recurrent }, { $0.cell }, { $0.extra }, { $0.previous }])
        }
    }

    // MARK: Simple cells

    @Test(arguments: supportedLevels) func simpleForward(level: InstructionSetLevel) {
        forEachCase([0]) { before, _ in
            for (kernel, activation) in [
                ({ $0.tanhForward }, { tanh($0) }), ({ $0.reluForward }, { max(0, $0) }),
            ] as [(Kernel, (Double) -> Double)] {
                var after = before
                after.run(level, kernel)
                forEachUnit(before) { row, unit in
                    let h = activation(before.z(row, 0, unit))
                    compare(after.gates, row, unit, h)
                    compare(after.state, row, unit, h)
                }
                isUntouched(
                    after, before, [{ $0.recurrent }, { $0.cell }, { $0.extra }, { $0.previous }, { $0.signals }])
                isTheSameUnkept(level, before, after, kernel)
            }
        }
    }

    // MARK: All

    /// NaN in a unit's z makes its h NaN, and no other unit's.
    @Test(arguments: supportedLevels) func notANumber(level: InstructionSetLevel) {
        // h before the step goes into h directly only in a GRU.
        let kernels: [(Kernel, gates: Int, addsState: Bool)] = [
            ({ $0.lstmForward }, 4, false), ({ $0.gruForward }, 3, true), ({ $0.tanhForward }, 1, false),
            ({ $0.reluForward }, 1, false),
        ]
        for (kernel, gates, addsState) in kernels {
            var noise = Noise(12)
            for gate in 0..<gates {
                let clean = Step(rows: 2, units: 19, gap: 1, weights: 0, &noise)
                let spoils: [(inout Step) -> Void] = [
                    { $0.gates[1, gate * 19 + 17] = .nan }, { $0.recurrent[1, gate * 19 + 17] = .nan },
                    { $0.state[1, 17] = .nan },
                ]
                for spoil in spoils.prefix(addsState ? 3 : 2) {
                    var (step, other) = (clean, clean)
                    spoil(&step)
                    step.run(level, kernel)
                    other.run(level, kernel)
                    #expect(step.state[1, 17].isNaN, "gate \(gate)")
                    step.state[1, 17] = other.state[1, 17]
                    #expect(step.state.isSame(as: other.state), "gate \(gate)")
                }
            }
        }
        var noise = Noise(13)
        for kernel in [{ $0.lstmBackward }, { $0.gruBackward }] as [Kernel] {
            var step = Step(rows: 2, units: 19, gap: 1, weights: 0, &noise)
            step.state[1, 17] = .nan
            step.run(level, kernel)
            let signals = (0..<4).filter { step.signals[1, $0 * 19 + 17].isNaN }
            #expect(signals == [0, 1, 2, 3])
            #expect((0..<2 * 4 * 19).filter { step.signals[$0 / 76, $0 % 76].isNaN }.count == 4)
        }
    }

    /// What a row's step gives does not depend on the rows beside it, nor on the distances between rows and gates.
    @Test(arguments: supportedLevels) func rowsAndGatesLieAnywhere(level: InstructionSetLevel) {
        var noise = Noise(14)
        for kernel in [{ $0.lstmForward }, { $0.gruForward }] as [Kernel] {
            let packed = Step(rows: 3, units: 21, gap: 0, weights: 3, &noise)
            var other = Step(rows: 1, units: 21, gap: 2, pad: 5, weights: 3, &noise)
            other.weights = packed.weights
            for unit in 0..<21 {
                (other.state[0, unit], other.cell[0, unit]) = (packed.state[2, unit], packed.cell[2, unit])
                for gate in 0..<4 {
                    other.gates[0, gate * 26 + unit] = packed.gates[2, gate * 21 + unit]
                    other.recurrent[0, gate * 26 + unit] = packed.recurrent[2, gate * 21 + unit]
                }
            }
            var after = packed
            after.run(level, kernel)
            other.run(level, kernel)
            #expect(other.state.isSame(as: Rows(1, 21, gap: 2) { _ in (0..<21).map { after.state[2, $0] } }))
        }
    }

    private func isUntouched(_ after: Step, _ before: Step, _ views: [(Step) -> Rows]) {
        for view in views { #expect(view(after).isSame(as: view(before))) }
    }

    /// A step of an inference has the same state, and leaves alone what only a backward pass needs.
    private func isTheSameUnkept(
        _ level: InstructionSetLevel, _ before: Step, _ after: Step,
        _ kernel: Kernel
    ) {
        var unkept = before
        unkept.run(level, isKept: false, kernel)
        #expect(unkept.state.isSame(as: after.state) && unkept.cell.isSame(as: after.cell))
        isUntouched(unkept, before, [{ $0.gates }, { $0.extra }, { $0.recurrent }, { $0.signals }])
    }
}

private func sigmoid(_ z: Double) -> Double { 1 / (1 + exp(-z)) }
