/// The kernels of prediction for one precision and one instruction set.
public struct PredictionKernels: Sendable {
    public typealias In = UnsafePointer<Float>
    public typealias Out = UnsafeMutablePointer<Float>

    /// The lanes of a vector, which the panels are made for.
    public let vectorWidth: Int
    /// The rows of the highest register tile.
    public let tileRows: Int
    /// The values in a word.
    public let valuesPerWord: Int
    /// The layers one after the other: `y` for `x`.
    public let chain:
        @Sendable (
            _ layers: UnsafePointer<PackedDense>, _ count: Int, _ rows: Int, _ x: In, _ xStride: Int, _ y: Out,
            _ yStride: Int, _ scratch: Out
        ) -> Void
    /// One layer, without its σ.
    public let product:
        @Sendable (
            _ layer: UnsafePointer<PackedDense>, _ rows: Int, _ a: In, _ aStride: Int, _ c: Out, _ cStride: Int,
            _ scratch: Out
        ) -> Void

    @inlinable @inline(__always)
    public init<Product: LayerProduct>(_: Product.Type) {
        vectorWidth = Product.Tiles.Vector.scalarCount
        tileRows = Product.Tiles.tileRows
        valuesPerWord = Product.valuesPerWord
        chain = LayerChain<Product>.predict
        product = LayerChain<Product>.product
    }
}

/// How one precision computes a layer's product.
public protocol LayerProduct: SendableMetatype {
    associatedtype Tiles: TileArithmetic where Tiles.Scalar == Float
    static var valuesPerWord: Int { get }

    /// `C = A Wᵀ + 1 bᵀ`.
    /// - Parameters:
    ///   - count: the columns of C that may be written: the outputs, or all lanes of the panels.
    ///   - scratch: as large as the layer's places in it say.
    static func product(
        _ layer: UnsafePointer<PackedDense>, rows: Int, _ a: UnsafePointer<Float>, aStride: Int,
        _ c: UnsafeMutablePointer<Float>, cStride: Int, count: Int, scratch: UnsafeMutablePointer<Float>)
}

@usableFromInline
enum LayerChain<Product: LayerProduct> {
    @inlinable @inline(__always)
    static func predict(
        _ layers: UnsafePointer<PackedDense>, count: Int, rows: Int, _ x: UnsafePointer<Float>, xStride: Int,
        _ y: UnsafeMutablePointer<Float>, yStride: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        var (a, aStride) = (x, xStride)
        var layer = layers
        let last = layers + (count - 1)
        while layer < last {
            let c = scratch + rows * layer.pointee.resultPlace
            let cStride = layer.pointee.resultStride
            Product.product(
                layer, rows: rows, a, aStride: aStride, c, cStride: cStride, count: cStride, scratch: scratch)
            activate(layer, rows: rows, c, stride: cStride)
            (a, aStride) = (UnsafePointer(c), cStride)
            layer += 1
        }
        Product.product(
            last, rows: rows, a, aStride: aStride, y, cStride: yStride, count: last.pointee.outputs, scratch: scratch)
        activate(last, rows: rows, y, stride: yStride)
    }

    @inlinable @inline(__always)
    static func product(
        _ layer: UnsafePointer<PackedDense>, rows: Int, _ a: UnsafePointer<Float>, aStride: Int,
        _ c: UnsafeMutablePointer<Float>, cStride: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        Product.product(
            layer, rows: rows, a, aStride: aStride, c, cStride: cStride, count: layer.pointee.outputs, scratch: scratch)
    }

    /// `h = σ(z)` in place.
    @inlinable @inline(__always)
    static func activate(
        _ layer: UnsafePointer<PackedDense>, rows: Int, _ z: UnsafeMutablePointer<Float>, stride: Int
    ) {
        let columns = layer.pointee.outputs
        if layer.pointee.rectifies {
            rectify(rows: rows, columns: columns, z, stride: stride)
        } else if let kernel = layer.pointee.activation {
            if stride == columns || rows == 1 {
                kernel.pointee.forward(z, z, rows, columns, layer.pointee.alpha)
            } else {
                for row in 0..<rows {
                    let z = z + row * stride
                    kernel.pointee.forward(z, z, 1, columns, layer.pointee.alpha)
                }
            }
        }
    }

    /// max(0, z); NaN goes through, for it is not below zero.
    @inlinable @inline(__always)
    static func rectify(rows: Int, columns: Int, _ z: UnsafeMutablePointer<Float>, stride: Int) {
        for row in 0..<rows {
            let z = z + row * stride
            for column in 0..<columns { z[column] = z[column] < 0 ? 0 : z[column] }
        }
    }
}

/// Weights as they are.
public enum Float32Product<Set: TileArithmetic>: LayerProduct where Set.Scalar == Float {
    public typealias Tiles = Set
    @inlinable @inline(__always) public static var valuesPerWord: Int { 1 }

    @inlinable @inline(__always)
    public static func product(
        _ layer: UnsafePointer<PackedDense>, rows: Int, _ a: UnsafePointer<Float>, aStride: Int,
        _ c: UnsafeMutablePointer<Float>, cStride: Int, count: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        var (a, aStride) = (a, aStride)
        // Rows a multiple of 4 KiB apart fall into the same places of the first-level cache and drive each other out.
        if layer.pointee.operandStride > 0 && rows > PanelLoops<Set>.fewRows && aStride % 256 == 0 {
            let copy = scratch + rows * layer.pointee.operandPlace
            for row in 0..<rows {
                (copy + row * layer.pointee.operandStride).update(from: a + row * aStride, count: layer.pointee.inputs)
            }
            (a, aStride) = (UnsafePointer(copy), layer.pointee.operandStride)
        }
        PanelLoops<Set>.product(
            rows: rows, outputs: layer.pointee.outputs, words: layer.pointee.words, a, aStride: aStride,
            layer.pointee.panels, start: layer.pointee.start, c, cStride: cStride, count: count)
    }
}

/// For any processor.
@export(interface)
public func baselinePrediction() -> PredictionKernels { PredictionKernels(Float32Product<Baseline>.self) }
