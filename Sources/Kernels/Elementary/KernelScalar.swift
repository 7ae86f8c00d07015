/// A floating-point type that kernels compute with: its elementary functions, on the vectors of any instruction set.
///
/// The functions have no branches and read no tables. An element's result depends on the element and the instruction set
/// alone: not on its place, not on the processor, not on the C library. NaN gives NaN, infinities what the function tends
/// to.
///
/// The errors that the comments of `Float`'s functions state are the largest over all floats, found by comparing every one
/// of them with a float64 library: in units of the last place of the exact result, for instruction sets with fused
/// multiply-add and, where it is more, for the baseline. Halves of a unit are rounding: no function can be below.
public protocol KernelScalar: BinaryFloatingPoint, SendableMetatype {
    static func exp<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Self
    /// `eˣ − 1`.
    static func expMinusOne<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Self
    static func log<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Self
    /// `log(1 + x)`.
    static func log<Set: InstructionSet>(onePlus x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Self
    /// `log(1 + x)` for x from 0 to 1.
    static func log<Set: InstructionSet>(onePlusProportion x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Self
    static func tanh<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Self
    static func erf<Set: InstructionSet>(_ x: Lanes<Set>) -> Lanes<Set> where Set.Scalar == Self
}

extension Lanes {
    @inlinable @inline(__always) static func exp(_ x: Lanes) -> Lanes { Scalar.exp(x) }
    @inlinable @inline(__always) static func expMinusOne(_ x: Lanes) -> Lanes { Scalar.expMinusOne(x) }
    @inlinable @inline(__always) static func log(_ x: Lanes) -> Lanes { Scalar.log(x) }
    @inlinable @inline(__always) static func log(onePlus x: Lanes) -> Lanes { Scalar.log(onePlus: x) }
    @inlinable @inline(__always) static func log(onePlusProportion x: Lanes) -> Lanes {
        Scalar.log(onePlusProportion: x)
    }
    @inlinable @inline(__always) static func tanh(_ x: Lanes) -> Lanes { Scalar.tanh(x) }
    @inlinable @inline(__always) static func erf(_ x: Lanes) -> Lanes { Scalar.erf(x) }
}

extension Float: KernelScalar {}
