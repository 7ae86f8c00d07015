import CIntrinsics

/// The arithmetic of register tiles in prediction: the words of panels, and a multiplication that adds their product, or
/// the dot product of the two bfloat16 or four int8 in them, to a sum. To vectors of float32 the words, and the sums of int8,
/// are bits that are only moved.
public protocol PanelArithmetic: TileArithmetic {
    associatedtype Base: TileArithmetic where Base.Scalar == Scalar, Base.Vector == Vector
}

extension PanelArithmetic {
    @inlinable @inline(__always) public static func broadcast(_ a: Scalar) -> Vector { Base.broadcast(a) }
    @inlinable @inline(__always) public static func rectified(_ a: Vector) -> Vector { Base.rectified(a) }
    @inlinable @inline(__always)
    public static func load(_ pointer: UnsafePointer<Scalar>, _ count: Int) -> Vector { Base.load(pointer, count) }
    @inlinable @inline(__always)
    public static func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Scalar>, _ count: Int) {
        Base.store(vector, pointer, count)
    }
    /// Eight rows by two vectors keep the multipliers busy; for processors without dot products four do, for the
    /// operands take instructions and registers of their own.
    @inlinable @inline(__always) public static var tileRows: Int { Base.tileRows > 8 ? 8 : 4 }
}

/// Words of one float32.
public enum Float32Words<Set: TileArithmetic>: PanelArithmetic {
    public typealias Base = Set
    public typealias Scalar = Set.Scalar
    public typealias Vector = Set.Vector

    @inlinable @inline(__always)
    public static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { Set.multiplyAdd(a, b, c) }
    @inlinable @inline(__always) public static var tileRows: Int { Set.tileRows }
}

/// The same arithmetic in tiles of one vector, for the units that are left over: eight rows at most, to save code.
@usableFromInline
enum LowTiles<Set: TileArithmetic>: PanelArithmetic {
    @usableFromInline typealias Base = Set
    @usableFromInline typealias Scalar = Set.Scalar
    @usableFromInline typealias Vector = Set.Vector

    @inlinable @inline(__always)
    static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector { Set.multiplyAdd(a, b, c) }
    @inlinable @inline(__always) static var tileRows: Int { min(Set.tileRows, 8) }
}

/// Each product by itself, first and second, in float32.
enum BaselineBFloat16: BFloat16Arithmetic {
    typealias Base = Baseline
    typealias Scalar = Float
    typealias Vector = SIMD4<Float>
    // As little code as there can be: such processors gain nothing from short numbers but memory.
    @inline(__always) static var tileRows: Int { 2 }

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
        second(a) * second(b) + (first(a) * first(b) + c)
    }
    @inline(__always) private static func bits(_ words: Vector) -> SIMD4<UInt32> {
        unsafeBitCast(words, to: SIMD4<UInt32>.self)
    }
    @inline(__always) private static func first(_ words: Vector) -> Vector {
        unsafeBitCast(bits(words) &<< 16, to: Vector.self)
    }
    @inline(__always) private static func second(_ words: Vector) -> Vector {
        unsafeBitCast(bits(words) & 0xffff_0000, to: Vector.self)
    }
}

enum BaselineInt8: PanelArithmetic {
    typealias Base = Baseline
    typealias Scalar = Float
    typealias Vector = SIMD4<Float>
    // As little code as there can be: such processors gain nothing from short numbers but memory.
    @inline(__always) static var tileRows: Int { 2 }

    @inline(__always) static func multiplyAdd(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
        #if arch(x86_64)
            return vector4_dot_int8(a, b, c)
        #else
            let x = unsafeBitCast(a, to: SIMD4<UInt32>.self)
            let w = unsafeBitCast(b, to: SIMD4<Int32>.self)
            var sum = unsafeBitCast(c, to: SIMD4<Int32>.self)
            for byte in 0..<4 {
                let down = UInt32(8 * byte)
                let unsigned = SIMD4<Int32>(truncatingIfNeeded: (x &>> SIMD4(repeating: down)) & 0xff)
                let signed = (w &<< SIMD4(repeating: 24 - Int32(down))) &>> 24
                sum = sum &+ unsigned &* signed
            }
            return unsafeBitCast(sum, to: Vector.self)
        #endif
    }
}

/// For any processor.
@export(interface)
public func baselineBFloat16Prediction() -> PredictionKernels {
    PredictionKernels(BFloat16Product<BaselineBFloat16>.self)
}
/// For any processor.
@export(interface)
public func baselineInt8Prediction() -> PredictionKernels { PredictionKernels(Int8Product<BaselineInt8>.self) }
