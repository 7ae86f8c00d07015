import Kernels

extension Arithmetic {
    /// A function of the elements of two vectors, or one of its derivatives.
    /// - Parameter b: any vector of that length if the function is of a alone.
    func compute(
        _ formula: ElementFormula, _ partial: Partial, _ a: Matrix, _ b: Matrix, numbers: SIMD2<Float>,
        into result: Matrix
    ) {
        precondition(a.rows == 1 && b.rows == 1 && result.rows == 1)
        precondition(a.count == result.count && b.count == result.count)
        withUnsafeBytes(of: numbers) {
            kernels.elements(
                formula, partial, a.base, b.base, $0.assumingMemoryBound(to: Float.self).baseAddress!, result.base,
                result.count)
        }
    }
}
