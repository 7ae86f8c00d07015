/// A GRU's step (``GRUUnit``). Gates in the order r, z, n.
///
/// As a whole the reset gate comes after the product: `n = tanh(z_n + r ⊙ q)`, where `q = W_hn h' + b_hn` is kept in `extra`.
/// In parts it comes before: after the gates `extra` is `p = r ⊙ h'`, and the candidate is `n = tanh(z_n + W_hn p)`.
@usableFromInline
enum GRUKernel<Set: InstructionSet> {
    // All of a vector's units stay in registers from z to h.
    @inlinable @inline(__always)
    static func forward(_ step: UnsafePointer<CellStep<Set.Scalar>>) {
        let (count, distance, part) = (step.pointee.units, step.pointee.gateDistance, step.pointee.part)
        for row in 0..<step.pointee.rows {
            let (gates, recurrent) = (step.pointee.gates.row(row), step.pointee.recurrent.row(row))
            let (h, extra) = (step.pointee.state.row(row), step.pointee.extra.row(row))
            for (i, left) in Lanes<Set>.vectors(of: count) {
                @inline(__always)
                func load(_ rows: UnsafePointer<Set.Scalar>, _ gate: Int) -> Lanes<Set> {
                    Lanes(loading: rows + (gate * distance + i), left)
                }
                let before = load(h, 0)
                var (r, z) = (before, before)
                if part == .candidate {
                    z = load(gates, 1)
                } else {
                    r = SigmoidActivation.value(load(gates, 0) + load(recurrent, 0))
                    z = SigmoidActivation.value(load(gates, 1) + load(recurrent, 1))
                }
                if part == .gates {
                    r.store(gates + i, left)
                    z.store(gates + (distance + i), left)
                    (r * before).store(extra + i, left)
                    continue
                }
                var q = load(recurrent, 2)
                if part == .whole, let bias = step.pointee.weights { q = q + Lanes(loading: bias + i, left) }
                let share = load(gates, 2)
                let n = Lanes<Set>.tanh(part == .whole ? share.adding(r, times: q) : share + q)
                GRUUnit(r: r, z: z, n: n).state(before).store(h + i, left)
                if !step.pointee.isKept { continue }
                n.store(gates + (2 * distance + i), left)
                if part == .candidate { continue }
                r.store(gates + i, left)
                z.store(gates + (distance + i), left)
                q.store(extra + i, left)
            }
        }
    }

    /// In parts the candidate comes first. As a whole, signals in the order r, z, q, n.
    @inlinable @inline(__always)
    static func backward(_ step: UnsafePointer<CellStep<Set.Scalar>>) {
        let (count, part) = (step.pointee.units, step.pointee.part)
        for row in 0..<step.pointee.rows {
            let (gates, signals) = (step.pointee.gates.row(row), step.pointee.signals.row(row))
            let (state, extra) = (step.pointee.state.row(row), step.pointee.extra.row(row))
            let (previous, recurrent) = (step.pointee.previous.row(row), step.pointee.recurrent.row(row))
            for (i, left) in Lanes<Set>.vectors(of: count) {
                let unit = unit(gates + i, count: count, left)
                let (delta, before) = (Lanes<Set>(loading: state + i, left), Lanes<Set>(loading: previous + i, left))
                if part == .gates {
                    let product = Lanes<Set>(loading: recurrent + i, left)
                    unit.resetSignal(delta: product, value: before).store(signals + i, left)
                    delta.adding(product, times: unit.r).store(state + i, left)
                    continue
                }
                let s = unit.backward(previous: before, delta: delta)
                s.z.store(signals + (i + count), left)
                s.state.store(state + i, left)
                if part == .candidate {
                    s.n.store(signals + (i + 2 * count), left)
                } else {
                    unit.resetSignal(delta: s.n, value: Lanes(loading: extra + i, left)).store(signals + i, left)
                    (s.n * unit.r).store(signals + (i + 2 * count), left)
                    s.n.store(signals + (i + 3 * count), left)
                }
            }
        }
    }

    @inlinable @inline(__always)
    static func unit(_ gates: UnsafeMutablePointer<Set.Scalar>, count: Int, _ left: Int) -> GRUUnit<Lanes<Set>> {
        GRUUnit(
            r: Lanes(loading: gates, left), z: Lanes(loading: gates + count, left),
            n: Lanes(loading: gates + 2 * count, left))
    }
}
