/// A function of the elements of one or two arrays.
public enum ElementFormula: Sendable {
    case product, quotient, maximum, minimum, power
    case affine, clip, log, squareRoot, absolute, reciprocal, square, errorFunction
    case sine, step, stepwiseSigmoid, quantize, floor
}

/// What to compute of `f(a, b)`: itself, or one of its derivatives.
public enum Partial: Sendable {
    case value, byA, byB, byATwice, byBoth, byBTwice
}

/// `f(a, b)` and its derivatives, element by element. Where f has a kink or a pole, the formulas say what they give. NaN gives NaN.
@usableFromInline
enum ElementFormulas<Set: InstructionSet> {
    @usableFromInline typealias In = UnsafePointer<Set.Scalar>
    @usableFromInline typealias Out = UnsafeMutablePointer<Set.Scalar>
    @usableFromInline typealias Vector = Lanes<Set>

    /// - Parameters:
    ///   - b: anything if f is of a alone.
    ///   - numbers: a factor or a distance, and an offset; or a lower and an upper bound; otherwise anything.
    @inlinable @inline(never)
    static func compute(
        _ formula: ElementFormula, _ partial: Partial, _ a: In, _ b: In, _ numbers: In, _ result: Out, _ count: Int
    ) {
        let (first, second) = (Vector(numbers[0]), Vector(numbers[1]))
        switch formula {
        case .product:
            map(a, b, result, count) { a, b in
                switch partial {
                case .value: a * b
                case .byA: b
                case .byB: a
                case .byBoth: 1.0
                case .byATwice, .byBTwice: 0.0
                }
            }
        case .quotient:
            map(a, b, result, count) { a, b in
                let inverse = 1.0 / b
                switch partial {
                case .value: return a / b
                case .byA: return inverse
                case .byB: return -(a / b * inverse)
                case .byATwice: return 0.0
                case .byBoth: return -(inverse * inverse)
                case .byBTwice: return a / b * inverse * inverse * 2.0
                }
            }
        case .maximum, .minimum:
            // min(a, b) = −max(−a, −b). Of equal numbers it is the first.
            let sign: Vector = formula == .maximum ? 1.0 : -1.0
            map(a, b, result, count) { a, b in
                let isB = a * sign < b * sign
                let isA = b * sign <= a * sign
                switch partial {
                case .value: return .select(isB, b, .select(isA, a, a + b))
                case .byA: return .select(isB, 0.0, .select(isA, 1.0, a + b))
                case .byB: return .select(isB, 1.0, .select(isA, 0.0, a + b))
                case .byATwice, .byBoth, .byBTwice: return 0.0
                }
            }
        case .power: power(partial, a, b, result, count)
        case .affine: map(a, b, result, count) { a, _ in partial == .value ? .line(second, first, a) : first }
        case .clip:
            map(a, b, result, count) { a, _ in
                if partial == .value { return a.atLeast(first).atMost(second) }
                return .select(a <= first, 0.0, .select(second <= a, 0.0, .select(a <= a, 1.0, a)))
            }
        case .log:
            map(a, b, result, count) { a, _ in
                if partial == .value { return .log(a) }
                let slope = 1.0 / a
                return partial == .byA ? slope : -(slope * slope)
            }
        case .squareRoot:
            map(a, b, result, count) { a, _ in
                let root = a.squareRoot()
                if partial == .value { return root }
                let slope = 0.5 / root
                return partial == .byA ? slope : -(slope / a) * 0.5
            }
        case .absolute:
            map(a, b, result, count) { a, _ in
                partial == .value ? a.magnitude : .select(0.0 < a, 1.0, .select(a < 0.0, -1.0, a))
            }
        case .reciprocal:
            map(a, b, result, count) { a, _ in
                let inverse = 1.0 / a
                switch partial {
                case .value: return inverse
                case .byA: return -(inverse * inverse)
                default: return inverse * inverse * inverse * 2.0
                }
            }
        case .square:
            map(a, b, result, count) { a, _ in
                switch partial {
                case .value: a * a
                case .byA: a + a
                default: .select(a <= a, 2.0, a)
                }
            }
        case .errorFunction:
            map(a, b, result, count) { a, _ in
                if partial == .value { return .erf(a) }
                let a = a.atLeast(-100.0).atMost(100.0)
                let slope = Vector.exp(-(a * a)) * 1.1283791670955126
                return partial == .byA ? slope : slope * a * -2.0
            }
        case .sine:
            map(a, b, result, count) { a, _ in
                switch partial {
                case .value: sine(a, phase: 0.0)
                case .byA: sine(a, phase: 0.5)
                default: -sine(a, phase: 0.0)
                }
            }
        case .step:
            map(a, b, result, count) { a, _ in
                .select(a < 0.0, 0.0, .select(a <= a, partial == .value ? 1.0 : 0.0, a))
            }
        case .stepwiseSigmoid:
            map(a, b, result, count) { a, _ in
                // The sigmoid of 2x at x, half of the logit of these values.
                let size = a.magnitude
                let inner = size < 0.549306154
                let middle = size < 1.47221935
                let isInside = size < 2.64665294
                let slope = Vector.select(inner, 0.455119613, .select(middle, 0.216705137, 0.0383163254))
                if partial != .value { return .select(isInside, slope, .select(a <= a, 0.0, a)) }
                let start = Vector.select(inner, 0.0, .select(middle, 0.549306154, 1.47221935))
                let base = Vector.select(inner, 0.0, .select(middle, 0.25, 0.45))
                let value = Vector.select(isInside, base.adding(size - start, times: slope), 0.5)
                return .select(a <= a, value.withSign(of: a) + 0.5, a)
            }
        case .quantize:
            map(a, b, result, count) { a, _ in
                if partial == .value { return rounded(a / first) + second }
                return .select(a <= a, 1.0 / first, a)
            }
        case .floor:
            map(a, b, result, count) { a, _ in
                if partial != .value { return .select(a <= a, 0.0, a) }
                let whole = rounded(a)
                return .select(a < whole, whole - 1.0, whole)
            }
        }
    }

    /// `sin(x + phase · π)`, the phase being 0 or ½, within 2 · 10⁻⁷ for |x| up to 10,000; beyond, π's rounding shows more and more.
    ///
    /// `x = n π + r`, |r| ≤ π/2, with π as 201/64 and two further parts (Cody and Waite 1980). `sin r = r + r³ p(r²)`, p being the
    /// minimax polynomial of that relative error, found with the Remez exchange algorithm: 6 · 10⁻⁹.
    @inlinable @inline(__always)
    static func sine(_ x: Vector, phase: Vector) -> Vector {
        let shift: Vector = 12582912.0
        let m = shift + (x * 0.318309886).adding(phase, times: -1.0) - shift
        let n = m + phase
        let r = x.adding(n, times: -3.140625).adding(n, times: -9.67502593994140625e-4)
            .adding(n, times: -1.509957990978376432e-7)
        let s = r * r
        let high = Vector.line(-0.000198096029, 2.60578064e-6, s)
        let p = Vector.line(-0.166666596, 0.00833306625, s).adding(high, times: s * s)
        let sine = r.adding(r * s, times: p).atLeast(-1.0).atMost(1.0)
        // With a phase of ½, sin(x + π/2) = cos(r + (m + ½) π) = −(−1)ᵐ sin r.
        let isNegative = 0.0 < remainder(m * 0.5)
        return .select(isNegative, -sine, sine) * .select(phase <= 0.0, 1.0, -1.0)
    }

    /// `aᵇ`: as IEEE's pow, so for a negative a with a whole b; NaN with another b. A derivative is `k aⁿ` with an exponent n of b,
    /// b − 1 or b − 2. Those along b are 0 where a is not above 0.
    @inlinable @inline(__always)
    static func power(_ partial: Partial, _ a: In, _ b: In, _ result: Out, _ count: Int) {
        let less: Vector =
            switch partial {
            case .value, .byB, .byBTwice: 0.0
            case .byA, .byBoth: 1.0
            case .byATwice: 2.0
            }
        map(a, b, result, count) { a, b in
            let logarithm = Vector.log(a.magnitude)
            let factor: Vector =
                switch partial {
                case .value: 1.0
                case .byA: b
                case .byATwice: b * (b - 1.0)
                case .byB: .select(0.0 < a, logarithm, .select(a <= 0.0, 0.0, a))
                case .byBTwice: .select(0.0 < a, logarithm * logarithm, .select(a <= 0.0, 0.0, a))
                case .byBoth: .select(0.0 < a, .line(1.0, b, logarithm), .select(a <= 0.0, 0.0, a))
                }
            let n = b - less
            let size = Vector.select(
                n.magnitude <= 0.0, 1.0, .select(logarithm.magnitude <= 0.0, 1.0, .exp(n * logarithm)))
            // Beyond 2²³ all floats are whole, beyond 2²⁴ even.
            let signed = Vector.select(0.0 < remainder(n * 0.5), -size, size)
            let negative = Vector.select(0.0 < remainder(n), Vector(Set.Scalar.nan), signed)
            let power = Vector.select(a < 0.0, negative, .select(a <= a, size, a))
            return .select(factor.magnitude <= 0.0, 0.0, power * factor)
        }
    }

    /// How far a number is from the nearest whole one; NaN of infinities.
    @inlinable @inline(__always)
    static func remainder(_ x: Vector) -> Vector {
        (x - rounded(x)).magnitude
    }

    /// The nearest whole number, of two equally near the even one.
    @inlinable @inline(__always)
    static func rounded(_ x: Vector) -> Vector {
        // Added to 2²³, a number below it is rounded.
        let size = x.magnitude
        return .select(size < 8388608.0, (size + 8388608.0) - 8388608.0, size).withSign(of: x)
    }

    @inlinable @inline(__always)
    static func map(_ a: In, _ b: In, _ result: Out, _ count: Int, _ function: (Vector, Vector) -> Vector) {
        for (i, left) in Vector.vectors(of: count) {
            function(Vector(loading: a + i, left), Vector(loading: b + i, left)).store(result + i, left)
        }
    }
}
