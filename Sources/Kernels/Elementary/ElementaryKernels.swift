/// The elementary functions over flat vectors, for one instruction set. The library itself has them within other kernels:
/// these are for tests of their accuracy, and not in the library that is shipped.
public struct ElementaryKernels<Scalar: KernelScalar>: Sendable {
    public typealias Function =
        @Sendable (_ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>, _ count: Int) -> Void

    public let exp: Function
    public let expMinusOne: Function
    public let log: Function
    public let logOnePlus: Function
    /// From 0 to 1.
    public let logOnePlusProportion: Function
    public let tanh: Function
    public let erf: Function

    @inlinable @inline(__always)
    public init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Scalar {
        exp = { x, y, count in ElementaryLoop<Set>.map(x, y, count) { .exp($0) } }
        expMinusOne = { x, y, count in ElementaryLoop<Set>.map(x, y, count) { .expMinusOne($0) } }
        log = { x, y, count in ElementaryLoop<Set>.map(x, y, count) { .log($0) } }
        logOnePlus = { x, y, count in ElementaryLoop<Set>.map(x, y, count) { .log(onePlus: $0) } }
        logOnePlusProportion = { x, y, count in
            ElementaryLoop<Set>.map(x, y, count) { .log(onePlusProportion: $0) }
        }
        tanh = { x, y, count in ElementaryLoop<Set>.map(x, y, count) { .tanh($0) } }
        erf = { x, y, count in ElementaryLoop<Set>.map(x, y, count) { .erf($0) } }
    }
}

@usableFromInline
enum ElementaryLoop<Set: InstructionSet> {
    @inlinable @inline(__always)
    static func map(
        _ x: UnsafePointer<Set.Scalar>, _ y: UnsafeMutablePointer<Set.Scalar>, _ count: Int,
        _ function: (Lanes<Set>) -> Lanes<Set>
    ) {
        for (i, left) in Lanes<Set>.vectors(of: count) { function(Lanes(loading: x + i, left)).store(y + i, left) }
    }
}
