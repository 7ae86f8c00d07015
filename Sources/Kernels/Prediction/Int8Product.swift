/// Weights of 8 bits in steps of their own for each unit, activations of 8 bits in steps of their own for each row, four in
/// a word; exact sums in 32-bit integers, so that every instruction set gets the same.
///
///     w ≈ s_w q_w,  q_w in −127…127         x ≈ s_x (q_x − o),  q_x and o in 0…255, with 0 exactly at o
///     Σ w x ≈ s_w s_x (Σ q_w q_x − o Σ q_w)
public enum Int8Product<Tiles: PanelArithmetic>: LayerProduct where Tiles.Scalar == Float {
    @inlinable @inline(__always) public static var valuesPerWord: Int { 4 }

    @inlinable @inline(__always)
    public static func product(
        _ layer: UnsafePointer<PackedDense>, rows: Int, _ a: UnsafePointer<Float>, aStride: Int,
        _ c: UnsafeMutablePointer<Float>, cStride: Int, count: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        let words = scratch + rows * layer.pointee.operandPlace
        let stride = layer.pointee.operandStride
        for row in 0..<rows { quantize(layer, a + row * aStride, words + row * stride) }
        PanelLoops<Tiles>.product(
            rows: rows, outputs: layer.pointee.outputs, words: layer.pointee.words, words, aStride: stride,
            layer.pointee.panels, start: layer.pointee.start, c, cStride: cStride, count: count,
            rectifies: false)
        for row in 0..<rows { scale(layer, words + row * stride, c + row * cStride) }
    }

    /// The words of a row; behind them, at the end of the stride, s_x and o.
    @inlinable @inline(never)
    static func quantize(
        _ layer: UnsafePointer<PackedDense>, _ x: UnsafePointer<Float>, _ words: UnsafeMutablePointer<Float>
    ) {
        let count = layer.pointee.inputs
        let steps = Int8Steps(x, count: count)
        let ends = words + (layer.pointee.operandStride - 2)
        ends[0] = steps.size
        ends[1] = Float(bitPattern: UInt32(bitPattern: steps.zero))
        let bytes = UnsafeMutableRawPointer(words).assumingMemoryBound(to: UInt8.self)
        let (inverse, zero) = (steps.inverse, steps.zero)
        for i in 0..<count { bytes[i] = Int8Steps.step(x[i], inverse: inverse, zero: zero) }
        for i in count..<(count + 3) & ~3 { bytes[i] = 0 }
    }

    /// From the integers in C to the numbers they stand for.
    @inlinable @inline(never)
    static func scale(
        _ layer: UnsafePointer<PackedDense>, _ words: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>
    ) {
        let ends = words + (layer.pointee.operandStride - 2)
        let (size, zero) = (ends[0], Int32(bitPattern: ends[1].bitPattern))
        let (scales, sums, bias) = (layer.pointee.scales, layer.pointee.weightSums, layer.pointee.bias)
        let lowest: Float = layer.pointee.rectifies ? 0 : -.infinity
        for i in 0..<layer.pointee.outputs {
            let sum = Int32(bitPattern: c[i].bitPattern) &- zero &* sums[i]
            // The smaller first: the product of both could overflow, and infinity times 0 is NaN.
            let (smaller, larger) = size < scales[i] ? (size, scales[i]) : (scales[i], size)
            let z = smaller * Float(sum) * larger + bias[i]
            c[i] = z < lowest ? lowest : z
        }
    }
}

/// The steps of a row of activations.
public struct Int8Steps {
    /// The distance between steps: 0 if there is nothing but zeros, NaN if something is not finite.
    public let size: Float
    /// 1 / size, or 0.
    public let inverse: Float
    /// The step that is zero.
    public let zero: Int32

    @inlinable @inline(__always)
    public init(_ x: UnsafePointer<Float>, count: Int) {
        // Bit patterns turned so that integers are ordered as the numbers are, NaN outside of infinity: integers have a
        // vector minimum and maximum. The range includes zero.
        var (low, high): (Int32, Int32) = (0, 0)
        for i in 0..<count {
            let turned = Int8Steps.turned(Int32(bitPattern: x[i].bitPattern))
            low = Swift.min(low, turned)
            high = Swift.max(high, turned)
        }
        let infinity: Int32 = 0x7f80_0000
        let isFinite = high < infinity && low > Int8Steps.turned(Int32(bitPattern: 0xff80_0000))
        let highest = Float(bitPattern: UInt32(bitPattern: high))
        let lowest = Float(bitPattern: UInt32(bitPattern: Int8Steps.turned(low)))
        let distance = highest * (1 / 255) - lowest * (1 / 255)
        let isUsable = isFinite && distance >= Float.leastNormalMagnitude
        inverse = isUsable ? 1 / distance : 0
        size = isFinite ? (isUsable ? distance : 0) : .nan
        zero = isUsable ? Int32((-lowest * inverse).rounded(.toNearestOrEven)) : 0
    }

    @inlinable @inline(__always)
    static func turned(_ bits: Int32) -> Int32 { bits ^ (bits >> 31 & 0x7fff_ffff) }

    /// The step nearest to x.
    @inlinable @inline(__always)
    static func step(_ x: Float, inverse: Float, zero: Int32) -> UInt8 {
        // Beside 1.5 · 2²³ float32 holds whole numbers only: the addition rounds, and the low bits are the number.
        let rounded = x * inverse + 12_582_912
        let number = Int32(bitPattern: rounded.bitPattern) &- 0x4b40_0000 &+ zero
        return UInt8(truncatingIfNeeded: Swift.min(Swift.max(number, 0), 255))
    }
}

/// The weights of a unit.
public enum Int8Weights {
    /// The most inputs for which the sums cannot overflow.
    public static let mostInputs = Int(Int32.max) / (255 * 127)

    /// The distance between steps for weights of this largest magnitude: 0 if there are only zeros, NaN if something is not
    /// finite.
    public static func step(largest: Float) -> Float {
        if !largest.isFinite { return .nan }
        let size = largest / 127
        return size >= Float.leastNormalMagnitude ? size : 0
    }

    public static func number(_ w: Float, inverse: Float) -> Int8 {
        let number = (w * inverse).rounded(.toNearestOrEven)
        return number.isFinite ? Int8(Swift.min(Swift.max(number, -127), 127)) : 0
    }
}
