/// An LSTM's step (``LSTMUnit``). Gates in the order i, f, g, o; peepholes in the order i, f, o.
@usableFromInline
enum LSTMKernel<Set: InstructionSet> {
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>

    // All of a vector's units stay in registers from z to h.
    @inlinable @inline(__always)
    static func forward(_ step: UnsafePointer<CellStep<Set.Scalar>>) {
        let (count, distance) = (step.pointee.units, step.pointee.gateDistance)
        for row in 0..<step.pointee.rows {
            let (gates, recurrent) = (step.pointee.gates.row(row), step.pointee.recurrent.row(row))
            let (h, cell, extra) = (
                step.pointee.state.row(row), step.pointee.cell.row(row), step.pointee.extra.row(row)
            )
            for (i, left) in Lanes<Set>.vectors(of: count) {
                /// z of a gate, with its peephole p times c.
                @inline(__always)
                func z(_ gate: Int, _ peephole: Int? = nil, times c: Lanes<Set>) -> Lanes<Set> {
                    let place = gate * distance + i
                    let z = Lanes<Set>(loading: gates + place, left) + Lanes(loading: recurrent + place, left)
                    guard let peephole, let weights = step.pointee.weights else { return z }
                    return z.adding(Lanes(loading: weights + (peephole * count + i), left), times: c)
                }
                let before = Lanes<Set>(loading: cell + i, left)
                let f = SigmoidActivation.value(z(1, 1, times: before))
                let input = SigmoidActivation.value(z(0, 0, times: before))
                let g = Lanes<Set>.tanh(z(2, times: before))
                let c = LSTMUnit(i: input, f: f, g: g, o: g).cell(before)
                let o = SigmoidActivation.value(z(3, 2, times: c))
                let tanhCell = Lanes<Set>.tanh(c)
                c.store(cell + i, left)
                (o * tanhCell).store(h + i, left)
                if !step.pointee.isKept { continue }
                input.store(gates + i, left)
                f.store(gates + (distance + i), left)
                g.store(gates + (2 * distance + i), left)
                o.store(gates + (3 * distance + i), left)
                tanhCell.store(extra + i, left)
            }
        }
    }

    @inlinable @inline(__always)
    static func backward(_ step: UnsafePointer<CellStep<Set.Scalar>>) {
        let count = step.pointee.units
        for row in 0..<step.pointee.rows {
            let (gates, signals) = (step.pointee.gates.row(row), step.pointee.signals.row(row))
            let (delta, deltaCell) = (step.pointee.state.row(row), step.pointee.cell.row(row))
            let (previous, tanhCell) = (step.pointee.previous.row(row), step.pointee.extra.row(row))
            for (i, left) in Lanes<Set>.vectors(of: count) {
                let peepholes = step.pointee.weights.map {
                    LSTMUnit<Lanes<Set>>.Peepholes(
                        i: Lanes(loading: $0 + i, left), f: Lanes(loading: $0 + (i + count), left),
                        o: Lanes(loading: $0 + (i + 2 * count), left))
                }
                let s = unit(gates + i, count: count, left).backward(
                    previous: Lanes(loading: previous + i, left), tanhCell: Lanes(loading: tanhCell + i, left),
                    delta: Lanes(loading: delta + i, left), deltaCell: Lanes(loading: deltaCell + i, left),
                    peepholes: peepholes)
                s.i.store(signals + i, left)
                s.f.store(signals + (i + count), left)
                s.g.store(signals + (i + 2 * count), left)
                s.o.store(signals + (i + 3 * count), left)
                s.cell.store(deltaCell + i, left)
                Lanes<Set>(0.0).store(delta + i, left)
            }
        }
    }

    /// The gates of units, whose first one lies at `gates`.
    @inlinable @inline(__always)
    static func unit(_ gates: Out, count: Int, _ left: Int) -> LSTMUnit<Lanes<Set>> {
        LSTMUnit(
            i: Lanes(loading: gates, left), f: Lanes(loading: gates + count, left),
            g: Lanes(loading: gates + 2 * count, left), o: Lanes(loading: gates + 3 * count, left))
    }
}
