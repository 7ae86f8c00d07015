/// A simple cell's step: `h = σ(z)`.
@usableFromInline
enum SimpleKernel<Set: InstructionSet, Activation: ElementwiseActivation> {
    @inlinable @inline(__always)
    static func forward(_ step: UnsafePointer<CellStep<Set.Scalar>>) {
        let count = step.pointee.units
        for row in 0..<step.pointee.rows {
            let (z, h) = (step.pointee.gates.row(row), step.pointee.state.row(row))
            VectorKernels<Set>.add(step.pointee.recurrent.row(row), to: z, count: count)
            ElementwiseKernels<Set, Activation>.forward(z, z, rows: 1, columns: count, alpha: 0)
            for (i, left) in Lanes<Set>.vectors(of: count) { Lanes<Set>(loading: z + i, left).store(h + i, left) }
        }
    }
}
