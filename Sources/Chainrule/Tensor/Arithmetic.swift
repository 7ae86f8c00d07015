import CPlatform
import KernelDispatch
import Kernels

/// Matrix arithmetic: checks shapes, and hands pointers to the kernels of one instruction set.
///
/// Holds one address, because kernel tables stay in place while the program runs. Counting references to them would
/// take as long as the arithmetic of a small layer.
package struct Arithmetic: @unchecked Sendable {
    private let table: UnsafePointer<KernelTable<Float>>

    /// The kernels that the process computes with.
    package static var standard: Arithmetic { Arithmetic(.standard) }

    /// The kernels of a level that this processor supports.
    package init(_ level: InstructionSetLevel) {
        switch level {
        case .baseline: self = .baseline
        #if AVX
            case .avx2: self = .avx2
            case .avx512: self = .avx512
        #endif
        }
    }

    private static let baseline = Arithmetic(&Tables.baseline)
    #if AVX
        private static let avx2 = Arithmetic(&Tables.avx2)
        private static let avx512 = Arithmetic(&Tables.avx512)
    #endif

    /// - Parameter table: a static variable, so its address never changes.
    private init(_ table: UnsafeMutablePointer<KernelTable<Float>>) { self.table = UnsafePointer(table) }

    /// The tables lie in the library itself: unloading the library leaves nothing behind.
    private enum Tables {
        nonisolated(unsafe) static var baseline = InstructionSetLevel.baseline.kernels
        #if AVX
            nonisolated(unsafe) static var avx2 = InstructionSetLevel.avx2.kernels
            nonisolated(unsafe) static var avx512 = InstructionSetLevel.avx512.kernels
        #endif
    }

    package var kernels: KernelTable<Float> { _read { yield table.pointee } }

    /// `C = A B`, or `C += A B`.
    /// - Parameter scratch: ``CopyLayout/scratchCount(rows:columns:depth:)`` floats make it fastest.
    func product(_ a: Matrix, _ b: Matrix, into c: Matrix, accumulating: Bool, scratch: Matrix) {
        precondition(a.columns == b.rows && c.rows == a.rows && c.columns == b.columns)
        kernels.multiply(
            c.rows, c.columns, b.rows, a.base, a.stride, 1, b.base, b.stride, c.base, c.stride, accumulating,
            scratch.base, scratch.count)
    }

    /// `C = Aᵀ B`, or `C += Aᵀ B`.
    /// - Parameter scratch: ``CopyLayout/scratchCount(rows:columns:depth:)`` floats make it fastest.
    func transposedProduct(_ a: Matrix, _ b: Matrix, into c: Matrix, accumulating: Bool, scratch: Matrix) {
        precondition(a.rows == b.rows && c.rows == a.columns && c.columns == b.columns)
        kernels.multiply(
            c.rows, c.columns, b.rows, a.base, 1, a.stride, b.base, b.stride, c.base, c.stride, accumulating,
            scratch.base, scratch.count)
    }

    /// `C = A Bᵀ`, plus a column vector's elements on every row.
    /// - Parameter scratch: at least ``PackedProduct/scratchCount(columns:depth:)`` floats;
    ///   ``PackedProduct/scratchCount(rows:columns:depth:)`` make the product fastest.
    func productTransposed(_ a: Matrix, _ b: Matrix, plus bias: Matrix?, into c: Matrix, scratch: Matrix) {
        precondition(a.columns == b.columns && c.rows == a.rows && c.columns == b.rows)
        precondition(c.columns > 0 && (bias == nil || bias!.count == c.columns))
        precondition(scratch.count >= PackedProduct.scratchCount(columns: c.columns, depth: a.columns))
        kernels.multiplyTransposed(
            c.rows, c.columns, a.columns, a.base, a.stride, b.base, b.stride, bias?.base, c.base, c.stride,
            scratch.base, scratch.count)
    }

    /// Writes the transposed matrix: `B = Aᵀ`.
    func transpose(_ a: Matrix, into b: Matrix) {
        precondition(b.rows == a.columns && b.columns == a.rows)
        kernels.transpose(a.rows, a.columns, a.base, a.stride, b.base, b.stride)
    }

    /// The rows of the matrix kernels' highest tile.
    var tileRows: Int { kernels.tileRows }

    /// Writes the sum of each column of a matrix into a column vector.
    func sumColumns(_ a: Matrix, into sums: Matrix, accumulating: Bool) {
        precondition(sums.count == a.columns)
        kernels.sumColumns(a.base, a.stride, a.rows, a.columns, sums.base, accumulating)
    }

    /// Makes one optimizer step on parameters of a tensor along their gradient. `w` lies in the parameter vector.
    ///
    /// A step takes subnormal numbers for 0. Where a gradient stays 0, `β m` decays to the smallest of them, whose rounding
    /// keeps it there; and many processors take a hundred times as long for those.
    func step(_ step: KernelStep, tensor: Int, _ w: Matrix, along gradient: Matrix) {
        precondition(w.rows == gradient.rows && w.columns == gradient.columns)
        let mode = platform_flush_subnormals()
        defer { platform_set_arithmetic(mode) }
        step.kernel.step(
            w.rows, w.columns, w.base, step.states, w.base - step.parameters.base, w.stride, gradient.base,
            gradient.stride, step.factors(ofTensor: tensor))
    }

    /// Makes one step along the gradient `Aᵀ B`.
    /// - Parameter scratch: at least ``CopyLayout/tile`` floats; ``CopyLayout/scratchCount(rows:columns:depth:)`` make the
    ///   step fastest.
    func step(
        _ step: KernelStep, tensor: Int, _ w: Matrix, alongTransposedProduct a: Matrix, _ b: Matrix, scratch: Matrix
    ) {
        precondition(a.rows == b.rows && w.rows == a.columns && w.columns == b.columns)
        precondition(scratch.count >= CopyLayout.tile)
        let mode = platform_flush_subnormals()
        defer { platform_set_arithmetic(mode) }
        step.kernel.stepAlongProduct(
            w.rows, w.columns, b.rows, a.base, a.stride, b.base, b.stride, w.base, step.states,
            w.base - step.parameters.base, w.stride, step.factors(ofTensor: tensor), scratch.base, scratch.count)
    }

    /// `R = s g + λ₂ w + λ₁ sign(w)`, with g clipped to ± limit. All are vectors; R may be g or w.
    func penalize(_ g: Matrix, _ w: Matrix, into result: Matrix, limit: Float, scale: Double, l2: Float, l1: Float) {
        precondition(g.rows == 1 && w.rows == 1 && g.count == w.count && g.count == result.count)
        if scale < Double(Float.leastNormalMagnitude) && scale > 0 {
            // As a subnormal float32, the scale would lose digits: apply a power of 2 first, then the rest.
            penalize(g, g, into: result, limit: limit, scale: 0x1p-64, l2: 0, l1: 0)
            return penalize(result, w, into: result, limit: .infinity, scale: scale * 0x1p64, l2: l2, l1: l1)
        }
        let factors = SIMD4(limit, Float(scale), l2, l1)
        withUnsafeBytes(of: factors) {
            kernels.regularization.penalize(
                g.count, g.base, w.base, result.base, $0.assumingMemoryBound(to: Float.self).baseAddress!)
        }
    }

    /// `Σ (s g)²` of a vector in float64, with g clipped to ± limit.
    func sumOfSquares(_ g: Matrix, limit: Float, scale: Float) -> Double {
        precondition(g.rows == 1)
        let factors = SIMD2(limit, scale)
        return withUnsafeBytes(of: factors) {
            kernels.regularization.sumOfSquares(
                g.count, g.base, $0.assumingMemoryBound(to: Float.self).baseAddress!)
        }
    }

    /// `B += A`.
    func add(_ a: Matrix, to b: Matrix) {
        precondition(a.rows == b.rows && a.columns == b.columns)
        for row in 0..<a.rows { kernels.add(a.base + row * a.stride, b.base + row * b.stride, a.columns) }
    }

    /// `B = A`, or `B += A`.
    func assign(_ a: Matrix, to b: Matrix, accumulating: Bool) {
        if accumulating { add(a, to: b) } else { b.assign(a) }
    }

    /// `A ← A ⊙ B`, both contiguous.
    func multiply(_ a: Matrix, by b: Matrix) {
        precondition(a.isContiguous && b.isContiguous && a.count == b.count)
        kernels.multiplyElements(a.base, b.base, a.count)
    }

    /// `B = c A`, for vectors of different memory.
    func scale(_ a: Matrix, by c: Float, into b: Matrix) {
        b.fill { c }
        multiply(b, by: a)
    }

    /// The largest magnitude: infinity if an element is infinite, NaN if one is NaN.
    package func largestMagnitude(_ a: Matrix) -> Float {
        let largestMagnitude = kernels.largestMagnitude
        if a.isContiguous { return largestMagnitude(a.base, a.count) }
        var largest: Float = 0
        for row in 0..<a.rows {
            let magnitude = largestMagnitude(a.base + row * a.stride, a.columns)
            if !(magnitude <= largest) { largest = magnitude }
            if largest.isNaN { break }
        }
        return largest
    }

    /// Fills a row: each element is 0 with probability `threshold / 2³²`, otherwise `scale`.
    func mask(_ place: NoisePlace, threshold: UInt32, scale: Float, into row: Matrix) {
        precondition(row.rows == 1)
        withUnsafePointer(to: scale) { kernels.noise.mask(row.columns, place, threshold, $0, row.base) }
    }

    /// Fills a row with normal numbers of mean 0.
    func normal(_ place: NoisePlace, deviation: Float, into row: Matrix) {
        precondition(row.rows == 1)
        withUnsafePointer(to: deviation) { kernels.noise.normal(row.columns, place, $0, row.base) }
    }

    typealias ActivationSelector = (Arithmetic) -> ActivationKernel<Float>

    /// `h = σ(z)`.
    func apply(_ select: ActivationSelector, alpha: Float, z: Matrix, h: Matrix) {
        precondition(z.rows == h.rows && z.columns == h.columns)
        let kernel = select(self)
        if z.isContiguous && h.isContiguous { return kernel.forward(z.base, h.base, z.rows, z.columns, alpha) }
        for row in 0..<z.rows { kernel.forward(z.row(row).base, h.row(row).base, 1, z.columns, alpha) }
    }

    /// `R{h} = σ'(z) ⊙ R{z}`.
    func applyTangent(
        _ select: ActivationSelector, alpha: Float, z: Matrix, h: Matrix, zTangent: Matrix, hTangent: Matrix
    ) {
        precondition(z.count == h.count && z.count == zTangent.count && z.count == hTangent.count)
        precondition(z.isContiguous && h.isContiguous && zTangent.isContiguous && hTangent.isContiguous)
        guard let tangent = select(self).tangent else {
            return select(self).backward(z.base, h.base, zTangent.base, hTangent.base, z.rows, z.columns, alpha)
        }
        tangent(z.base, h.base, zTangent.base, hTangent.base, z.rows, z.columns, alpha)
    }

    /// `R{s} += δ ⊙ σ''(z) ⊙ R{z}`.
    func addCurvature(
        _ select: ActivationSelector, alpha: Float, z: Matrix, h: Matrix, zTangent: Matrix, hTangent: Matrix,
        delta: Matrix, sTangent: Matrix
    ) {
        guard let addCurvature = select(self).addCurvature else { return }
        precondition(z.count == h.count && z.count == zTangent.count && z.count == hTangent.count)
        precondition(z.count == delta.count && z.count == sTangent.count)
        precondition(z.isContiguous && h.isContiguous && zTangent.isContiguous && hTangent.isContiguous)
        precondition(delta.isContiguous && sTangent.isContiguous)
        addCurvature(
            z.base, h.base, zTangent.base, hTangent.base, delta.base, sTangent.base, z.rows, z.columns, alpha)
    }

    /// `s = δ ⊙ σ'(z)`.
    func applyBackward(_ select: ActivationSelector, alpha: Float, z: Matrix, h: Matrix, delta: Matrix, s: Matrix) {
        precondition(z.rows == h.rows && z.rows == delta.rows && z.rows == s.rows)
        precondition(z.columns == h.columns && z.columns == delta.columns && z.columns == s.columns)
        let kernel = select(self)
        if z.isContiguous && h.isContiguous && delta.isContiguous && s.isContiguous {
            return kernel.backward(z.base, h.base, delta.base, s.base, z.rows, z.columns, alpha)
        }
        for row in 0..<z.rows {
            kernel.backward(z.row(row).base, h.row(row).base, delta.row(row).base, s.row(row).base, 1, z.columns, alpha)
        }
    }
}
