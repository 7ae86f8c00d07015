/// What follows from an architecture: where every parameter lies, which layer reads which, and how much memory a pass
/// needs.
///
/// Sizes are computed here, and checked for overflow. Those of scratch memory come from the layers and the kernels, which
/// give `Int.max` for too much.
package final class Plan: FallibleClass, Sendable {
    package let architecture: Architecture
    /// The parameter tensors in the order of the flat parameter vector.
    package let tensors: [Tensor]
    package let parameterCount: Int
    /// The state of all layers: tensors behind the parameters, in the same memory.
    package let state: [Tensor]
    let stateRanges: [Range<Int>]
    /// The parameters and the state.
    package let numberCount: Int
    /// Whether rows of a batch depend on one another in training.
    let mixesRows: Bool
    /// The multiplications of a forward pass of one row, by each parameter at each position and others. At most `Int.max`.
    let multiplications: Int
    /// By node.
    private let nodeMultiplications: [Int]
    /// The elements of the largest layer with several positions; 0 if none has.
    private let widestShape: Int
    /// By node, whether δ leads to the gradient of a parameter: one of the node's or of a node before it.
    let needsDelta: [Bool]
    /// Whether predictions take subnormal numbers for 0: a state that decays would reach them, and many processors take a
    /// hundred times as long for those.
    let flushesSubnormals: Bool
    /// Whether a tensor's gradient is the sum of several terms.
    let hasGradientsOfTerms: Bool
    /// The tensors of each node.
    let tensorRanges: [Range<Int>]
    /// For each node and input, whether to add its share of δ to what later layers have put there. Backward goes from
    /// the last node to the first, so the last reader of a layer writes first.
    let accumulatesDelta: [[Bool]]

    /// A parameter tensor and its place in the flat vector.
    package struct Tensor: Sendable {
        /// Its place among the plan's tensors.
        let index: Int
        /// Such as "layer.weight" or "layer.bias".
        package let name: String
        package let offset: Int
        package let rows: Int
        package let columns: Int
        let fanIn: Int
        let fanOut: Int
        /// From ``TensorShape``.
        package let extents: [Int]
        package let role: ParameterRole
        let initializer: Initializer
        let gradientTerms: Int
        package var count: Int { rows * columns }

        /// The tensor in a vector of the shape of the parameters.
        func view(in vector: Matrix) -> Matrix { place.view(in: vector) }

        /// The tensor as one row.
        func vector(in vector: Matrix) -> Matrix { Matrix(base: vector.base + offset, rows: 1, columns: count) }

        package var place: TensorPlace {
            TensorPlace(index: index, offset: offset, rows: rows, columns: columns, gradientTerms: gradientTerms)
        }
    }

    /// What the passes need to know of a ``Tensor``. Copying it counts no references.
    package struct TensorPlace: BitwiseCopyable, Sendable {
        let index: Int
        let offset: Int
        let rows: Int
        let columns: Int
        let gradientTerms: Int

        /// The tensor in a vector of the shape of the parameters.
        func view(in vector: Matrix) -> Matrix {
            Matrix(base: vector.base + offset, rows: rows, columns: columns)
        }
    }

    fileprivate init(
        architecture: Architecture, tensors: [Tensor], tensorRanges: [Range<Int>], parameterCount: Int,
        state: [Tensor], stateRanges: [Range<Int>], numberCount: Int,
        accumulatesDelta: [[Bool]]
    ) {
        self.architecture = architecture
        self.tensors = tensors
        hasGradientsOfTerms = tensors.contains { $0.gradientTerms > 1 }
        self.tensorRanges = tensorRanges
        self.parameterCount = parameterCount
        self.state = state
        self.stateRanges = stateRanges
        self.numberCount = numberCount
        mixesRows = architecture.nodes.contains { $0.layer.mixesRows }
        flushesSubnormals = architecture.nodes.contains { $0.layer.preparable?.cellLayer != nil }
        self.accumulatesDelta = accumulatesDelta
        var needsDelta: [Bool] = []
        for (node, range) in zip(architecture.nodes, tensorRanges) {
            needsDelta.append(!range.isEmpty || node.inputs.contains { $0 > 0 && needsDelta[$0 - 1] })
        }
        self.needsDelta = needsDelta
        var (multiplications, widest) = (0, 0)
        var nodeMultiplications: [Int] = []
        for (node, range) in zip(architecture.nodes, tensorRanges) {
            let own = Plan.multiplications(of: node, tensors[range], in: architecture)
            nodeMultiplications.append(own)
            let (sum, overflow) = multiplications.addingReportingOverflow(own)
            multiplications = overflow ? .max : sum
            let kept = node.layer.keptPerRow(shape: node.shape, inputs: architecture.inputShapes(of: node))
            if node.shape.positions > 1 || kept > node.width { widest = max(widest, node.width, kept) }
        }
        self.multiplications = multiplications
        self.nodeMultiplications = nodeMultiplications
        widestShape = widest
    }

    fileprivate static func deltaOrder(_ architecture: Architecture) throws(ChainruleError) -> [[Bool]] {
        let nodes = architecture.nodes
        var isWritten = [Bool](repeating: false, count: nodes.count + 1)
        isWritten[nodes.count] = true
        var accumulates = [[Bool]](repeating: [], count: nodes.count)
        for index in nodes.indices.reversed() {
            guard isWritten[index + 1] else {
                throw ChainruleError(
                    .name, "no later layer reads layer '\(nodes[index].name.text)', and it is not the output")
            }
            for position in nodes[index].inputs {
                accumulates[index].append(isWritten[position])
                isWritten[position] = true
            }
        }
        return accumulates
    }

    /// How many rows to take at a time, at most `most`: fewer if layers with several positions are so wide that their
    /// results would take much memory.
    func rowsAtATime(_ most: Int) -> Int {
        widestShape == 0 ? most : max(min(most, Cost.groupRows), min(most, Plan.mostElements / widestShape))
    }

    /// The same in whole groups of rows of a cost, like `most`.
    func groupedRowsAtATime(_ most: Int) -> Int { rowsAtATime(most) / Cost.groupRows * Cost.groupRows }

    /// Of a layer with several positions, for all rows that are taken at a time.
    private static var mostElements: Int { 1 << 22 }

    /// ``Cancellation/rowsUntilLook(_:times:least:)`` for a layer's pass.
    func rowsUntilLook(ofLayer layer: Int, _ rows: Int) -> Int {
        let node = architecture.nodes[layer]
        if node.layer.looksItself { return rows }
        return Cancellation.rowsUntilLook(
            rows, times: nodeMultiplications[layer], least: max(1, 4 * Cost.groupRows / node.shape.positions))
    }

    /// A node's part of ``multiplications``.
    private static func multiplications(
        of node: Architecture.Node, _ tensors: ArraySlice<Tensor>, in architecture: Architecture
    ) -> Int {
        let count = tensors.reduce(0) { $0 + $1.count }
        let inputs = architecture.inputShapes(of: node)
        let (work, overflow) = count.multipliedReportingOverflow(by: node.layer.uses(shape: node.shape, inputs: inputs))
        let (sum, isTooLarge) = work.addingReportingOverflow(
            node.layer.multiplications(shape: node.shape, inputs: inputs))
        return overflow || isTooLarge ? .max : sum
    }

    /// Runs a prediction with the arithmetic that all predictions with the network have.
    func withPredictionArithmetic(_ body: () throws(ChainruleError) -> Void) throws(ChainruleError) {
        if flushesSubnormals { try Cancellation.flushingSubnormals(body) } else { try body() }
    }

    /// Whether a node has to compute δ of an input.
    func needsInputDelta(_ node: Int) -> Bool {
        architecture.nodes[node].inputs.contains { $0 > 0 && needsDelta[$0 - 1] }
    }

    func parameterCount(ofLayer layer: Int) -> Int {
        tensorRanges[layer].reduce(0) { $0 + tensors[$1].count }
    }

    /// The place of a layer's first parameter in the vector, if it has any.
    func parameterCount(beforeLayer layer: Int) -> Int {
        guard layer < tensorRanges.count, tensorRanges[layer].lowerBound < tensors.count else { return parameterCount }
        return tensors[tensorRanges[layer].lowerBound].offset
    }

    package func indexOfTensor(named name: String) throws(ChainruleError) -> Int {
        for index in tensors.indices where tensors[index].name.utf8.elementsEqual(name.utf8) { return index }
        throw ChainruleError(.name, "the network has no tensor '\(name)'")
    }

    package static func checkedProduct(_ a: Int, _ b: Int) throws(ChainruleError) -> Int {
        let (product, overflow) = a.multipliedReportingOverflow(by: b)
        if overflow { throw ChainruleError(.memory, "a size of \(a) times \(b) overflows") }
        return product
    }

    static func checkedSum(_ terms: [Int]) throws(ChainruleError) -> Int {
        var total = 0
        for term in terms {
            let (sum, overflow) = total.addingReportingOverflow(term)
            if overflow { throw ChainruleError(.memory, "a size of \(total) plus \(term) overflows") }
            total = sum
        }
        return total
    }
}

extension Plan.Tensor {
    /// A row of numbers in a file.
    init(row name: String, count: Int, index: Int, offset: Int) {
        self.init(
            index: index, name: name, offset: offset, rows: 1, columns: count, fanIn: 1, fanOut: 1,
            extents: [1, count], role: .weight, initializer: .zeros, gradientTerms: 1)
    }
}

extension FallibleClass where Self == Plan {
    package init(_ architecture: Architecture) throws(ChainruleError) {
        try architecture.setAside()
        guard !architecture.nodes.isEmpty else {
            throw ChainruleError(.size, "the network has no layers")
        }
        var (tensors, state) = ([Plan.Tensor](), [Plan.Tensor]())
        var (ranges, stateRanges) = ([Range<Int>](), [Range<Int>]())
        var offset = 0
        func append(_ shapes: [TensorShape], of node: Architecture.Node, to tensors: inout [Plan.Tensor])
            throws(ChainruleError) -> Range<Int>
        {
            let first = tensors.count
            for shape in shapes {
                let rows = shape.extents[0]
                var columns = 1
                for extent in shape.extents.dropFirst() { columns = try Plan.checkedProduct(columns, extent) }
                let count = try Plan.checkedProduct(rows, columns)
                tensors.append(
                    Plan.Tensor(
                        index: tensors.count, name: "\(node.name.text).\(shape.name)", offset: offset, rows: rows,
                        columns: columns, fanIn: shape.fanIn, fanOut: shape.fanOut, extents: shape.extents,
                        role: shape.role, initializer: shape.initializer, gradientTerms: shape.gradientTerms))
                offset = try Plan.checkedSum([offset, count])
            }
            return first..<tensors.count
        }
        for node in architecture.nodes {
            let shapes = node.layer.tensors(shape: node.shape, inputs: architecture.inputShapes(of: node))
            ranges.append(try append(shapes, of: node, to: &tensors))
        }
        let parameterCount = offset
        for node in architecture.nodes {
            stateRanges.append(try append(node.layer.state(shape: node.shape), of: node, to: &state))
        }
        _ = try Plan.checkedProduct(offset, MemoryLayout<Float>.stride)
        self = Plan(
            architecture: architecture, tensors: tensors, tensorRanges: ranges, parameterCount: parameterCount,
            state: state, stateRanges: stateRanges, numberCount: offset,
            accumulatesDelta: try Plan.deltaOrder(architecture))
    }
}
