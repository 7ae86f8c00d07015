import Kernels

/// Scaled dot-product attention of several heads (Vaswani et al. 2017, section 3.2), without projections: of queries q, keys k and
/// values v, for each head with its d channels of each,
///
///     S = Q Kᵀ / √d      P = softmax of each row of S      H = P V
///
/// It reads q, k and v as one layer, their channels side by side; or q, and k and v side by side; or three layers.
///
/// S is never whole: softmax goes through blocks of its columns with the largest element and the sum so far, and the backward pass
/// computes a block again from the two (Dao et al. 2022). With `D = Δ Vᵀ`, `∂C/∂S = P ⊙ (D − h · δ)`,
///
///     Δ_v = Pᵀ Δ      Δ_q = ∂C/∂S K / √d      Δ_k = (∂C/∂S)ᵀ Q / √d
///
/// A row may have fewer keys than all: no others are read. If q, k and v are one layer, its queries end there, too: h is 0 beyond.
final class Attention: ParameterlessLayer {
    static let kind: StaticString = "attention"
    var kind: StaticString { Attention.kind }
    var settings: LayerSettings { .attention(description) }

    let description: AttentionSettings
    private var heads: Int { description.heads }

    init(_ description: AttentionSettings) { self.description = description }

    /// The most queries and keys of a block: its products stay in the second-level cache.
    private static var mostQueries: Int { 64 }
    private static var mostKeys: Int { 256 }
    /// The floats of a block of tangents, which has all of the keys.
    private static var mostTangents: Int { 1 << 16 }

    // MARK: Shapes

    /// How many layers it reads besides the lengths.
    private func sources(_ inputs: Int) -> Int { description.hasLengths ? inputs - 1 : inputs }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let sources = sources(inputs.count)
        guard sources >= 1 && sources <= 3 else {
            throw ChainruleError(
                .size,
                """
                attention '\(name.text)' reads 1 to 3 layers\(description.hasLengths ? " and the lengths" : ""); \
                \(inputs.count) were given
                """)
        }
        for input in inputs.prefix(sources) where input.rank != 2 {
            throw ChainruleError(
                .size, "attention '\(name.text)' reads sequences, [steps, channels], not \(input.text)")
        }
        let (channels, last) = (inputs[0].channels, inputs[sources - 1])
        let width = sources == 1 ? channels / 3 : channels
        let fits =
            switch sources {
            case 1: channels == 3 * width
            case 2: last.channels % 2 == 0 && last.channels / 2 == width
            default: inputs[1].channels == width && last == inputs[1]
            }
        guard fits else {
            let wanted: StaticString =
                switch sources {
                case 1: "queries, keys and values side by side: a multiple of 3 channels"
                case 2: "keys and values side by side: twice as many channels as the queries have"
                default: "keys and values of one shape, with as many channels as the queries have"
                }
            throw ChainruleError(
                .size,
                "attention '\(name.text)' reads \(wanted); the first input has \(inputs[0].text), the last \(last.text)"
            )
        }
        guard heads >= 1 && width % heads == 0 && width >= heads else {
            throw ChainruleError(
                .size, "attention '\(name.text)': \(heads) heads do not divide a width of \(width)")
        }
        if description.hasLengths, inputs[sources].count != 1 {
            throw ChainruleError(
                .size, "attention '\(name.text)': the lengths have the shape [1], not \(inputs[sources].text)")
        }
        return try inputs[0].with(channels: width, in: name)
    }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }

    /// The largest element and 1 over the sum of each row of S.
    func keptPerRow(shape: Shape, inputs: [Shape]) -> Int {
        Int(clamping: 2 * Int64(heads) * Int64(shape[0]))
    }

    func multiplications(shape: Shape, inputs: [Shape]) -> Int {
        let (product, overflow) = shape.count.multipliedReportingOverflow(by: 2 * keys(inputs)[0])
        return overflow ? .max : product
    }

    var looksItself: Bool { true }

    private func keys(_ inputs: [Shape]) -> Shape { inputs[sources(inputs.count) - 1] }

    func scratchCount(shape: Shape, inputs: [Shape], rows: Int, backward: Bool) -> Int {
        let (keys, width) = (keys(inputs)[0], shape.channels / heads)
        let queries = min(shape[0], Attention.mostQueries)
        func products(_ queries: Int, _ keys: Int) -> Int64 {
            Int64(
                max(
                    PackedProduct.scratchCount(rows: queries, columns: keys, depth: width),
                    CopyLayout.scratchCount(rows: queries, columns: width, depth: min(keys, CopyLayout.mostDepth)),
                    CopyLayout.scratchCount(rows: keys, columns: width, depth: queries)))
        }
        let vectors = Int64(3 * (Attention.mostQueries + 16))
        let blocks = Int64(Attention.mostQueries) * Int64(Attention.stride(min(keys, Attention.mostKeys))) + 16
        let forward = (backward ? 2 : 1) * blocks + products(queries, min(keys, Attention.mostKeys))
        if !backward { return Int(clamping: vectors + forward) }
        let some = Attention.tangentQueries(of: queries, keys)
        let tangents = 4 * (Int64(some) * Int64(keys) + 16) + products(some, keys)
        return Int(clamping: vectors + max(forward, tangents))
    }

    /// The distance between the rows of a block: an odd number of cache lines, so that they do not evict each other.
    private static func stride(_ keys: Int) -> Int { (keys + 15) & ~15 | 16 }

    /// How many queries the tangents take at a time.
    private static func tangentQueries(of queries: Int, _ keys: Int) -> Int {
        min(queries, max(1, mostTangents / keys))
    }

    // MARK: Passes

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        if description.hasLengths {
            try pass.checkIntegers(
                ofInput: pass.inputCount - 1, "length", in: 1...pass.inputShape(pass.inputCount - 2)[0])
        }
        let scale = scale(pass)
        try forEachHead(pass) { head throws(ChainruleError) in
            let (q, k, v) = (head.input(.query, pass), head.input(.key, pass), head.input(.value, pass))
            let h = head.output(pass.h)
            try head.forEachBlockOfQueries(Attention.mostQueries) { queries throws(ChainruleError) in
                let (some, h) = (q.rows(queries), h.rows(queries))
                let scratch = AttentionScratch(pass.scratch, queries: queries.count)
                let (most, sums) = head.statistics(pass, queries) ?? (scratch.most, scratch.sums)
                most.fill { -.infinity }
                sums.clear()
                head.forEachBlockOfKeys(Attention.mostKeys, seenBy: queries) { keys in
                    let (s, product) = scratch.block(queries.count, keys.count, stride: Attention.stride(keys.count))
                    pass.arithmetic.productTransposed(some, k.rows(keys), plus: nil, into: s, scratch: product)
                    pass.arithmetic.exponentials(
                        s, head.visible(queries, keys), scale: scale, most: most, sums: sums, factors: scratch.factors)
                    let isFirst = keys.lowerBound == 0
                    if !isFirst { pass.arithmetic.scaleRows(of: h, by: scratch.factors) }
                    pass.arithmetic.product(s, v.rows(keys), into: h, accumulating: !isFirst, scratch: product)
                }
                for row in 0..<queries.count { sums.base[row] = 1 / sums.base[row] }
                pass.arithmetic.scaleRows(of: h, by: sums)
            }
        }
        clearBeyond(pass, pass.h)
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        clearInputDeltas(pass)
        let scale = scale(pass)
        try forEachHead(pass) { head throws(ChainruleError) in
            let (q, k, v) = (head.input(.query, pass), head.input(.key, pass), head.input(.value, pass))
            let (h, delta) = (head.output(pass.h), head.output(pass.delta))
            let deltas = head.inputDeltas(pass)
            try head.forEachBlockOfQueries(Attention.mostQueries) { queries throws(ChainruleError) in
                let (some, delta) = (q.rows(queries), delta.rows(queries))
                let (most, inverses) = head.statistics(pass, queries)!
                head.forEachBlockOfKeys(Attention.mostKeys, seenBy: queries) { keys in
                    let stride = Attention.stride(keys.count)
                    let scratch = AttentionScratch(pass.scratch, queries: queries.count)
                    let (s, rest) = scratch.block(queries.count, keys.count, stride: stride)
                    let (d, product) = AttentionScratch.block(rest, queries.count, keys.count, stride: stride)
                    let (someKeys, someValues) = (k.rows(keys), v.rows(keys))
                    pass.arithmetic.productTransposed(some, someKeys, plus: nil, into: s, scratch: product)
                    pass.arithmetic.productTransposed(delta, someValues, plus: nil, into: d, scratch: product)
                    pass.arithmetic.attentionSignals(
                        s, d, head.visible(queries, keys), scale: scale, most: most, inverses: inverses,
                        h: h.rows(queries), delta: delta)
                    deltas.add(.value, keys) {
                        pass.arithmetic.transposedProduct(s, delta, into: $0, accumulating: true, scratch: product)
                    }
                    deltas.add(.query, queries) {
                        pass.arithmetic.product(d, someKeys, into: $0, accumulating: true, scratch: product)
                    }
                    deltas.add(.key, keys) {
                        pass.arithmetic.transposedProduct(d, some, into: $0, accumulating: true, scratch: product)
                    }
                }
            }
        }
    }

    /// `R{S} = (R{Q} Kᵀ + Q R{K}ᵀ) / √d`, `R{P} = J R{S}` with softmax's Jacobian J, `R{H} = R{P} V + P R{V}`.
    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        let h = pass.tangents.h
        h.clear()
        try forEachHead(pass.values) { head throws(ChainruleError) in
            let (v, vTangent) = (head.input(.value, pass.values), head.tangent(.value, pass))
            let hTangent = head.output(h)
            try forEachTangentBlock(head, pass) { block throws(ChainruleError) in
                let result = hTangent.rows(block.queries)
                if let tangent = block.pTangent {
                    pass.arithmetic.product(
                        tangent, v.rows(block.keys), into: result, accumulating: true, scratch: block.product)
                }
                if let vTangent {
                    pass.arithmetic.product(
                        block.p, vTangent.rows(block.keys), into: result, accumulating: true, scratch: block.product)
                }
            }
        }
    }

    /// `R{D} = R{Δ} Vᵀ + Δ R{V}ᵀ`, `R{∂C/∂S} = J R{D} + R{J} D`, and from there by the product rule.
    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) {
        clearInputDeltas(pass.tangents)
        let arithmetic = pass.arithmetic
        let softmax = { (arithmetic: Arithmetic) in arithmetic.kernels.activations.softmax }
        try forEachHead(pass.values) { head throws(ChainruleError) in
            let (q, k, v) = (
                head.input(.query, pass.values), head.input(.key, pass.values),
                head.input(.value, pass.values)
            )
            let (qTangent, kTangent, vTangent) = (
                head.tangent(.query, pass), head.tangent(.key, pass), head.tangent(.value, pass)
            )
            let deltas = head.inputDeltas(pass.tangents)
            let (allDelta, allDeltaTangent) = (head.output(pass.values.delta), head.output(pass.tangents.delta))
            try forEachTangentBlock(head, pass) { block throws(ChainruleError) in
                let (queries, keys, product) = (block.queries, block.keys, block.product)
                let (delta, deltaTangent) = (allDelta.rows(queries), allDeltaTangent.rows(queries))
                let (d, dTangent) = (block.first, block.second)
                arithmetic.productTransposed(deltaTangent, v.rows(keys), plus: nil, into: dTangent, scratch: product)
                if let vTangent {
                    arithmetic.productTransposed(delta, vTangent.rows(keys), plus: nil, into: d, scratch: product)
                    arithmetic.add(d, to: dTangent)
                }
                arithmetic.productTransposed(delta, v.rows(keys), plus: nil, into: d, scratch: product)
                arithmetic.applyBackward(softmax, alpha: 0, z: block.p, h: block.p, delta: dTangent, s: dTangent)
                if let tangent = block.pTangent {
                    arithmetic.addCurvature(
                        softmax, alpha: 0, z: block.p, h: block.p, zTangent: tangent, hTangent: tangent, delta: d,
                        sTangent: dTangent)
                }
                arithmetic.applyBackward(softmax, alpha: 0, z: block.p, h: block.p, delta: d, s: d)
                arithmetic.scaleRows(of: d, by: block.scales)
                arithmetic.scaleRows(of: dTangent, by: block.scales)
                deltas.add(.query, queries) {
                    arithmetic.product(dTangent, k.rows(keys), into: $0, accumulating: true, scratch: product)
                    guard let kTangent else { return }
                    arithmetic.product(d, kTangent.rows(keys), into: $0, accumulating: true, scratch: product)
                }
                deltas.add(.key, keys) {
                    arithmetic.transposedProduct(
                        dTangent, q.rows(queries), into: $0, accumulating: true, scratch: product)
                    guard let qTangent else { return }
                    arithmetic.transposedProduct(
                        d, qTangent.rows(queries), into: $0, accumulating: true, scratch: product)
                }
                deltas.add(.value, keys) {
                    arithmetic.transposedProduct(block.p, deltaTangent, into: $0, accumulating: true, scratch: product)
                    guard let tangent = block.pTangent else { return }
                    arithmetic.transposedProduct(tangent, delta, into: $0, accumulating: true, scratch: product)
                }
            }
        }
    }

    /// Some queries with all keys that they see.
    private struct TangentBlock {
        let queries: Range<Int>
        let keys: Range<Int>
        let p: Matrix
        /// R{P}; nil: 0.
        let pTangent: Matrix?
        /// Room for two more.
        let first: Matrix
        let second: Matrix
        /// `1 / √d` for each query.
        let scales: Matrix
        let product: Matrix
    }

    private func forEachTangentBlock(
        _ head: AttentionHead, _ pass: TangentPass, _ body: (TangentBlock) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        let (q, k) = (head.input(.query, pass.values), head.input(.key, pass.values))
        let (qTangent, kTangent) = (head.tangent(.query, pass), head.tangent(.key, pass))
        let (arithmetic, scale) = (pass.arithmetic, scale(pass.values))
        let most = Attention.tangentQueries(of: min(head.queries, Attention.mostQueries), head.keys)
        try head.forEachBlockOfQueries(most) { queries throws(ChainruleError) in
            let keys = 0..<head.seen(by: queries)
            let scratch = AttentionScratch(pass.values.scratch, queries: queries.count)
            var rest = scratch.rest
            func next() -> Matrix {
                let (block, after) = AttentionScratch.block(rest, queries.count, keys.count, stride: keys.count)
                rest = after
                return block
            }
            let (p, t, first, second) = (next(), next(), next(), next())
            let (someQueries, someKeys) = (q.rows(queries), k.rows(keys))
            arithmetic.productTransposed(someQueries, someKeys, plus: nil, into: p, scratch: rest)
            scratch.most.fill { -.infinity }
            scratch.sums.clear()
            arithmetic.exponentials(
                p, head.visible(queries, keys), scale: scale, most: scratch.most, sums: scratch.sums,
                factors: scratch.factors)
            for row in 0..<queries.count { scratch.sums.base[row] = 1 / scratch.sums.base[row] }
            arithmetic.scaleRows(of: p, by: scratch.sums)
            scratch.factors.fill { scale }
            if let qTangent {
                arithmetic.productTransposed(qTangent.rows(queries), someKeys, plus: nil, into: t, scratch: rest)
            }
            if let kTangent {
                let share = qTangent == nil ? t : first
                arithmetic.productTransposed(someQueries, kTangent.rows(keys), plus: nil, into: share, scratch: rest)
                if qTangent != nil { arithmetic.add(share, to: t) }
            }
            let hasTangent = qTangent != nil || kTangent != nil
            if hasTangent {
                arithmetic.scaleRows(of: t, by: scratch.factors)
                arithmetic.applyBackward(
                    { $0.kernels.activations.softmax }, alpha: 0, z: p, h: p, delta: t, s: t)
            }
            try body(
                TangentBlock(
                    queries: queries, keys: keys, p: p, pTangent: hasTangent ? t : nil, first: first, second: second,
                    scales: scratch.factors, product: rest))
        }
    }

    private func scale(_ pass: LayerPass) -> Float {
        Float(1 / Double(pass.shape.channels / heads).squareRoot())
    }

    private func forEachHead(
        _ pass: LayerPass, _ body: (AttentionHead) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        for sample in 0..<pass.rows.count {
            for head in 0..<heads { try body(AttentionHead(description, head, ofSample: sample, pass)) }
        }
    }

    /// Sets h of queries beyond a row's length to 0.
    private func clearBeyond(_ pass: LayerPass, _ h: Matrix) {
        for sample in 0..<pass.rows.count {
            let head = AttentionHead(description, 0, ofSample: sample, pass)
            let steps = pass.shape[0]
            h.rows(from: sample * steps + head.queries, count: steps - head.queries).clear()
        }
    }

    /// Sets δ of the inputs to 0 where no later layer has written it.
    private func clearInputDeltas(_ pass: LayerPass) {
        for index in 0..<pass.inputCount where !pass.accumulatesInputDelta(index) { pass.inputDelta(index)?.clear() }
    }

    func encode(to json: inout JSONWriter) {
        json.member("heads", heads)
        json.member("causal", description.isCausal)
        json.member("lengths", description.hasLengths)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        var settings = AttentionSettings(heads: try object.integer("heads"))
        settings.isCausal = try object.boolean("causal")
        settings.hasLengths = try object.boolean("lengths")
        return Attention(settings)
    }
}
