import Kernels

/// A layer that predictors prepare: they pack its weights once, in the order in which products read them, and in fewer bits
/// if wanted. Its first tensor is W.
package protocol PreparableLayer: Layer {
    var activation: Activation { get }
    /// The place of b among the tensors; nil: there is none.
    var biasTensor: Int? { get }

    /// How W is packed.
    func packing(shape: Shape, inputs: [Shape]) -> WeightPacking

    /// The layer, if it carries a state from step to step.
    var cellLayer: (any CellLayer)? { get }

    /// Computes z with packed weights. The predictor applies σ.
    func forward(_ pass: LayerPass, with weights: PackedWeights, into z: Matrix) throws(ChainruleError)

    /// The same of the last steps of a sequence, for a layer that sees some of the steps before.
    /// - Parameter steps: the input's steps, and before them those that the first one sees.
    func forward(_ pass: LayerPass, over steps: Matrix, with weights: PackedWeights, into z: Matrix)
}

extension PreparableLayer {
    package var preparable: (any PreparableLayer)? { self }
    package var cellLayer: (any CellLayer)? { nil }
    package func forward(
        _ pass: LayerPass, over steps: Matrix, with weights: PackedWeights, into z: Matrix
    ) { preconditionFailure("the layer sees no steps before") }

    /// Whether predictors pack this one of the tensors.
    func packs(tensor index: Int) -> Bool { index == 0 || index == biasTensor || cellLayer != nil }
}

/// A layer with a state, which a cell takes from step to step. Predictors pack all tensors: W of the input, W of the state, b,
/// and vectors of a number for each unit. The rows of each are those of one gate's units after the other.
package protocol CellLayer: PreparableLayer {
    var units: Int { get }
    var gates: Int { get }
    /// Which gates of the state's W are one product.
    var stateProducts: [Range<Int>] { get }
    /// The place of the vectors among the tensors, and how many there are in it.
    var vectors: (tensor: Int, count: Int) { get }
    /// The numbers of the state.
    var stateCount: Int { get }

    func stepKernel(_ arithmetic: Arithmetic) -> RecurrentKernels<Float>.Step

    /// Steps of some rows, as the kernels take them. Views have a column for each packed unit (``PackedCell``).
    /// - Parameters:
    ///   - gates: z of the first step without the state's share.
    ///   - recurrent: room for that.
    ///   - state: before the first step, which becomes the one after the last.
    func cellRun(
        gates: CellRun.Rows, recurrent: Matrix, state: Matrix, cell: Matrix, extra: Matrix, _ weights: PackedWeights,
        _ kernel: UnsafePointer<RecurrentKernels<Float>.Step>
    ) -> CellRun
}

extension CellLayer {
    /// How many units each gate has when it is packed. Few fill a vector, so that a step loads whole vectors that were stored
    /// whole: the processor forwards those at once.
    func packedUnits(vectorWidth: Int) -> Int {
        let whole = (units + vectorWidth - 1) / vectorWidth * vectorWidth
        return units <= 2 * vectorWidth || 8 * (whole - units) <= units ? whole : units
    }
    /// The most there are for any width.
    var mostPackedUnits: Int { (units + 15) & ~15 }
}

/// W as matrices of `units × depth`, one for each group of channels.
package struct WeightPacking {
    enum Use {
        /// `Z = A Wᵀ + b`, where the rows of A are the input's positions.
        case rows
        /// The same, where the rows of A are parts of the input's positions.
        case parts
        /// The same, where the rows of A are windows, which slide over the input in float32 and are gathered otherwise.
        case windows
        /// The layer adds up the elements of `A Wᵀ`, and b.
        case sums
        /// A window for each channel. It is kept in float32, a row for each tap: it multiplies too few numbers to gain by
        /// fewer bits.
        case depthwise
        /// `Z = A Wᵀ + b` begins a layer that carries a state.
        case states
    }

    let use: Use
    var groups = 1
    let units: Int
    let depth: Int
    /// Whether a group's rows of W are `depth × units`.
    var isTransposed = false

    /// Whether a unit of the products is an output channel, so that they can begin with b and end with max(0, z).
    var givesOutputs: Bool { use == .rows || use == .parts || use == .windows || use == .states }
}

/// The parameters and the state of one layer.
package struct LayerNumbers {
    let tensors: ArraySlice<Plan.Tensor>
    let stateTensors: ArraySlice<Plan.Tensor>
    let numbers: Matrix

    func parameter(_ index: Int) -> Matrix { tensors[tensors.startIndex + index].view(in: numbers) }
    func vector(_ index: Int) -> Matrix { tensors[tensors.startIndex + index].vector(in: numbers) }
    func state(_ index: Int) -> Matrix { stateTensors[stateTensors.startIndex + index].vector(in: numbers) }
}

/// `h = factor · h_in + offset`.
package struct ChannelMap {
    let factor: Double
    let offset: Double
}
