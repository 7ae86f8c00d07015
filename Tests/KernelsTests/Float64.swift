import Foundation
import Kernels

/// One float64 number at a time, with the C library's functions: the kernels' formulas are generic over the instruction set,
/// and with this one they also give float64 values.
enum Float64: InstructionSet {
    typealias Scalar = Double
    typealias Vector = SIMD2<Double>
    typealias Mask = SIMDMask<SIMD2<Int64>>
    typealias Sums = SIMD2<Double>

    static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { a * b + c }
    static func add(_ a: Vector, _ b: Vector) -> Vector { a + b }
    static func broadcast(_ a: Double) -> Vector { Vector(repeating: a) }
    static func transpositionRound(_ round: Int, _ a: Vector, _ b: Vector) -> (Vector, Vector) {
        (Vector(a[0], b[0]), Vector(a[1], b[1]))
    }
    static func transpositionOrder(_ place: Int) -> Int { place }
    static func transpositionPlace(of index: Int) -> Int { index }
    static var tileRows: Int { 4 }

    static func subtract(_ a: Vector, _ b: Vector) -> Vector { a - b }
    static func multiply(_ a: Vector, _ b: Vector) -> Vector { a * b }
    static func divide(_ a: Vector, _ b: Vector) -> Vector { a / b }
    static func squareRoot(_ a: Vector) -> Vector { a.squareRoot() }
    static func magnitude(_ a: Vector) -> Vector { map(a) { $0.magnitude } }
    static func copySign(_ a: Vector, _ sign: Vector) -> Vector {
        Vector(Double(signOf: sign[0], magnitudeOf: a[0]), Double(signOf: sign[1], magnitudeOf: a[1]))
    }
    static func scale(_ a: Vector, _ n: Vector) -> Vector { a * powerOfTwo(n) }
    static func powerOfTwo(_ n: Vector) -> Vector { map(n) { pow(2, $0) } }
    static func exponent(_ a: Vector) -> Vector { map(a) { floor(log2($0 * 1.5)) } }
    static func significand(_ a: Vector) -> Vector { a / powerOfTwo(exponent(a)) }
    static func less(_ a: Vector, _ b: Vector) -> Mask { a .< b }
    static func lessOrEqual(_ a: Vector, _ b: Vector) -> Mask { a .<= b }
    static func lanes(before lane: Int) -> Mask { SIMD2<Int64>(0, 1) .< SIMD2(repeating: Int64(lane)) }
    static func lane(at lane: Int) -> Mask { SIMD2<Int64>(0, 1) .== SIMD2(repeating: Int64(lane)) }
    static func select(_ mask: Mask, _ a: Vector, _ b: Vector) -> Vector { b.replacing(with: a, where: mask) }
    static func largerMagnitude(_ a: Vector, _ b: Vector) -> Vector { pointwiseMax(magnitude(a), magnitude(b)) }
    static func load(_ x: UnsafePointer<Double>, _ count: Int) -> Vector { Vector(x[0], 0) }
    static func store(_ a: Vector, _ x: UnsafeMutablePointer<Double>, _ count: Int) { x[0] = a[0] }
    static func accumulate(_ sums: Sums, _ a: Vector) -> Sums { sums + a }
    static func addInTurn(_ total: Double, _ a: Vector, weights: UnsafePointer<Double>?, _ count: Int) -> Double {
        (0..<count).reduce(total) { $0 + (weights?[$1] ?? 1) * a[$1] }
    }
    static func total(_ sums: Sums) -> Double { sums.sum() }
    static func pairwiseSum(_ a: Vector) -> Double { a.sum() }
    static func largest(_ a: Vector) -> Double { a.max() }
    static func largestMagnitude(_ a: Vector) -> Double { magnitude(a).max() }

    static func map(_ a: Vector, _ function: (Double) -> Double) -> Vector { Vector(function(a[0]), function(a[1])) }
}

extension Double: KernelScalar {
    private static func map<Set: InstructionSet>(_ x: Lanes<Set>, _ function: (Double) -> Double) -> Lanes<Set>
    where Set.Scalar == Double {
        var result = x.vector
        for lane in 0..<Set.Vector.scalarCount { result[lane] = function(result[lane]) }
        return Lanes(result)
    }

    public static func exp<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Double {
        map(x) { Foundation.exp($0) }
    }
    public static func expMinusOne<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Double {
        map(x) { expm1($0) }
    }
    public static func log<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Double {
        map(x) { Foundation.log($0) }
    }
    public static func log<Set: InstructionSet>(onePlus x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Double {
        map(x) { log1p($0) }
    }
    public static func log<Set: InstructionSet>(onePlusProportion x: Lanes<Set>) -> Lanes<Set>
    where Set.Scalar == Double {
        log(onePlus: x)
    }
    public static func tanh<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Double {
        map(x) { Foundation.tanh($0) }
    }
    public static func erf<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Double {
        map(x) { Foundation.erf($0) }
    }
}

/// The library's own formula of an activation, in float64.
struct Float64Formula: Sendable {
    let value: @Sendable (_ z: Double, _ alpha: Double) -> Double
    let derivative: @Sendable (_ z: Double, _ h: Double, _ alpha: Double) -> Double
    /// 0 where the formula has none.
    private(set) var secondDerivative: @Sendable (_ z: Double, _ h: Double, _ alpha: Double) -> Double = { _, _, _ in 0
    }

    init<Formula: CurvedActivation>(curved _: Formula.Type) {
        self.init(Formula.self)
        secondDerivative = { z, h, alpha in
            Formula.secondDerivative(Lanes<Float64>(z), Lanes(h), alpha: Lanes(alpha)).vector[0]
        }
    }

    init<Formula: ElementwiseActivation>(_: Formula.Type) {
        value = { z, alpha in Formula.value(Lanes<Float64>(z), alpha: Lanes(alpha)).vector[0] }
        derivative = { z, h, alpha in
            Formula.derivative(Lanes<Float64>(z), Lanes(h), alpha: Lanes(alpha)).vector[0]
        }
    }
}
