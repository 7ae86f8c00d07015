import Kernels

extension Arithmetic {
    /// Runs a kernel on a step of a recurrent cell.
    func run(_ step: CellStep<Float>, by select: (RecurrentKernels<Float>) -> RecurrentKernels<Float>.Step) {
        let kernel = select(kernels.recurrent)
        withUnsafePointer(to: step) { kernel($0) }
    }
}
