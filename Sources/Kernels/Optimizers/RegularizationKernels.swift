/// What makes of a gradient the one that an optimizer steps along.
public struct RegularizationKernels<Scalar: KernelScalar>: Sendable {
    public typealias In = UnsafePointer<Scalar>
    public typealias Out = UnsafeMutablePointer<Scalar>

    /// `result = s g + λ₂ w + λ₁ sign(w)`, g being cut at ± the limit. Factors: the limit, s, λ₂, λ₁. `result` may be `g` or
    /// `w` itself.
    public let penalize: @Sendable (_ count: Int, _ g: In, _ w: In, _ result: Out, _ factors: In) -> Void
    /// `Σ (s g)²` in float64, g being cut at ± the limit. Factors: the limit, s.
    public let sumOfSquares: @Sendable (_ count: Int, _ g: In, _ factors: In) -> Double

    @inlinable @inline(__always)
    init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        penalize = RegularizationKernel<Set>.penalize
        sumOfSquares = RegularizationKernel<Set>.sumOfSquares
    }
}

@usableFromInline
enum RegularizationKernel<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>

    @inlinable @inline(never)
    static func penalize(count: Int, _ g: In, _ w: In, _ result: UnsafeMutablePointer<Set.Scalar>, factors: In) {
        let (limit, scale) = (Lanes<Set>(factors[0]), Lanes<Set>(factors[1]))
        let (squares, magnitudes) = (Lanes<Set>(factors[2]), Lanes<Set>(factors[3]))
        for (i, left) in Lanes<Set>.vectors(of: count) {
            let parameters = Lanes<Set>(loading: w + i, left)
            let gradient = scale * Lanes(loading: g + i, left).atMost(limit).atLeast(-limit)
            gradient.adding(squares, times: parameters).adding(magnitudes, times: parameters.sign).store(
                result + i, left)
        }
    }

    @inlinable @inline(never)
    static func sumOfSquares(count: Int, _ g: In, factors: In) -> Double {
        let (limit, scale) = (Lanes<Set>(factors[0]), Lanes<Set>(factors[1]))
        var sums = Set.Sums()
        for (i, left) in Lanes<Set>.vectors(of: count) {
            let gradient = scale * Lanes(loading: g + i, left).atMost(limit).atLeast(-limit)
            sums = Set.accumulate(sums, (gradient * gradient).vector)
        }
        return Set.total(sums)
    }
}
