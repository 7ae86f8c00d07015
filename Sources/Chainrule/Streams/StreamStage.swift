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
    /// z of a block.
    let gates: Matrix
    /// h, and c behind it.
    let state: Matrix
    /// The cell's steps, of which only the number changes.
    let run: CellRun

    func run(
        _ frames: Int, isFirst: Bool, _ kernels: PredictionKernels, _ scratch: UnsafeMutablePointer<Float>
    ) {
        if isFirst {
            if let initial { state.assign(initial.row(0)) } else { state.clear() }
        }
        kernels.product(product, frames, input.base, input.stride, gates.base, gates.stride, scratch)
        var run = run
        run.count = frames
        kernels.cells(&run)
    }
}
