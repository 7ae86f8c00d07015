import CPlatform
import Kernels

/// A sequence that goes through a predictor frame by frame, as it comes: sound, or what a sensor measures.
///
/// ```swift
/// let stream = try Stream(predictor)
/// let y = try stream.push(x)  // some frames; the next ones follow them
/// ```
///
/// A frame is a step of the sequence `[steps, channels]` that the network reads. The outputs are those of the whole sequence
/// at once, bit for bit, however it is cut into blocks; the network's own number of steps does not matter. Where the network
/// gives what the last step leaves, as a recurrent layer's last state, the stream gives it after each frame.
///
/// The network's layers must be causal: no output may depend on later steps. Dense layers, embeddings, activations, normalization of
/// channels, batch normalization, sums, products, concatenations along the channels, recurrent layers that go forwards, and
/// causal convolutions of stride 1 are.
///
/// ``push(_:frames:into:)`` allocates nothing, takes no lock and makes no system call; its time depends on the number of
/// frames alone. It takes subnormal numbers for 0 if the network has recurrent layers, as their predictions do, and leaves the
/// caller's arithmetic as it was.
///
/// Threads: one at a time. Any number of streams may share a predictor, each on a thread of its own.
public final class Stream: FallibleClass {
    /// The numbers of a frame of x.
    public let inputs: Int
    /// The numbers of a frame of y.
    public let outputs: Int
    /// How many frames came since the beginning.
    public private(set) var frames: UInt64 = 0

    let stages: StreamStages
    /// Says which networks have the same states.
    let architectureNumber: UInt64
    private let predictor: Predictor
    private let workspace: Workspace
    /// Where a block of x goes, and where its y is.
    private let input: Matrix
    private let output: Matrix
    private let flushesSubnormals: Bool
    /// Whether no layer's pass has errors.
    private let cannotFail: Bool
    /// Whether the last block failed in the middle.
    private var isBroken = false

    /// How many frames go through the layers together.
    static var blockFrames: Int { 64 }

    fileprivate init(
        predictor: Predictor, stages: StreamStages, workspace: Workspace, input: Matrix, architectureNumber: UInt64
    ) {
        self.predictor = predictor
        self.stages = stages
        self.workspace = workspace
        self.input = input
        self.architectureNumber = architectureNumber
        output = workspace.layers[workspace.layers.count - 1].activation
        inputs = input.columns
        outputs = output.columns
        flushesSubnormals = predictor.plan.flushesSubnormals
        cannotFail = !predictor.plan.architecture.nodes.contains {
            $0.layer.callsCustomFunctions || $0.layer.checksInputs
        }
    }

    /// Takes the next frames, and writes their outputs.
    ///
    /// An error leaves the stream as it was, unless a layer fails in the middle: a custom activation, or an embedding with a
    /// token that it lacks. If some layers have then moved on, the stream must be reset.
    /// - Parameters:
    ///   - x: `frames × inputs`.
    ///   - frames: at least 1.
    ///   - y: `frames × outputs`.
    public func push(_ x: Span<Float>, frames: Int, into y: inout MutableSpan<Float>) throws(ChainruleError) {
        try Matrix.withViews(of: x, columns: inputs, into: &y, columns: outputs, rows: frames, push)
    }

    /// The outputs of the next `x.count / inputs` frames.
    public func push(_ x: [Float]) throws(ChainruleError) -> [Float] {
        try Matrix.withRows(of: x, columns: inputs, resultColumns: outputs, push)
    }

    /// - Parameter y: may be x itself if a frame of it has no more numbers.
    package func push(_ x: Matrix, into y: Matrix) throws(ChainruleError) {
        guard x.rows >= 1 else { throw ChainruleError(.size, "frames is 0; at least 1 is needed") }
        precondition(x.columns == inputs && y.columns == outputs && y.rows == x.rows)
        try checkIsWhole()
        // Not Plan.withPredictionArithmetic(): it uses a variable of the thread, which the thread's first use may allocate.
        let mode = flushesSubnormals ? platform_flush_subnormals() : 0
        defer { if flushesSubnormals { platform_set_arithmetic(mode) } }
        let before = frames
        var (first, hasMoved) = (0, false)
        while first < x.rows {
            let count = min(Stream.blockFrames, x.rows - first)
            input.rows(from: 0, count: count).assign(x.rows(from: first, count: count))
            workspace.firstRow = first
            do throws(ChainruleError) {
                for stage in stages.all.elements {
                    try run(stage, count)
                    hasMoved = hasMoved || stage.stateCount > 0
                }
            } catch {
                if hasMoved { isBroken = true } else { frames = before }
                throw error
            }
            y.rows(from: first, count: count).assign(output.rows(from: 0, count: count))
            frames &+= UInt64(count)
            first += count
        }
    }

    /// Takes the next frames, if nothing can go wrong: for threads that must not wait.
    /// - Returns: false, with nothing done, if an argument is wrong, or if a layer could fail.
    package func pushSafely(_ x: UnsafePointer<Float>, frames: UInt, _ y: UnsafeMutablePointer<Float>) -> Bool {
        let most: UInt = 1 << 24
        guard frames &- 1 < most, cannotFail, isBroken == false else { return false }
        let (first, second) = (UInt(bitPattern: x), UInt(bitPattern: y))
        let isInPlace = first == second && outputs <= inputs
        let bytes = frames &* UInt(MemoryLayout<Float>.stride)
        let distance = first <= second ? second - first : first - second
        let room = bytes.multipliedReportingOverflow(by: UInt(first <= second ? inputs : outputs))
        guard isInPlace || !room.overflow && distance >= room.partialValue else { return false }
        let input = Matrix(reading: x, rows: Int(frames), columns: inputs, stride: inputs)
        do throws(ChainruleError) {
            try push(input, into: Matrix(base: y, rows: Int(frames), columns: outputs))
        } catch {
            return false
        }
        return true
    }

    @inline(__always)
    private func run(_ stage: StreamStage, _ count: Int) throws(ChainruleError) {
        let scratch = stages.scratch.base
        switch stage {
        case .node(let index): try predictor.predictNode(index, rows: count, in: workspace, scratch: scratch)
        case .product(let product): product.pointee.run(count, predictor.kernels, scratch)
        case .window(let window):
            let steps = window.pointee.window.take(window.pointee.input.rows(from: 0, count: count), after: frames)
            if let product = window.pointee.product, steps.rows == count + window.pointee.window.before {
                return product.run(steps, count, predictor.arithmetic)
            }
            try predictor.predictNode(
                window.pointee.node, rows: count, over: steps, in: workspace, scratch: scratch)
        case .activation(let activation): activation.pointee.run(count)
        case .combination(let combination): combination.pointee.run(count, predictor.arithmetic)
        case .cell(let cell): cell.pointee.run(count, isFirst: frames == 0, predictor.kernels, scratch)
        }
    }

    func checkIsWhole() throws(ChainruleError) {
        guard !isBroken else {
            throw ChainruleError(.noForward, "the stream failed in the middle of a block: reset it, or restore a state")
        }
    }

    /// Goes back to before the first frame.
    public func reset() {
        frames = 0
        isBroken = false
    }

    /// Goes to after so many frames, whose state ``stages`` hold.
    func resume(after frames: UInt64) {
        self.frames = frames
        isBroken = false
    }

    /// Another stream of the same predictor, which goes on from where this one is.
    public func copy() throws(ChainruleError) -> Stream {
        let copy = try Stream(predictor)
        try copy.restore(state)
        return copy
    }
}

extension FallibleClass where Self == Stream {
    /// Throws if the network is not causal, with the name of a layer that depends on later steps.
    public init(_ predictor: Predictor) throws(ChainruleError) {
        let plan = try Plan(predictor.plan.architecture.ofOneStep())
        precondition(plan.numberCount == predictor.plan.numberCount, "parameters depend on the number of steps")
        let workspace = try Workspace(plan: plan, maxRows: Stream.blockFrames, purpose: .inference)
        let builder = StreamBuilder(predictor, plan, workspace)
        self = Stream(
            predictor: predictor, stages: try builder.build(), workspace: workspace, input: builder.input,
            architectureNumber: plan.architecture.number)
    }
}
