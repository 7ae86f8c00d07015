import Kernels

// The packed weights of a predictor in int8, as tables.
extension CWriter {
    /// Weights, scales and biases of the node in work, as arguments, and the σ that follows; nil if they are not packed.
    func packed() throws(ChainruleError) -> (tables: String, activation: Activation)? {
        guard let predictor, case .packed(let layer) = predictor.packed.steps[index] else { return nil }
        return try withExtendedLifetime(predictor) { () throws(ChainruleError) in
            let products = predictor.packed.products.base + layer.firstProduct
            let units = products[0].outputs
            let tables = try unpacked(products, layer.productCount, units: units, of: units, "weight", "scale")
            let bias = try table(layer.bias, "bias")
            return (CWriter.text("\(tables), \(bias)"), activation(after: layer, products[0].rectifies))
        }
    }

    /// Weights and scales of a recurrent layer's inputs and of its state; nil if they are not packed.
    func packedCell(units: Int, gates: Int) throws(ChainruleError) -> (inputs: String, state: String)? {
        guard let predictor, case .packed(let layer) = predictor.packed.steps[index] else { return nil }
        return try withExtendedLifetime(predictor) { () throws(ChainruleError) in
            let products = predictor.packed.products.base + layer.firstProduct
            let packedUnits = products[0].outputs / gates
            return (
                try unpacked(products, 1, units: units, of: packedUnits, "weight", "scale"),
                try unpacked(
                    products + 1, layer.productCount - 1, units: units, of: packedUnits, "state_weight", "state_scale")
            )
        }
    }

    /// Tables of some products, one after the other.
    /// - Parameter packedUnits: each `units` rows have so many places.
    private func unpacked(
        _ products: UnsafeMutablePointer<PackedDense>, _ count: Int, units: Int, of packedUnits: Int,
        _ weightName: StaticString, _ scaleName: StaticString
    ) throws(ChainruleError) -> String {
        let inputs = products[0].inputs
        var channels = 0
        for product in 0..<count { channels += products[product].outputs / packedUnits * units }
        let weights = try Memory<Int8>(count: Plan.checkedProduct(channels, inputs), for: "C source")
        let scales = try FloatMemory(count: channels, for: "C source")
        var first = 0
        for index in 0..<count {
            let product = products[index]
            let bytes = UnsafeRawPointer(product.panels).assumingMemoryBound(to: Int8.self)
            PanelPacking.forEachWord(
                outputs: product.outputs, words: product.words, vectorWidth: predictor!.kernels.vectorWidth
            ) { place, unit, word in
                let (gate, number) = unit.quotientAndRemainder(dividingBy: packedUnits)
                if number >= units { return }
                let row = first + gate * units + number
                scales.base[row] = product.scales[unit]
                for byte in 0..<min(4, inputs - 4 * word) {
                    weights.base[row * inputs + 4 * word + byte] = bytes[4 * place + byte]
                }
            }
            first += product.outputs / packedUnits * units
        }
        try numbers.array(
            "\nstatic const int8_t \(weightName)_\(index)[\(weights.count)]", count: weights.count, bytesEach: 7
        ) { weights.base[$0].description }
        return CWriter.text("\(weightName)_\(index), \(try table(scales.vector, scaleName))")
    }

    /// The same of a depthwise convolution, which stays in float32.
    func packedTaps() throws(ChainruleError) -> (tables: (weight: String, bias: String), activation: Activation)? {
        guard let predictor, case .packed(let layer) = predictor.packed.steps[index] else { return nil }
        return try withExtendedLifetime(predictor) { () throws(ChainruleError) in
            let product = predictor.packed.products.base[layer.firstProduct]
            let weights = try FloatMemory(count: product.outputs * product.inputs, for: "C source")
            for channel in 0..<product.outputs {
                for tap in 0..<product.inputs {
                    weights.base[channel * product.inputs + tap] = product.panels[tap * product.outputs + channel]
                }
            }
            let weight = try table(weights.vector, "weight")
            return ((weight, try table(layer.bias, "bias")), activation(after: layer, product.rectifies))
        }
    }

    private func activation(after layer: PackedLayer, _ rectifies: Bool) -> Activation {
        if rectifies { return .relu }
        return layer.activation.flatMap { architecture.nodes[$0].layer.outputActivation } ?? .identity
    }
}
