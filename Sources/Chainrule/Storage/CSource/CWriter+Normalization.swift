import Kernels

// Normalization.
extension CWriter {
    private var isAffine: Bool { network.plan.tensorRanges[index].count > 0 }

    func normalize(_ method: NormalizationMethod, _ epsilon: Float) throws(ChainruleError) {
        let isAffine = isAffine
        if case .batch(let momentum) = method {
            if trains { return try normalizeBatch(epsilon, momentum) }
            let channels = shape.channels
            let own = network.numbers(ofNode: index)
            let both = try FloatMemory(count: 2 * channels, for: "C source")
            for channel in 0..<channels {
                var factor = 1 / (own.state(1)[0, channel] + epsilon).squareRoot()
                if isAffine { factor *= own.vector(0)[0, channel] }
                both.base[channel] = factor
                both.base[channels + channel] =
                    (isAffine ? own.vector(1)[0, channel] : 0) - own.state(0)[0, channel] * factor
            }
            let factors = try table(both.vector.columns(from: 0, count: channels), "scale")
            let offsets = try table(both.vector.columns(from: channels, count: channels), "offset")
            return call("scale_channels(\(input()), \(factors), \(offsets), \(output), \(extents));")
        }
        let blocks = blocks(method)
        let z = trains && isAffine ? preactivation : output
        let result = trains ? CWriter.text("(\(try kept(blocks.count)))[i] = ") : ""
        call("for (int32_t i = 0; i < \(blocks.count); i++)")
        call(
            """
                \(result)normalize(\(input()) + i * \(blocks.step), \(z) + i * \(blocks.step), \(blocks.sizes), \
            \(CText.number(epsilon)), \(blocks.centers));
            """)
        guard isAffine else { return }
        let (scale, offset) = (try table(0, "weight")!, try table(1, "bias") ?? "0")
        call("scale_channels(\(z), \(scale), \(offset), \(output), \(extents));")
    }

    /// What is normalized together: how many blocks, how far apart; rows, columns, and how far apart rows are; and whether the mean
    /// is subtracted.
    private func blocks(_ method: NormalizationMethod) -> (count: Int, step: Int, sizes: String, centers: Int) {
        var (count, rows, columns, centers) = (shape.positions, 1, shape.channels, 1)
        switch method {
        case .group(let groups): (count, rows, columns) = (groups, shape.positions, shape.channels / groups)
        case .rootMeanSquare: centers = 0
        default: break
        }
        return (count, columns, CWriter.text("\(rows), \(columns), \(shape.channels)"), centers)
    }

    /// By the row's own mean and variance in training, by the running ones in predictions.
    private func normalizeBatch(_ epsilon: Float, _ momentum: Float) throws(ChainruleError) {
        guard shape.positions > 1 else {
            throw refusal(" that trains: along one row each channel has one number, which has no variance")
        }
        hasModes = true
        let running = try table(isAffine ? 2 : 0, "")!
        call(
            """
            normalize_batch(\(input()), \(try scales()), \(output), \(extents), \(CText.number(epsilon)), \
            \(CText.number(momentum)), \(running), trains ? \(try kept(2 * shape.channels)) : 0);
            """)
    }

    /// γ and β, as arguments.
    private func scales() throws(ChainruleError) -> String {
        isAffine ? CWriter.text("\(try table(0, "")!), \(try table(1, "") ?? "0")") : "0, 0"
    }

    func normalizeBack(
        _ method: NormalizationMethod, _ epsilon: Float, _ delta: String
    ) throws(ChainruleError) {
        let scales = try scales()
        if case .batch = method {
            let (to, adds) = try inputDeltaArguments()
            return call(
                """
                batch_back(\(delta), \(input()), \(try kept(0)), \(scales), \(to), \(extents), \(CText.number(epsilon)), \
                \(adds), rates);
                """)
        }
        let (blocks, z) = (blocks(method), isAffine ? preactivation : output)
        if let (to, adds) = try inputDelta() {
            var scale = isAffine ? try table(0, "")! : "0"
            if isAffine, case .group = method { scale = CWriter.text("\(scale) + i * \(blocks.step)") }
            call("for (int32_t i = 0; i < \(blocks.count); i++)")
            call(
                """
                    normalize_back(\(delta) + i * \(blocks.step), \(scale), \(z) + i * \(blocks.step), \
                (\(try kept(0)))[i], \(to) + i * \(blocks.step), \(blocks.sizes), \(blocks.centers), \(adds ? 1 : 0));
                """)
        }
        if isAffine { call("scale_step(\(delta), \(z), \(scales), \(extents), rates);") }
    }
}
