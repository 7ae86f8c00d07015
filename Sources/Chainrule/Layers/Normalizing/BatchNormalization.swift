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

    /// The batch's means and variances.
    func keptPerBatch(shape: Shape) -> Int { 2 * shape.channels }

    /// Three rows of a number for each channel.
    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int { 3 * shape.channels }

    /// The means and variances that normalise some channels.
    private func statistics(_ channels: Range<Int>, _ pass: LayerPass) -> (mean: Matrix, variance: Matrix) {
        let count = pass.shape.channels
        let both =
            pass.usesBatchStatistics
            ? Matrix(base: pass.keptOfBatch.base, rows: 1, columns: 2 * count) : pass.state(0, count: 2 * count)
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
        let (r, offset) = (inverses(channels, pass), row(1, channels.count, pass))
        for channel in 0..<channels.count { offset[0, channel] = -mean[0, channel] * r[0, channel] }
        pass.arithmetic.columnAffine(
            x, scale: r, plus: nil, scale: nil, offset: offset, into: pass.z, accumulating: false)
        scale(pass)
    }

    /// `h = γ r (x − μ) + β`.
    func channelMap(_ channel: Int, _ numbers: LayerNumbers) -> ChannelMap? {
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
        let factors = factors(channels, pass)
        guard pass.usesBatchStatistics else {
            return pass.arithmetic.columnAffine(
                delta, scale: factors, plus: nil, scale: nil, offset: nil, into: inputDelta,
                accumulating: pass.accumulatesInputDelta(0))
        }
        let z = pass.ofInputUnits(pass.z)
        let (products, sums) = (row(1, channels.count, pass), row(2, channels.count, pass))
        pass.arithmetic.columnProducts(delta, z, into: products, accumulating: false)
        pass.arithmetic.sumColumns(delta, into: sums, accumulating: false)
        for channel in 0..<channels.count {
            let factor = -factors[0, channel] / Float(delta.rows)
            products[0, channel] *= factor
            sums[0, channel] *= factor
        }
        pass.arithmetic.columnAffine(
            delta, scale: factors, plus: z, scale: products, offset: sums, into: inputDelta,
            accumulating: pass.accumulatesInputDelta(0))
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
