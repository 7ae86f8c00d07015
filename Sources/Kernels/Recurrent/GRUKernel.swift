/// A GRU's step (``GRUUnit``). Gates in the order r, z, n.
///
/// As a whole the reset gate comes after the product: `n = tanh(z_n + r ⊙ q)`, where `q = W_hn h' + b_hn` is kept in `extra`.
/// In parts it comes before: after the gates `extra` is `p = r ⊙ h'`, and the candidate is `n = tanh(z_n + W_hn p)`.
@usableFromInline
enum GRUKernel<Set: InstructionSet> {
    @usableFromInline typealias Sigmoid = ElementwiseKernels<Set, SigmoidActivation>
    @usableFromInline typealias Tanh = ElementwiseKernels<Set, TanhActivation>

    @inlinable @inline(__always)
    static func forward(_ step: UnsafePointer<CellStep<Set.Scalar>>) {
        let (count, part) = (step.pointee.units, step.pointee.part)
        for row in 0..<step.pointee.rows {
            let (gates, recurrent) = (step.pointee.gates.row(row), step.pointee.recurrent.row(row))
            let (h, extra) = (step.pointee.state.row(row), step.pointee.extra.row(row))
            let n = gates + 2 * count
            if part != .candidate {
                VectorKernels<Set>.add(recurrent, to: gates, count: 2 * count)
                Sigmoid.forward(gates, gates, rows: 1, columns: 2 * count, alpha: 0)
            }
            for (i, left) in Lanes<Set>.vectors(of: count) {
                let product = Lanes<Set>(loading: recurrent + (i + 2 * count), left)
                let z = Lanes<Set>(loading: n + i, left)
                let r = Lanes<Set>(loading: gates + i, left)
                switch part {
                case .whole:
                    var q = product
                    if let bias = step.pointee.weights { q = q + Lanes(loading: bias + i, left) }
                    q.store(extra + i, left)
                    z.adding(r, times: q).store(n + i, left)
                case .gates: (r * Lanes(loading: h + i, left)).store(extra + i, left)
                case .candidate: (z + product).store(n + i, left)
                }
            }
            if part == .gates { continue }
            Tanh.forward(n, n, rows: 1, columns: count, alpha: 0)
            for (i, left) in Lanes<Set>.vectors(of: count) {
                unit(gates + i, count: count, left).state(Lanes(loading: h + i, left)).store(h + i, left)
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
