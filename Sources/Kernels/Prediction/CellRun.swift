/// Steps of a recurrent cell with packed weights, one after the other, for some rows.
public struct CellRun: BitwiseCopyable {
    public typealias Rows = CellStep<Float>.Rows

    /// The first step. `recurrent` and `gates` have room for every lane of the panels.
    public var step: CellStep<Float>
    /// How many steps.
    public var count = 1
    /// From the gates of one step to those of the next, in floats.
    public var gatesDistance = 0
    /// Where h of the first step goes; nil: nowhere.
    public var output: Rows?
    public var outputDistance = 0
    /// W_hh: whole, or, if the step has parts, a product for each.
    public var products: UnsafePointer<PackedDense>
    public var kernel: UnsafePointer<RecurrentKernels<Float>.Step>
    public var hasParts = false
    public var cell: Cell
    /// The units of h that there are; the step may have more, to whole vectors.
    public var outputUnits: Int
    /// W_ih, if z of the steps is not there yet; nil: it is. For one row.
    public var input: UnsafePointer<PackedDense>?
    /// x of the first step.
    public var x: UnsafePointer<Float>?
    public var xDistance = 0
    /// As large as the products need for these rows.
    public var scratch: UnsafeMutablePointer<Float>

    /// The cells of ``FusedCells``.
    public enum Cell: BitwiseCopyable {
        case gru
        case lstm
        case other
    }

    public init(
        _ step: CellStep<Float>, cell: Cell, products: UnsafePointer<PackedDense>,
        kernel: UnsafePointer<RecurrentKernels<Float>.Step>, hasParts: Bool, outputUnits: Int,
        scratch: UnsafeMutablePointer<Float>
    ) {
        self.step = step
        self.cell = cell
        self.products = products
        self.kernel = kernel
        self.hasParts = hasParts
        self.outputUnits = outputUnits
        self.scratch = scratch
    }
}

@usableFromInline
enum CellLoop<Product: LayerProduct> {
    @inlinable @inline(__always)
    static func run(_ run: UnsafePointer<CellRun>) {
        var step = run.pointee.step
        var output = run.pointee.output
        let products = run.pointee.products
        var x = run.pointee.x
        for _ in 0..<run.pointee.count {
            if let input = run.pointee.input, let row = x {
                // Needs no h: it is done while the step before is not.
                multiply(input, row, stride: 0, rows: 1, into: step.gates, 0, run)
                x = row + run.pointee.xDistance
            }
            multiply(
                products, step.state.base, stride: step.state.stride, rows: step.rows, into: step.recurrent, 0, run)
            if run.pointee.hasParts {
                step.part = .gates
                run.pointee.kernel.pointee(&step)
                multiply(
                    products + 1, step.extra.base, stride: step.extra.stride, rows: step.rows, into: step.recurrent,
                    products.pointee.outputs, run)
                step.part = .candidate
            }
            run.pointee.kernel.pointee(&step)
            if let rows = output {
                for row in 0..<step.rows {
                    copy(step.state.row(row), to: rows.row(row), count: run.pointee.outputUnits)
                }
                output = Rows(rows.base + run.pointee.outputDistance, stride: rows.stride)
            }
            step.gates.base += run.pointee.gatesDistance
        }
    }

    @usableFromInline typealias Rows = CellRun.Rows

    @inlinable @inline(__always)
    static func multiply(
        _ product: UnsafePointer<PackedDense>, _ a: UnsafePointer<Float>, stride: Int, rows: Int, into c: Rows,
        _ column: Int, _ run: UnsafePointer<CellRun>
    ) {
        let lanes = PanelPacking.lanes(of: product.pointee.outputs, vectorWidth: Product.Tiles.Vector.scalarCount)
        Product.product(
            product, rows: rows, a, aStride: stride, c.base + column, cStride: c.stride, count: lanes,
            scratch: run.pointee.scratch)
    }

    @inlinable @inline(__always)
    static func copy(_ from: UnsafePointer<Float>, to: UnsafeMutablePointer<Float>, count: Int) {
        let width = Product.Tiles.Vector.scalarCount
        var place = 0
        while place + width <= count {
            Product.Tiles.store(Product.Tiles.load(from + place), to + place)
            place += width
        }
        if place < count {
            Product.Tiles.store(Product.Tiles.load(from + place, count - place), to + place, count - place)
        }
    }
}
