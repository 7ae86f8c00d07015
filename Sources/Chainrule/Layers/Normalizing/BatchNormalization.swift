/// Batch normalisation (Ioffe and Szegedy 2015): each channel over all rows and positions of a batch.
///
/// In training, with the batch's mean μ and variance v of a channel and `r = 1/√(v + ε)`, `z = r (x − μ)`, and
/// `δ_in = γ r (δ − mean(δ) − z mean(δ z))`. Elsewhere μ and v are the running statistics, and `δ_in = γ r δ`. Tangents are
/// those of the running statistics: products with second derivatives see no batch.
///
/// The running variance takes `n / (n − 1)` times the batch's, which is unbiased, as PyTorch's does.
final class BatchNormalization: NormalizingLayer {
    static let kind: StaticString = "batch_normalization"
    var kind: StaticString { BatchNormalization.kind }
    var settings: LayerSettings {
        .normalization(.batch(momentum: momentum), epsilon: epsilon, isAffine: hasScale)
    }

    /// How far each step moves the running statistics.
    private let momentum: Float
    let epsilon: Float
    let hasScale: Bool
    var hasOffset: Bool { hasScale }

    init(momentum: Float, epsilon: Float, isAffine: Bool) {
        self.momentum = momentum
        self.epsilon = epsilon
        hasScale = isAffine
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        try checkEpsilon(name)
        guard momentum >= 0 && momentum <= 1 else {
            throw ChainruleError(
                .value, "batch_normalization '\(name.text)': momentum is \(momentum); it must be in [0, 1]")
        }
        return input
    }

    func state(shape: Shape) -> [TensorShape] {
        [
            TensorShape(name: "running_mean", extents: [shape.channels], role: .mean, initializer: .zeros),
            TensorShape(name: "running_var", extents: [shape.channels], role: .variance, initializer: .constant(1)),
        ]
    }

    var mixesRows: Bool { true }
    var hasIndependentUnits: Bool { true }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .step }

    var needsActivation: Bool { false }
    var keepsGradients: Bool { true }
    var predictsInPlace: Bool { true }
    var overwritesDelta: Bool { true }

    /// The batch's means and variances, `Σ δ z` and `Σ δ`.
    func keptPerBatch(shape: Shape) -> Int { 4 * shape.channels }

    /// Three rows of a number for each channel.
    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int { 3 * shape.channels }

    /// One of the numbers kept for some channels.
    private func kept(_ index: Int, _ channels: Range<Int>, _ memory: LayerMemory) -> Matrix {
        let base = memory.keptOfBatch.base + index * memory.channels + channels.lowerBound
        return Matrix(base: base, rows: 1, columns: channels.count)
    }

    /// The means and variances that normalise some channels.
    private func statistics(_ channels: Range<Int>, _ pass: LayerPass) -> (mean: Matrix, variance: Matrix) {
        if pass.usesBatchStatistics { return (kept(0, channels, pass.memory), kept(1, channels, pass.memory)) }
        let count = pass.shape.channels
        let both = pass.state(0, count: 2 * count)
        return (
            both.columns(from: channels.lowerBound, count: channels.count),
            both.columns(from: count + channels.lowerBound, count: channels.count)
        )
    }

    /// A row of scratch memory.
    private func row(_ index: Int, _ count: Int, _ pass: LayerPass) -> Matrix {
        Matrix(base: pass.scratch.base + index * count, rows: 1, columns: count)
    }

    /// r of some channels.
    private func inverses(_ channels: Range<Int>, _ pass: LayerPass) -> Matrix {
        let (_, variance) = statistics(channels, pass)
        let r = row(0, channels.count, pass)
        for channel in 0..<channels.count { r[0, channel] = 1 / (variance[0, channel] + epsilon).squareRoot() }
        return r
    }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        let channels = pass.units ?? 0..<pass.shape.channels
        if channels.isEmpty { return }
        let x = pass.inputActivation(0).columns(from: channels.lowerBound, count: channels.count)
        let (mean, variance) = statistics(channels, pass)
        if pass.usesBatchStatistics {
            guard x.rows > 1 else {
                throw ChainruleError(
                    .size,
                    """
                    one number for each channel has no variance: batch normalization trains on batches of at least 2 rows, \
                    the last of an epoch too, or on several positions
                    """)
            }
            pass.arithmetic.columnMoments(x, mean: mean, variance: variance)
            for channel in 0..<channels.count where !variance[0, channel].isFinite {
                throw ChainruleError(
                    .notFinite,
                    "the variance of channel \(channels.lowerBound + channel) over the batch is \(variance[0, channel])"
                )
            }
        }
        // h is computed from x: z is only for the caller.
        if !pass.z.isSameMemory(as: pass.h) { normalize(x, channels, mean, gamma: nil, beta: nil, into: pass.z, pass) }
        normalize(
            x, channels, mean, gamma: hasScale ? pass.vector(0) : nil, beta: hasOffset ? pass.vector(1) : nil,
            into: pass.h, pass)
    }

    /// `γ r (x − μ) + β`.
    private func normalize(
        _ x: Matrix, _ channels: Range<Int>, _ mean: Matrix, gamma: Matrix?, beta: Matrix?, into result: Matrix,
        _ pass: LayerPass
    ) {
        let (factor, offset) = (inverses(channels, pass), row(1, channels.count, pass))
        for channel in 0..<channels.count {
            if let gamma { factor[0, channel] *= gamma[0, channel] }
            offset[0, channel] = (beta.map { $0[0, channel] } ?? 0) - mean[0, channel] * factor[0, channel]
        }
        pass.arithmetic.columnAffine(
            x, scale: factor, plus: nil, scale: nil, offset: offset, into: result, accumulating: false)
    }

    var mapsChannels: Bool { true }

    /// `h = γ r (x − μ) + β`.
    func channelMap(_ channel: Int, _ numbers: LayerNumbers) -> ChannelMap {
        let (mean, variance) = (Double(numbers.state(0)[0, channel]), Double(numbers.state(1)[0, channel]))
        let gamma = hasScale ? Double(numbers.vector(0)[0, channel]) : 1
        let beta = hasOffset ? Double(numbers.vector(1)[0, channel]) : 0
        let factor = gamma / (variance + Double(epsilon)).squareRoot()
        return ChannelMap(factor: factor, offset: beta - mean * factor)
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) { inputDelta(pass) }

    func signal(_ pass: LayerPass) throws(ChainruleError) {}

    func inputDelta(_ pass: LayerPass) {
        let channels = pass.inputUnits ?? 0..<pass.shape.channels
        guard !channels.isEmpty, let inputDelta = pass.inputDelta(0) else { return }
        let delta = pass.ofInputUnits(pass.delta)
        guard pass.usesBatchStatistics else {
            return pass.arithmetic.columnAffine(
                delta, scale: factors(channels, pass), plus: nil, scale: nil, offset: nil, into: inputDelta,
                accumulating: pass.accumulatesInputDelta(0))
        }
        // In terms of x: `δ_in = γ r (δ − mean(δ) − k (x − μ))` with `k = r mean(δ z)`.
        let x = pass.ofInputUnits(pass.inputActivation(0))
        let (mean, _) = statistics(channels, pass)
        let (products, sums) = (kept(2, channels, pass.memory), kept(3, channels, pass.memory))
        pass.arithmetic.columnProducts(delta, x, minus: mean, into: products, sums: sums, accumulating: false)
        let (slopes, offsets) = (row(1, channels.count, pass), row(2, channels.count, pass))
        let (r, share) = (inverses(channels, pass), 1 / Float(delta.rows))
        for channel in 0..<channels.count {
            products[0, channel] *= r[0, channel]
            slopes[0, channel] = -r[0, channel] * products[0, channel] * share
        }
        let factors = factors(channels, pass)
        for channel in 0..<channels.count {
            slopes[0, channel] *= factors[0, channel]
            offsets[0, channel] =
                -factors[0, channel] * sums[0, channel] * share - slopes[0, channel] * mean[0, channel]
        }
        pass.arithmetic.columnAffine(
            delta, scale: factors, plus: x, scale: slopes, offset: offsets, into: inputDelta,
            accumulating: pass.accumulatesInputDelta(0))
    }

    func writeGradient(
        ofTensor index: Int, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart
    ) {
        guard pass.memory.hasKeptGradients else {
            return sumProducts(ofTensor: index, into: gradient, accumulating: accumulating, pass, part)
        }
        let channels = part.share.of(pass.shape.channels)
        let sums = kept(2 + index, channels, pass.memory)
        let some = Matrix(base: gradient.base + channels.lowerBound, rows: 1, columns: channels.count)
        part.arithmetic.assign(sums, to: some, accumulating: accumulating)
    }

    /// `γ r` of some channels.
    private func factors(_ channels: Range<Int>, _ pass: LayerPass) -> Matrix {
        let factors = inverses(channels, pass)
        if hasScale {
            let gamma = pass.parameter(0).base + channels.lowerBound
            for channel in 0..<channels.count { factors[0, channel] *= gamma[channel] }
        }
        return factors
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let z = pass.tangents.z
        if let inputTangent = pass.inputTangent(0) {
            pass.arithmetic.columnAffine(
                inputTangent, scale: inverses(0..<pass.values.shape.channels, pass.values), plus: nil, scale: nil,
                offset: nil, into: z, accumulating: false)
        } else {
            z.fill { 0 }
        }
        scaleTangent(pass)
    }

    /// `R{δ_in} = r (γ R{δ} + R{γ} δ)`.
    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        guard let inputDelta = pass.tangents.inputDelta(0) else { return }
        let all = 0..<pass.values.shape.channels
        pass.arithmetic.columnAffine(
            pass.tangents.delta, scale: factors(all, pass.values), plus: nil, scale: nil, offset: nil, into: inputDelta,
            accumulating: pass.tangents.accumulatesInputDelta(0))
        guard hasScale, let gammaTangent = pass.parameterTangent(0) else { return }
        let factors = inverses(all, pass.values)
        for channel in all { factors[0, channel] *= gammaTangent.base[channel] }
        pass.arithmetic.columnAffine(
            pass.values.delta, scale: factors, plus: nil, scale: nil, offset: nil, into: inputDelta, accumulating: true)
    }

    func updateState(_ pass: LayerPass) {
        let count = pass.shape.channels
        let (mean, variance) = statistics(0..<count, pass)
        let (runningMean, runningVariance) = (pass.state(0, count: count), pass.state(count, count: count))
        let numbers = Float(pass.rows.count * pass.shape.positions)
        for channel in 0..<count {
            runningMean[0, channel] += momentum * (mean[0, channel] - runningMean[0, channel])
            let unbiased = variance[0, channel] * (numbers / (numbers - 1))
            runningVariance[0, channel] += momentum * (unbiased - runningVariance[0, channel])
        }
    }

    func encode(to json: inout JSONWriter) {
        json.member("momentum", momentum)
        json.member("epsilon", epsilon)
        json.member("affine", hasScale)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        BatchNormalization(
            momentum: Float(try object.number("momentum")), epsilon: Float(try object.number("epsilon")),
            isAffine: try object.boolean("affine"))
    }
}
