import KernelDispatch
import Kernels
import Testing

/// Steps of a row in one loop have the bits of product, σ and h one after the other.
@Suite struct FusedCellTests {
    /// One run: an LSTM's or a GRU's steps.
    struct Case {
        let cell: CellRun.Cell
        /// In vectors.
        let blocks: Int
        /// The inputs whose product is taken between the steps; 0: z of the steps is there.
        let words: Int
        let steps: Int
        var isBackwards = false
        /// Whether h of the steps is wanted.
        var givesSequence = true
    }

    private static var cases: [Case] {
        var cases: [Case] = []
        for cell in [CellRun.Cell.gru, .lstm] {
            for blocks in 1...5 {
                for words in [0, 1, 3] { cases.append(Case(cell: cell, blocks: blocks, words: words, steps: 4)) }
            }
            cases.append(Case(cell: cell, blocks: 2, words: 0, steps: 3, isBackwards: true))
            cases.append(Case(cell: cell, blocks: 3, words: 1, steps: 1, givesSequence: false))
        }
        return cases
    }

    /// - Returns: all memory after the run but what ``CellRun`` says is of no use: first the state, c and the outputs.
    private func run(_ level: InstructionSetLevel, _ test: Case, as cell: CellRun.Cell) -> [UInt32] {
        let kernels = level.float32Prediction
        let units = test.blocks * kernels.vectorWidth
        let lanes = (test.cell == .gru ? 3 : 4) * units
        let stride = lanes + 2 * kernels.vectorWidth
        let (results, inputs) = (
            2 * units + test.steps * units, 3 * stride + (units + test.words + test.steps) * stride
        )
        let count = results + inputs + 4 * stride + test.steps * max(test.words, 1)
        let memory = UnsafeMutablePointer<Float>.allocate(capacity: count)
        defer { memory.deallocate() }
        var noise = Noise(UInt64(test.blocks))
        for (index, value) in noise.floats(count).enumerated() { memory[index] = value }
        var used = 0
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { used += count }
            return memory + used
        }
        func rows(_ count: Int) -> CellRun.Rows { CellRun.Rows(take(count), stride: stride) }
        let (state, memoryCell, output) = (rows(units), rows(units), take(test.steps * units))
        func product(_ inputs: Int) -> PackedDense {
            PackedDense(
                inputs: inputs, outputs: lanes, words: inputs, panels: UnsafePointer(take(inputs * stride)),
                lanes: UnsafePointer(take(stride)))
        }
        let products = [product(units), product(test.words)]
        let (gates, x) = (take(test.steps * stride), take(test.steps * max(test.words, 1)))
        let last = test.isBackwards ? test.steps - 1 : 0
        let (recurrent, extra) = (rows(stride), rows(units))
        let step = CellStep(
            rows: 1, units: units, gateDistance: units, gates: CellRun.Rows(gates + last * stride, stride: stride),
            recurrent: recurrent, state: state, cell: memoryCell, extra: extra, previous: state, signals: extra,
            weights: test.cell == .gru ? UnsafePointer(take(units)) : nil, isKept: false)
        let table = level.kernels.recurrent
        let scratch = take(stride)
        precondition(used <= count)
        withUnsafePointer(to: test.cell == .gru ? table.gruForward : table.lstmForward) { kernel in
            products.withUnsafeBufferPointer { products in
                var run = CellRun(
                    step, cell: cell, products: products.baseAddress!, kernel: kernel, hasParts: false,
                    outputUnits: units - 1, scratch: scratch)
                run.count = test.steps
                run.gatesDistance = test.isBackwards ? -stride : stride
                if test.givesSequence {
                    run.output = CellRun.Rows(output + last * units, stride: units)
                    run.outputDistance = test.isBackwards ? -units : units
                }
                if test.words > 0 {
                    run.input = products.baseAddress! + 1
                    (run.x, run.xDistance) = (UnsafePointer(x), test.words)
                }
                kernels.cells(&run)
            }
        }
        return bits(Array(UnsafeBufferPointer(start: memory, count: results)))
    }

    @Test(arguments: supportedLevels) func bitsAreThoseOfTheParts(level: InstructionSetLevel) {
        for test in FusedCellTests.cases {
            let (fused, parts) = (run(level, test, as: test.cell), run(level, test, as: .other))
            #expect(fused == parts, "\(test)")
            #expect(fused.contains { Float(bitPattern: $0).magnitude > 0.01 })
        }
    }
}
