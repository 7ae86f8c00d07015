import Kernels

// The packed weights of a predictor in int8, as tables.
extension CWriter {
    /// Weights, scales and biases of the node in work, as arguments, and the σ that follows; nil if they are not packed.
    func packed() throws(ChainruleError) -> (tables: String, activation: Activation)? {
        guard let predictor, case .packed(let layer) = predictor.packed.steps[index] else { return nil }
        return try withExtendedLifetime(predictor) { () throws(ChainruleError) in
            let products = predictor.packed.products.base + layer.firstProduct
            let (units, inputs) = (products[0].outputs, products[0].inputs)
            let channels = layer.productCount * units
            let weights = try Memory<Int8>(count: Plan.checkedProduct(channels, inputs), for: "C source")
            let others = try FloatMemory(count: 2 * channels, for: "C source")
            for group in 0..<layer.productCount {
                let product = products[group]
                let bytes = UnsafeRawPointer(product.panels).assumingMemoryBound(to: Int8.self)
                PanelPacking.forEachWord(
                    outputs: units, words: product.words, vectorWidth: predictor.kernels.vectorWidth
                ) { place, unit, word in
                    for byte in 0..<min(4, inputs - 4 * word) {
                        weights.base[(group * units + unit) * inputs + 4 * word + byte] = bytes[4 * place + byte]
                    }
                }
                for unit in 0..<units {
                    others.base[group * units + unit] = product.scales[unit]
                    others.base[channels + group * units + unit] = product.bias[unit]
                }
            }
            try numbers.array(
                "\nstatic const int8_t weight_\(index)[\(weights.count)]", count: weights.count, bytesEach: 7
            ) { weights.base[$0].description }
            let scales = try table(others.vector.columns(from: 0, count: channels), "scale")
            let bias = try table(others.vector.columns(from: channels, count: channels), "bias")
            return (
                CWriter.text("weight_\(index), \(scales), \(bias)"), activation(after: layer, products[0].rectifies)
            )
        }
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
