import Kernels

/// Packing a layer's weights.
extension PackedStage {
    /// A number for each output channel; of a cell, for each packed unit of each gate, and then its vectors.
    func bias(in memory: FloatMemory) -> Matrix { memory.matrix(at: place, rows: 1, columns: biasCount) }

    /// The products of panels in these places.
    func products(in memory: FloatMemory, to products: Memory<PackedDense>) {
        for (part, index) in zip(parts, firstProduct...) {
            let (base, lanes) = (memory.base + part.place, part.lanes)
            let after = base + part.words * lanes
            var product = PackedDense(
                inputs: part.depth, outputs: part.units, words: part.words, panels: base, lanes: after)
            if precision == .int8 {
                // The first lanes are zero: the sums start from them.
                product.bias = UnsafePointer(after + lanes)
                product.scales = UnsafePointer(after + 2 * lanes)
                product.weightSums = UnsafeRawPointer(after + 3 * lanes).assumingMemoryBound(to: Int32.self)
            }
            products.base[index] = product
        }
    }

    /// Writes b and the panels to the places that ``layOut(from:product:_:)`` found.
    func pack(
        _ network: Network, into memory: FloatMemory, _ kernels: PredictionKernels, _ arithmetic: Arithmetic
    ) throws(ChainruleError) {
        let (numbers, bias) = (network.numbers(ofNode: node), bias(in: memory))
        if let cell = layer.cellLayer {
            return try pack(cell, numbers, bias, into: memory, kernels, arithmetic)
        }
        if let place = layer.biasTensor { bias.assign(numbers.vector(place)) }
        var weights = numbers.parameter(0)
        let copy = try changedWeights(weights, arithmetic)
        defer { withExtendedLifetime(copy) {} }
        if let copy { weights = copy.matrix(at: 0, rows: copy.count / packing.depth, columns: packing.depth) }
        if let normalization { fold(network, normalization, into: weights, bias) }
        for index in parts.indices { try write(index, weights, bias, to: memory, kernels, arithmetic) }
    }

    private func write(
        _ index: Int, _ tensor: Matrix, _ bias: Matrix, to memory: FloatMemory, _ kernels: PredictionKernels,
        _ arithmetic: Arithmetic
    ) throws(ChainruleError) {
        let part = parts[index]
        precondition(tensor.columns == part.depth)
        try Panels(
            weights: tensor.rows(from: part.firstRow, count: part.units),
            bias: part.hasBias ? bias.columns(from: part.firstRow, count: part.units) : nil,
            words: part.words, lanes: part.lanes, vectorWidth: panelWidth(kernels)
        ).write(to: memory.base + part.place, precision, arithmetic)
    }

    /// The same of a cell, whose gates have more units when they are packed: of weights 0.
    private func pack(
        _ cell: any CellLayer, _ numbers: LayerNumbers, _ bias: Matrix, into memory: FloatMemory,
        _ kernels: PredictionKernels, _ arithmetic: Arithmetic
    ) throws(ChainruleError) {
        let packed = bias.columns / (cell.gates + cell.vectors.count)
        /// Copies a tensor's rows to where they are packed.
        func spread(_ tensor: Matrix, to copy: Matrix) {
            for gate in 0..<tensor.rows / cell.units {
                copy.rows(from: gate * packed, count: cell.units)
                    .assign(tensor.rows(from: gate * cell.units, count: cell.units))
            }
        }
        func column(_ tensor: Int) -> Matrix {
            let vector = numbers.vector(tensor)
            return Matrix(base: vector.base, rows: vector.count, columns: 1)
        }
        let biases = Matrix(base: bias.base, rows: bias.columns, columns: 1)
        if let place = layer.biasTensor { spread(column(place), to: biases) }
        if cell.vectors.count > 0 {
            let first = cell.gates * packed
            spread(column(cell.vectors.tensor), to: biases.rows(from: first, count: biases.rows - first))
        }
        for tensor in 0..<2 {
            let weights = numbers.parameter(tensor)
            let count = try Plan.checkedProduct(cell.gates * packed, weights.columns)
            let copy = try FloatMemory(count: count, for: "weights in another order")
            let rows = copy.matrix(at: 0, rows: cell.gates * packed, columns: weights.columns)
            spread(weights, to: rows)
            for index in parts.indices where parts[index].tensor == tensor {
                try write(index, rows, bias, to: memory, kernels, arithmetic)
            }
        }
    }

    /// A copy of the weights with a row for each unit; nil if they have that and will not change.
    private func changedWeights(_ weights: Matrix, _ arithmetic: Arithmetic) throws(ChainruleError) -> FloatMemory? {
        guard packing.isTransposed else {
            return normalization == nil ? nil : try FloatMemory(copying: weights)
        }
        let copy = try FloatMemory(count: weights.count, for: "weights in another order")
        for group in 0..<packing.groups {
            arithmetic.transpose(
                weights.rows(from: group * packing.depth, count: packing.depth),
                into: copy.matrix(
                    at: group * packing.units * packing.depth, rows: packing.units, columns: packing.depth))
        }
        return copy
    }

    /// Multiplies a normalisation into weights and bias.
    private func fold(_ network: Network, _ normalization: Int, into weights: Matrix, _ bias: Matrix) {
        let layer = network.architecture.nodes[normalization].layer
        let numbers = network.numbers(ofNode: normalization)
        let channelsOfGroup = channels / packing.groups
        for channel in 0..<channels {
            let map = layer.channelMap(channel, numbers)
            bias[0, channel] = Float(map.factor * Double(bias[0, channel]) + map.offset)
            let (group, first) = channel.quotientAndRemainder(dividingBy: channelsOfGroup)
            for unit in stride(from: first, to: packing.units, by: channelsOfGroup) {
                let row = weights.row(group * packing.units + unit)
                for place in 0..<row.columns { row[0, place] *= Float(map.factor) }
            }
        }
    }
}

/// The weights of one product, on their way into panels.
private struct Panels {
    /// `units × depth`.
    let weights: Matrix
    /// nil: zeros.
    let bias: Matrix?
    let words: Int
    let lanes: Int
    let vectorWidth: Int

    /// Writes the panels to `base`, and the lanes' values behind them.
    func write(
        to base: UnsafeMutablePointer<Float>, _ precision: Precision, _ arithmetic: Arithmetic
    ) throws(ChainruleError) {
        let after = base + words * lanes
        switch precision {
        case .float32:
            try PanelPacking.forEachPanel(outputs: weights.rows, vectorWidth: vectorWidth) {
                units, width throws(ChainruleError) in
                try Cancellation.look(before: weights.rows, times: weights.columns)
                arithmetic.transpose(
                    weights.rows(from: units.lowerBound, count: units.count),
                    into: Matrix(
                        base: base + units.lowerBound * words, rows: words, columns: units.count, stride: width))
            }
            write(bias, to: after)
        case .bfloat16:
            try forEachWord { place, unit, word in
                let first = BFloat16.nearest(weights[unit, 2 * word])
                let second = 2 * word + 1 < weights.columns ? BFloat16.nearest(weights[unit, 2 * word + 1]) : 0
                base[place] = Float(bitPattern: UInt32(second) << 16 | UInt32(first))
            }
            write(bias, to: after)
        case .int8:
            // The first lanes stay zero: the sums start from them. Then come bias, scales and sums of weights.
            let (bias, scales, sums) = (after + lanes, after + 2 * lanes, after + 3 * lanes)
            write(self.bias, to: bias)
            for unit in 0..<weights.rows {
                scales[unit] = Int8Weights.step(largest: arithmetic.largestMagnitude(weights.row(unit)))
            }
            try forEachWord { place, unit, word in
                let inverse = scales[unit] > 0 ? 1 / scales[unit] : 0
                var bits: UInt32 = 0
                var sum: Int32 = 0
                for byte in 0..<min(4, weights.columns - 4 * word) {
                    let number = Int8Weights.number(weights[unit, 4 * word + byte], inverse: inverse)
                    bits |= UInt32(UInt8(bitPattern: number)) << UInt32(8 * byte)
                    sum += Int32(number)
                }
                base[place] = Float(bitPattern: bits)
                let before = Int32(bitPattern: sums[unit].bitPattern)
                sums[unit] = Float(bitPattern: UInt32(bitPattern: before + sum))
            }
        }
    }

    /// Can be cancelled.
    private func forEachWord(
        _ body: (_ place: Int, _ unit: Int, _ word: Int) -> Void
    ) throws(ChainruleError) {
        try PanelPacking.forEachWord(outputs: weights.rows, words: words, vectorWidth: vectorWidth) {
            place, unit, word throws(ChainruleError) in
            if word == 0 { try Cancellation.look(before: weights.rows, times: weights.columns) }
            body(place, unit, word)
        }
    }

    private func write(_ bias: Matrix?, to lanes: UnsafeMutablePointer<Float>) {
        if let bias { lanes.update(from: bias.base, count: bias.count) }
    }
}
