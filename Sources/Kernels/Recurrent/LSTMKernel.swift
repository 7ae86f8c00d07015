/// An LSTM's step (``LSTMUnit``). Gates in the order i, f, g, o; peepholes in the order i, f, o.
@usableFromInline
enum LSTMKernel<Set: InstructionSet> {
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Sigmoid = ElementwiseKernels<Set, SigmoidActivation>
    @usableFromInline typealias Tanh = ElementwiseKernels<Set, TanhActivation>

    @inlinable @inline(__always)
    static func forward(_ step: UnsafePointer<CellStep<Set.Scalar>>) {
        let count = step.pointee.units
        for row in 0..<step.pointee.rows {
            let (z, cell) = (step.pointee.gates.row(row), step.pointee.cell.row(row))
            let (h, tanhCell) = (step.pointee.state.row(row), step.pointee.extra.row(row))
            VectorKernels<Set>.add(step.pointee.recurrent.row(row), to: z, count: 4 * count)
            if let peepholes = step.pointee.weights {
                addProducts(peepholes, cell, to: z, count: count)
                addProducts(peepholes + count, cell, to: z + count, count: count)
            }
            Sigmoid.forward(z, z, rows: 1, columns: 2 * count, alpha: 0)
            Tanh.forward(z + 2 * count, z + 2 * count, rows: 1, columns: count, alpha: 0)
            for (i, left) in Lanes<Set>.vectors(of: count) {
                unit(z + i, count: count, left).cell(Lanes(loading: cell + i, left)).store(cell + i, left)
            }
            let o = z + 3 * count
            if let peepholes = step.pointee.weights {
                addProducts(peepholes + 2 * count, cell, to: o, count: count)
            }
            Sigmoid.forward(o, o, rows: 1, columns: count, alpha: 0)
            Tanh.forward(cell, tanhCell, rows: 1, columns: count, alpha: 0)
            for (i, left) in Lanes<Set>.vectors(of: count) {
                (Lanes<Set>(loading: o + i, left) * Lanes(loading: tanhCell + i, left)).store(h + i, left)
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

    /// `z += a ⊙ b`.
    @inlinable @inline(never)
    static func addProducts(_ a: In, _ b: Out, to z: Out, count: Int) {
        for (i, left) in Lanes<Set>.vectors(of: count) {
            Lanes<Set>(loading: z + i, left).adding(Lanes(loading: a + i, left), times: Lanes(loading: b + i, left))
                .store(z + i, left)
        }
    }
}
