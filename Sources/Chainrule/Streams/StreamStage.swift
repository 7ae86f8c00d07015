import Kernels

/// What a stream does for one layer with a block of frames. It points to the rest: copying it is cheap.
enum StreamStage: BitwiseCopyable {
    /// The layer's own pass, each frame being a row.
    case node(Int)
    case product(UnsafeMutablePointer<StreamProduct>)
    case window(UnsafeMutablePointer<StreamWindow>)
    case cell(UnsafeMutablePointer<StreamCell>)
}

/// A packed product with its σ.
struct StreamProduct: BitwiseCopyable {
    let product: UnsafePointer<PackedDense>
    /// A row for each frame of a block.
    let input: Matrix
    let output: Matrix

    func run(_ frames: Int, _ kernels: PredictionKernels, _ scratch: UnsafeMutablePointer<Float>) {
        kernels.product(product, frames, input.base, input.stride, output.base, output.stride, scratch)
        guard !product.pointee.rectifies, let activation = product.pointee.activation else { return }
        activation.pointee.forward(output.base, output.base, frames, output.columns, product.pointee.alpha)
    }
}

/// A causal convolution.
struct StreamWindow: BitwiseCopyable {
    let node: Int
    let input: Matrix
    let window: CausalWindow
}

/// A recurrent layer and its state.
struct StreamCell: BitwiseCopyable {
    /// W_ih.
    let product: UnsafePointer<PackedDense>
    let input: Matrix
    /// Its first row is the state before the first frame; nil: 0.
    let initial: Matrix?
    let units: Int
    /// Of h, and of c if there is one.
    let stateCount: Int
    /// Of one row, whose steps are a block.
    let memory: CellMemory
    /// The cell's steps, of which only the number changes.
    var run: CellRun

    /// An element of the state: of h, and then of c.
    subscript(index: Int) -> Float {
        get { index < units ? memory.state[0, index] : memory.cell[0, index - units] }
        nonmutating set {
            if index < units { memory.state[0, index] = newValue } else { memory.cell[0, index - units] = newValue }
        }
    }

    mutating func run(
        _ frames: Int, isFirst: Bool, _ kernels: PredictionKernels, _ scratch: UnsafeMutablePointer<Float>
    ) {
        if isFirst {
            memory.state.clear()
            memory.cell.clear()
            if let initial { for index in 0..<stateCount { self[index] = initial[0, index] } }
        }
        kernels.product(
            product, frames, input.base, input.stride, memory.gates.base, memory.gates.stride, scratch)
        run.count = frames
        kernels.cells(&run)
    }
}

/// The stages of a stream, in order, and their memory.
final class StreamStages: FallibleClass {
    let all: Memory<StreamStage>
    let floats: FloatMemory
    /// For the products.
    let scratch: FloatMemory
    private let products: Memory<StreamProduct>
    private let windows: Memory<StreamWindow>
    private let cells: Memory<StreamCell>
    private let kernels: UnsafeMutablePointer<RecurrentKernels<Float>.Step>
    private var kernelCount = 0

    fileprivate init(
        all: Memory<StreamStage>, floats: FloatMemory, scratch: FloatMemory, products: Memory<StreamProduct>,
        windows: Memory<StreamWindow>, cells: Memory<StreamCell>
    ) {
        self.all = all
        self.floats = floats
        self.scratch = scratch
        self.products = products
        self.windows = windows
        self.cells = cells
        kernels = .allocate(capacity: all.count)
    }

    deinit {
        kernels.deinitialize(count: kernelCount)
        kernels.deallocate()
    }

    func set(_ index: Int, _ product: StreamProduct) {
        products.base[index] = product
        all.base[index] = .product(products.base + index)
    }

    func set(_ index: Int, _ window: StreamWindow) {
        windows.base[index] = window
        all.base[index] = .window(windows.base + index)
    }

    func set(_ index: Int, _ cell: StreamCell) {
        cells.base[index] = cell
        all.base[index] = .cell(cells.base + index)
    }

    /// Keeps a kernel where cells can point to it: at most one for each stage.
    func keep(_ kernel: @escaping RecurrentKernels<Float>.Step) -> UnsafePointer<RecurrentKernels<Float>.Step> {
        let place = kernels + kernelCount
        place.initialize(to: kernel)
        kernelCount += 1
        return UnsafePointer(place)
    }
}

extension FallibleClass where Self == StreamStages {
    /// - Parameters:
    ///   - floats: of all states.
    ///   - scratch: the floats of scratch memory.
    init(count: Int, floats: Int, scratch: Int) throws(ChainruleError) {
        self = StreamStages(
            all: try Memory(count: count, for: "a stream"), floats: try FloatMemory(count: floats, for: "a stream"),
            scratch: try FloatMemory(count: scratch, for: "a stream"),
            products: try Memory(count: count, for: "a stream"), windows: try Memory(count: count, for: "a stream"),
            cells: try Memory(count: count, for: "a stream"))
    }
}
