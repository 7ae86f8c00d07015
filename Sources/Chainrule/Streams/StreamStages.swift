import Kernels

/// The stages of a stream, in order, and their memory.
final class StreamStages: FallibleClass {
    let all: Memory<StreamStage>
    let floats: FloatMemory
    /// For the products.
    let scratch: FloatMemory
    private let products: Memory<StreamProduct>
    private let windows: Memory<StreamWindow>
    private let cells: Memory<StreamCell>
    private let activations: Memory<StreamActivation>
    private let combinations: Memory<StreamCombination>
    private let activationKernels: UnsafeMutablePointer<ActivationKernel<Float>>
    private var activationKernelCount = 0
    private let kernels: UnsafeMutablePointer<RecurrentKernels<Float>.Step>
    private var kernelCount = 0

    fileprivate init(
        all: Memory<StreamStage>, floats: FloatMemory, scratch: FloatMemory, products: Memory<StreamProduct>,
        windows: Memory<StreamWindow>, cells: Memory<StreamCell>, activations: Memory<StreamActivation>,
        combinations: Memory<StreamCombination>
    ) {
        self.all = all
        self.floats = floats
        self.scratch = scratch
        self.products = products
        self.windows = windows
        self.cells = cells
        self.activations = activations
        self.combinations = combinations
        activationKernels = .allocate(capacity: all.count)
        kernels = .allocate(capacity: all.count)
    }

    deinit {
        kernels.deinitialize(count: kernelCount)
        kernels.deallocate()
        activationKernels.deinitialize(count: activationKernelCount)
        activationKernels.deallocate()
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

    func set(_ index: Int, _ activation: StreamActivation) {
        activations.base[index] = activation
        all.base[index] = .activation(activations.base + index)
    }

    func set(_ index: Int, _ combination: StreamCombination) {
        combinations.base[index] = combination
        all.base[index] = .combination(combinations.base + index)
    }

    /// Keeps a kernel where a stage can point to it: at most one for each.
    func keep(_ kernel: ActivationKernel<Float>) -> UnsafePointer<ActivationKernel<Float>> {
        let place = activationKernels + activationKernelCount
        place.initialize(to: kernel)
        activationKernelCount += 1
        return UnsafePointer(place)
    }

    /// The same of a cell's kernel.
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
            cells: try Memory(count: count, for: "a stream"), activations: try Memory(count: count, for: "a stream"),
            combinations: try Memory(count: count, for: "a stream"))
    }
}
