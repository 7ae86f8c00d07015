import Kernels

/// What a stream does for one layer with a block of frames.
enum StreamStage: BitwiseCopyable {
    /// The layer's own pass, each frame being a row.
    case node(Int)
    case product(StreamProduct)
    case window(StreamWindow)
    case cell(StreamCell)
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
    let run: CellRun

    /// An element of the state: of h, and then of c.
    subscript(index: Int) -> Float {
        get { index < units ? memory.state[0, index] : memory.cell[0, index - units] }
        nonmutating set {
            if index < units { memory.state[0, index] = newValue } else { memory.cell[0, index - units] = newValue }
        }
    }

    func run(
        _ frames: Int, isFirst: Bool, _ kernels: PredictionKernels, _ scratch: UnsafeMutablePointer<Float>
    ) {
        if isFirst {
            memory.state.clear()
            memory.cell.clear()
            if let initial { for index in 0..<stateCount { self[index] = initial[0, index] } }
        }
        kernels.product(
            product, frames, input.base, input.stride, memory.gates.base, memory.gates.stride, scratch)
        var run = run
        run.count = frames
        kernels.cells(&run)
    }
}
