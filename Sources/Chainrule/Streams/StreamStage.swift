import Kernels

/// What a stream does for one layer with a block of frames. It points to the rest: copying it is cheap.
enum StreamStage: BitwiseCopyable {
    /// The layer's own pass, each frame being a row.
    case node(Int)
    case product(UnsafeMutablePointer<StreamProduct>)
    case window(UnsafeMutablePointer<StreamWindow>)
    case cell(UnsafeMutablePointer<StreamCell>)
    case activation(UnsafeMutablePointer<StreamActivation>)
    /// What an input adds to a sum, or multiplies into a product; of the first input, a copy.
    case combination(UnsafeMutablePointer<StreamCombination>)

    /// The numbers that a block leaves for the next one.
    var stateCount: Int {
        switch self {
        case .window(let window): window.pointee.window.before * window.pointee.window.channels
        case .cell(let cell): cell.pointee.stateCount
        case .node, .product, .activation, .combination: 0
        }
    }

    /// One of them.
    /// - Parameter seen: how many frames came.
    func state(_ index: Int, after seen: UInt64) -> Float {
        switch self {
        case .window(let window): window.pointee.window.element(index, after: seen)
        case .cell(let cell): seen == 0 ? 0 : cell.pointee[index]
        case .node, .product, .activation, .combination: 0
        }
    }

    func setState(_ index: Int, to value: Float, after seen: UInt64) {
        switch self {
        case .window(let window): window.pointee.window.set(index, to: value, after: seen)
        case .cell(let cell): cell.pointee[index] = value
        case .node, .product, .activation, .combination: break
        }
    }
}

/// A packed product with its σ.
struct StreamProduct: BitwiseCopyable {
    let product: UnsafePointer<PackedDense>
    /// A row for each frame of a block, which has one position.
    let input: Matrix
    let output: Matrix

    func run(_ frames: Int, _ kernels: PredictionKernels, _ scratch: UnsafeMutablePointer<Float>) {
        kernels.product(product, frames, input.base, input.stride, output.base, output.stride, scratch)
        product.pointee.activate(output.rows(from: 0, count: frames))
    }
}

/// An activation by itself.
struct StreamActivation: BitwiseCopyable {
    let kernel: UnsafeMutablePointer<ActivationKernel<Float>>
    let alpha: Float
    let input: Matrix
    let output: Matrix
    /// It works on the channels of each.
    let positions: Int

    func run(_ frames: Int) {
        kernel.pointee.forward(
            input.base, output.base, frames * positions, output.columns / positions, alpha)
    }
}

/// A step of a sum or of a product.
struct StreamCombination: BitwiseCopyable {
    enum Operation: BitwiseCopyable {
        case copy
        case add
        case multiply
    }

    let operation: Operation
    let input: Matrix
    let output: Matrix

    func run(_ frames: Int, _ arithmetic: Arithmetic) {
        let count = frames * output.columns
        switch operation {
        case .copy: output.rows(from: 0, count: frames).assign(input.rows(from: 0, count: frames))
        case .add: arithmetic.kernels.add(input.base, output.base, count)
        case .multiply: arithmetic.kernels.multiplyElements(output.base, input.base, count)
        }
    }
}

/// A causal convolution.
struct StreamWindow: BitwiseCopyable {
    let node: Int
    let input: Matrix
    let window: CausalWindow
    /// nil: the layer's own pass does it.
    let product: CausalProduct?
}

/// A causal convolution of float32 in one group, once all steps that it sees have come: rows of a matrix, in one piece for
/// each tap, or in one if the taps are neighbours.
struct CausalProduct: BitwiseCopyable {
    let product: UnsafePointer<PackedDense>
    let bias: UnsafePointer<Float>
    let taps: Int
    let dilation: Int
    let output: Matrix

    /// - Parameter steps: the frames, and before them all that the first one sees.
    func run(_ steps: Matrix, _ frames: Int, _ arithmetic: Arithmetic) {
        let channels = steps.columns
        let (pieces, depth) = dilation == 1 ? (1, taps * channels) : (taps, channels)
        let width = arithmetic.kernels.vectorWidth
        PanelPacking.forEachPanel(outputs: output.columns, vectorWidth: width) { units, panelWidth in
            arithmetic.kernels.multiplySegments(
                Segments(pieces, aStride: dilation * channels, bStride: depth * panelWidth), frames, units.count, depth,
                steps.base, channels, 1, product.pointee.panels + units.lowerBound * taps * channels, panelWidth,
                bias + units.lowerBound, output.base + units.lowerBound, output.stride, false)
        }
        product.pointee.activate(output.rows(from: 0, count: frames))
    }
}

extension PackedDense {
    /// `h = σ(z)` in place, unless the product did it.
    fileprivate func activate(_ z: Matrix) {
        activation?.pointee.forward(z.base, z.base, z.rows, z.columns, alpha)
    }
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
            memory.begin(initial?.row(0), units: units)
        }
        if run.input == nil {
            kernels.product(
                product, frames, input.base, input.stride, memory.gates.base, memory.gates.stride, scratch)
        }
        run.count = frames
        kernels.cells(&run)
    }
}
