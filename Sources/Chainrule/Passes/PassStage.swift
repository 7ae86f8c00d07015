/// What threads do between two meetings, on the way from the input to the cost and back.
///
/// A small layer is shared by rows: its passes over different rows need no meeting. A large one is shared by units: then
/// each thread reads forward the rows of W that it also steps, which stay in its cache; backward it reads some columns
/// of all rows. Shared by rows, every thread would read all of W twice, of which the others have just changed their parts.
enum PassStage: Equatable {
    /// Each thread copies some rows of x, and takes them through some layers forward, through the cost, and through some
    /// layers backward; of a layer that is shared by units, it computes only s.
    case rows(copies: Bool, forward: Range<Int>, cost: Bool, backward: Range<Int>)
    /// Each thread computes some units of a layer, for all rows.
    case forward(Int)
    /// Each thread computes some columns of the input's δ from a layer's s. Where these are the thread's units of the layer
    /// before, and nothing else adds to their δ, it also computes s there.
    case inputDelta(Int, signal: Bool)
    /// Each thread computes the gradients of its share of some layers' tensors.
    case gradients(Range<Int>)

    /// The only stage if all layers are shared by rows.
    static func byRows(layers: Int, copiesRows: Bool) -> PassStage {
        .rows(copies: copiesRows, forward: 0..<layers, cost: true, backward: 0..<layers)
    }

    /// All stages.
    /// - Parameters:
    ///   - sharesUnits: by node, whether threads share it by units.
    ///   - copiesRows: whether a step begins with copies of rows of x.
    ///   - hasGradients: by node, whether to compute its gradients, and those of nodes after it that are missing, right after
    ///     its backward pass.
    static func stages(
        _ plan: Plan, sharesUnits: [Bool], copiesRows: Bool, hasGradients: [Bool]
    ) -> [PassStage] {
        let nodes = plan.architecture.nodes
        var stages: [PassStage] = []
        var copies = copiesRows
        var forward = 0..<0
        for node in nodes.indices {
            guard sharesUnits[node] else {
                forward = forward.lowerBound..<node + 1
                continue
            }
            if !forward.isEmpty || copies {
                stages.append(.rows(copies: copies, forward: forward, cost: false, backward: 0..<0))
            }
            copies = false
            stages.append(.forward(node))
            forward = node + 1..<node + 1
        }
        var cost = true
        var backward = nodes.count..<nodes.count
        func endRows() {
            let layer = backward.lowerBound
            if case .inputDelta(let next, _)? = stages.last, backward.count == 1, sharesUnits[layer],
                nodes[next].inputs == [layer + 1]
            {
                stages[stages.count - 1] = .inputDelta(next, signal: true)
            } else if cost || !backward.isEmpty {
                stages.append(.rows(copies: copies, forward: forward, cost: cost, backward: backward))
            }
            (copies, forward, cost) = (false, 0..<0, false)
            backward = layer..<layer
        }
        var missing = nodes.count
        for node in nodes.indices.reversed() {
            backward = node..<backward.upperBound
            if sharesUnits[node] && plan.needsInputDelta(node) {
                endRows()
                stages.append(.inputDelta(node, signal: false))
            }
            if hasGradients[node] {
                endRows()
                stages.append(.gradients(node..<missing))
                missing = node
            }
        }
        endRows()
        return stages
    }
}

extension Plan {
    /// For each node, whether threads that share a step of so many rows take some of its units each: where fewer floats
    /// then move between their caches than if they took rows.
    /// - Parameter mixesRows: whether some layers take statistics from the batch: those are always shared by units.
    func sharesUnits(rows: Int, threads: Int, mixesRows: Bool = false) -> [Bool] {
        var shares = [Bool](repeating: false, count: architecture.nodes.count)
        guard threads > 1 else { return shares }
        for (index, node) in architecture.nodes.enumerated()
        where node.layer.hasIndependentUnits && !node.layer.mixesRows && node.shape.positions == 1 {
            // By rows, the part of W that others have stepped moves. By units, their part of the inputs' h and of s.
            let inputs = node.inputs[0] == 0 ? 0 : architecture.shape(at: node.inputs[0]).count
            let weights = parameterCount(ofLayer: index)
            shares[index] =
                node.width / threads >= Plan.leastUnits && weights >= Plan.leastParameters
                && weights / rows > (inputs + node.width) / 2
        }
        if mixesRows {
            for (index, node) in architecture.nodes.enumerated() where node.layer.mixesRows { shares[index] = true }
        }
        return shares
    }

    /// With fewer units for each thread, products are slower.
    private static var leastUnits: Int { 32 }
    /// Moving fewer parameters takes no longer than a meeting.
    private static var leastParameters: Int { 16384 }
}
