/// The numbers of ``Architecture/standardization(name:input:)``, which are state: files hold them, and no training changes them.
extension Network {
    /// Sets the means and the scales of a standardization, all finite: one of each for every channel.
    public func setStandardization(_ name: String, mean: [Float], scale: [Float]) throws(ChainruleError) {
        try mean.withUnsafeBufferPointer { mean throws(ChainruleError) in
            try scale.withUnsafeBufferPointer { scale throws(ChainruleError) in
                try setStandardization(name, mean: mean, scale: scale)
            }
        }
    }

    package func setStandardization(
        _ name: String, mean: UnsafeBufferPointer<Float>, scale: UnsafeBufferPointer<Float>
    ) throws(ChainruleError) {
        let tensors = try standardization(name)
        guard mean.count == tensors.mean.count && scale.count == tensors.mean.count else {
            throw ChainruleError(
                .size,
                """
                the standardization '\(name)' has \(tensors.mean.count) channels; \(mean.count) means and \(scale.count) \
                scales were given
                """)
        }
        for channel in mean.indices where !mean[channel].isFinite || !scale[channel].isFinite {
            throw ChainruleError(
                .notFinite, "the mean of channel \(channel) is \(mean[channel]), its scale \(scale[channel])")
        }
        try checkIsNotTraining()
        parameterVersion += 1
        (numbers.base + tensors.mean.offset).update(from: mean.baseAddress!, count: mean.count)
        (numbers.base + tensors.scale.offset).update(from: scale.baseAddress!, count: scale.count)
    }

    /// Sets the means and the scales of a standardization so that each channel of these data has the mean 0 and the deviation 1:
    /// the scale is 1 divided by the deviation (of the population), or 1 where that is 0. The layer reads the network's input,
    /// directly or through reshapes.
    /// - Parameters:
    ///   - name: the standardization's name.
    ///   - x: rows of the network's inputs, all finite.
    public func fitStandardization(_ name: String, to x: [Float]) throws(ChainruleError) {
        guard x.count >= inputs && x.count % inputs == 0 else {
            throw ChainruleError(.size, "x has \(x.count) numbers; a row has \(inputs)")
        }
        try x.withUnsafeBufferPointer { x throws(ChainruleError) in
            try fitStandardization(
                name, to: Matrix(reading: x.baseAddress!, rows: x.count / inputs, columns: inputs, stride: inputs))
        }
    }

    package func fitStandardization(_ name: String, to x: Matrix) throws(ChainruleError) {
        let tensors = try standardization(name)
        var position = tensors.input
        while position > 0, architecture.nodes[position - 1].layer.isIdentityWithoutNoise {
            position = architecture.nodes[position - 1].inputs[0]
        }
        guard position == 0 else {
            throw ChainruleError(
                .value,
                """
                the standardization '\(name)' reads the layer '\(architecture.name(at: position).text)', not the network's \
                input: set its numbers yourself
                """)
        }
        if let found = x.firstNotFinite() {
            throw ChainruleError(.notFinite, "x[\(found.row), \(found.column)] is \(found.value)")
        }
        let channels = tensors.mean.count
        let sums = try Memory<Double>(count: 2 * channels, for: "means and variances")
        let (means, squares) = (sums.base, sums.base + channels)
        let count = Double(x.rows) * Double(x.columns / channels)
        func forEach(_ body: (_ channel: Int, _ value: Double) -> Void) throws(ChainruleError) {
            for row in 0..<x.rows {
                try Cancellation.look(before: x.rows, times: x.columns)
                for column in 0..<x.columns { body(column % channels, Double(x[row, column])) }
            }
        }
        try forEach { channel, value in means[channel] += value / count }
        try forEach { channel, value in squares[channel] += (value - means[channel]) * (value - means[channel]) }
        try checkIsNotTraining()
        parameterVersion += 1
        withExtendedLifetime(sums) {
            for channel in 0..<channels {
                let deviation = (squares[channel] / count).squareRoot()
                let scale = Float(1 / deviation)
                numbers.base[tensors.mean.offset + channel] = Float(means[channel])
                numbers.base[tensors.scale.offset + channel] = scale.isFinite ? scale : 1
            }
        }
    }

    /// The tensors of a standardization, and the position that it reads.
    private func standardization(
        _ name: String
    ) throws(ChainruleError) -> (mean: Plan.Tensor, scale: Plan.Tensor, input: Int) {
        guard let place = architecture.position(of: LayerName(unchecked: "\(name)_difference")), place > 0,
            let mean = try? stateTensor(named: "\(name)_mean.value"),
            let scale = try? stateTensor(named: "\(name)_scale.value"), mean.count == scale.count
        else { throw ChainruleError(.name, "the network has no standardization '\(name)'") }
        return (mean, scale, architecture.nodes[place - 1].inputs[0])
    }
}
