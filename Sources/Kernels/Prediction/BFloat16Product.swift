/// A bfloat16: the upper half of a float32.
public enum BFloat16 {
    /// The nearest one, of two equally near the even one. NaN stays NaN.
    @inlinable @inline(__always)
    public static func nearest(_ x: Float) -> UInt16 {
        let bits = x.bitPattern
        let nearest = (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16
        return UInt16(truncatingIfNeeded: bits & 0x7fff_ffff > 0x7f80_0000 ? bits >> 16 | 0x40 : nearest)
    }
}

/// What bfloat16 needs of an instruction set.
public protocol BFloat16Arithmetic: PanelArithmetic where Scalar == Float {
    /// Writes the nearest bfloat16 of each element.
    static func round(_ x: UnsafePointer<Float>, _ halves: UnsafeMutablePointer<UInt16>, count: Int)
}

extension BFloat16Arithmetic {
    @inlinable @inline(__always)
    public static func round(_ x: UnsafePointer<Float>, _ halves: UnsafeMutablePointer<UInt16>, count: Int) {
        for i in 0..<count { halves[i] = BFloat16.nearest(x[i]) }
    }
}

/// Weights and activations rounded to bfloat16, two in a word; products summed in float32.
public enum BFloat16Product<Tiles: BFloat16Arithmetic>: LayerProduct {
    @inlinable @inline(__always) public static var valuesPerWord: Int { 2 }

    @inlinable @inline(__always)
    public static func product(
        _ layer: UnsafePointer<PackedDense>, rows: Int, _ a: UnsafePointer<Float>, aStride: Int,
        _ c: UnsafeMutablePointer<Float>, cStride: Int, count: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        let words = scratch + rows * layer.pointee.operandPlace
        let stride = layer.pointee.operandStride
        for row in 0..<rows { round(a + row * aStride, words + row * stride, count: layer.pointee.inputs) }
        PanelLoops<Tiles>.product(
            rows: rows, outputs: layer.pointee.outputs, words: layer.pointee.words, words, aStride: stride,
            layer.pointee.panels, start: layer.pointee.start, c, cStride: cStride, count: count,
            rectifies: layer.pointee.rectifies)
    }

    /// The words of a row.
    @inlinable @inline(never)
    static func round(_ x: UnsafePointer<Float>, _ words: UnsafeMutablePointer<Float>, count: Int) {
        let halves = UnsafeMutableRawPointer(words).assumingMemoryBound(to: UInt16.self)
        Tiles.round(x, halves, count: count)
        if count % 2 != 0 { halves[count] = 0 }
    }
}
