import CPlatform

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
    /// One layer, with no other σ than max(0, z).
    public let product:
        @Sendable (
            _ layer: UnsafePointer<PackedDense>, _ rows: Int, _ a: In, _ aStride: Int, _ c: Out, _ cStride: Int,
            _ scratch: Out
        ) -> Void
    /// ``CellLoop/run``, in float32 ``FusedCells/run``.
    public let cells: @Sendable (_ run: UnsafePointer<CellRun>) -> Void

    @inlinable @inline(__always)
    public init<Product: LayerProduct>(_: Product.Type) {
        self.init(Product.self, cells: CellLoop<Product>.run)
    }

    /// In float32.
    @inlinable @inline(__always)
    public init<Set: InstructionSet>(_: Set.Type) where Set.Scalar == Float {
        self.init(Float32Product<Set>.self, cells: FusedCells<Set>.run)
    }

    @inlinable @inline(__always)
    init<Product: LayerProduct>(
        _: Product.Type, cells: @escaping @Sendable (_ run: UnsafePointer<CellRun>) -> Void
    ) {
        vectorWidth = Product.Tiles.Vector.scalarCount
        tileRows = Product.Tiles.tileRows
        valuesPerWord = Product.valuesPerWord
        chain = LayerChain<Product>.predict
        product = LayerChain<Product>.product
        self.cells = cells
    }
}

/// How one precision computes a layer's product.
public protocol LayerProduct: SendableMetatype {
    associatedtype Tiles: TileArithmetic where Tiles.Scalar == Float
    static var valuesPerWord: Int { get }

    /// `C = A Wᵀ + 1 bᵀ`, and max(0, C) of it if the layer rectifies.
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

    /// `h = σ(z)` in place, unless the product did it.
    @inlinable @inline(__always)
    static func activate(
        _ layer: UnsafePointer<PackedDense>, rows: Int, _ z: UnsafeMutablePointer<Float>, stride: Int
    ) {
        guard let kernel = layer.pointee.activation else { return }
        let columns = layer.pointee.outputs
        let isContiguous = stride == columns
        var row = 0
        while row < rows {
            kernel.pointee.forward(
                z + row * stride, z + row * stride, isContiguous ? rows : 1, columns, layer.pointee.alpha)
            row += isContiguous ? rows : 1
        }
    }
}

/// Weights as they are.
public enum Float32Product<Set: TileArithmetic>: LayerProduct where Set.Scalar == Float {
    public typealias Tiles = Float32Words<Set>
    @inlinable @inline(__always) public static var valuesPerWord: Int { 1 }

    @inlinable @inline(__always)
    public static func product(
        _ layer: UnsafePointer<PackedDense>, rows: Int, _ a: UnsafePointer<Float>, aStride: Int,
        _ c: UnsafeMutablePointer<Float>, cStride: Int, count: Int, scratch: UnsafeMutablePointer<Float>
    ) {
        var (a, aStride) = (a, aStride)
        // Rows a multiple of 4 KiB apart fall into the same places of the first-level cache and drive each other out.
        if layer.pointee.operandStride > 0 && rows > PanelLoops<Tiles>.fewRows && aStride % 256 == 0 {
            let copy = scratch + rows * layer.pointee.operandPlace
            for row in 0..<rows {
                memcpy(
                    copy + row * layer.pointee.operandStride, a + row * aStride,
                    layer.pointee.inputs * MemoryLayout<Float>.stride)
            }
            (a, aStride) = (UnsafePointer(copy), layer.pointee.operandStride)
        }
        PanelLoops<Tiles>.product(
            rows: rows, outputs: layer.pointee.outputs, words: layer.pointee.words, a, aStride: aStride,
            layer.pointee.panels, start: layer.pointee.start, c, cStride: cStride, count: count,
            rectifies: layer.pointee.rectifies)
    }
}

/// For any processor.
@export(interface)
public func baselinePrediction() -> PredictionKernels { PredictionKernels(Baseline.self) }
