/// The rows of a tensor in which a step's gradient may not be 0 (``Layer/hasFewGradientRows``). A step of a method that rests
/// where the gradient is 0 looks at no others.
package final class GradientRows: FallibleClass {
    let tensor: Plan.TensorPlace
    private let layer: Int
    /// The rows without repetition, and how many there are.
    private let rows: Memory<Int32>
    private var count = 0
    /// By row, whether it is among them.
    private let isListed: Memory<Bool>
    /// Whether all rows are listed: not if a step ended early.
    var isComplete = true

    fileprivate init(layer: Int, tensor: Plan.TensorPlace, rows: Memory<Int32>, isListed: Memory<Bool>) {
        self.layer = layer
        self.tensor = tensor
        self.rows = rows
        self.isListed = isListed
    }

    var list: UnsafeBufferPointer<Int32> { UnsafeBufferPointer(start: rows.base, count: count) }

    /// Sets the rows of a gradient to 0, before the next step.
    func clear(in vector: Matrix) {
        let gradient = tensor.view(in: vector)
        if isComplete {
            for row in list { gradient.row(Int(row)).clear() }
        } else {
            gradient.clear()
        }
        for row in list { isListed.base[Int(row)] = false }
        count = 0
        isComplete = false
    }

    /// Lists the rows of a piece of the batch after its passes.
    package func add(_ input: Matrix, rows: Int, in workspace: Workspace, _ network: Network) {
        let pass = GradientPass(memory: workspace.layers[layer], networkInput: input, rows: 0..<rows)
        network.architecture.nodes[layer].layer.forEachGradientRow(pass) { row in
            if isListed.base[row] { return }
            isListed.base[row] = true
            self.rows.base[count] = Int32(row)
            count += 1
        }
    }
}

extension FallibleClass where Self == GradientRows {
    package init(ofLayer layer: Int, _ tensor: Plan.TensorPlace) throws(ChainruleError) {
        self = GradientRows(
            layer: layer, tensor: tensor,
            rows: try Memory<Int32>(count: tensor.rows, for: "the rows of a gradient"),
            isListed: try Memory<Bool>(count: tensor.rows, for: "the rows of a gradient"))
    }
}
