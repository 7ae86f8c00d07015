/// A simple cell's step: `h = σ(z)`.
@usableFromInline
enum SimpleKernel<Set: InstructionSet, Activation: ElementwiseActivation> {
    @inlinable @inline(__always)
    static func forward(_ step: UnsafePointer<CellStep<Set.Scalar>>) {
        let count = step.pointee.units
        for row in 0..<step.pointee.rows {
            let (z, h) = (step.pointee.gates.row(row), step.pointee.state.row(row))
            let recurrent = step.pointee.recurrent.row(row)
            for (i, left) in Lanes<Set>.vectors(of: count) {
                let value = Activation.value(
                    Lanes<Set>(loading: z + i, left) + Lanes(loading: recurrent + i, left), alpha: Lanes(0.0))
                value.store(h + i, left)
                if step.pointee.isKept { value.store(z + i, left) }
            }
        }
    }
}
