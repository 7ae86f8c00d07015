extension Architecture {
    /// Adds a dense layer, `h = σ(W h_in + b)`, along the last axis: at every position alike.
    /// - Parameters:
    ///   - units: N_l, the number of outputs, at least 1.
    ///   - activation: σ.
    ///   - name: the layer's name; nil: its position, "0", "1", …
    ///   - input: the layer it reads, "input" for the network's input; nil: the layer before.
    ///   - bias: whether there is a b.
    ///   - weights: W, as drawn at first.
    ///   - biases: b, as drawn at first.
    public mutating func dense(
        _ units: Int, _ activation: Activation = .identity, name: String? = nil, input: String? = nil,
        bias: Bool = true,
        weights: Initializer = .standard, biases: Initializer = .standard
    ) throws(ChainruleError) {
        let layer = Dense(
            units: units, activation: activation, hasBias: bias, weightInitializer: weights, biasInitializer: biases)
        try append(layer, name: name, inputs: input.map { [$0] })
    }

    /// Adds only an activation, `h = σ(h_in)`.
    public mutating func activation(_ activation: Activation, name: String? = nil, input: String? = nil)
        throws(ChainruleError)
    {
        try append(ActivationLayer(activation), name: name, inputs: input.map { [$0] })
    }

    /// Adds dropout (Srivastava et al. 2014): in training, sets each h to 0 with probability `rate`, and otherwise
    /// divides it by `1 − rate`.
    /// - Parameters:
    ///   - rate: in [0, 1).
    ///   - wholeChannels: whether to draw once for each channel, for all positions.
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    public mutating func dropout(
        _ rate: Float, wholeChannels: Bool = false, name: String? = nil, input: String? = nil
    ) throws(ChainruleError) {
        try append(Dropout(rate: rate, wholeChannels: wholeChannels), name: name, inputs: input.map { [$0] })
    }

    /// Adds Gaussian noise: in training, adds numbers with mean 0 and this standard deviation to h.
    /// - Parameters:
    ///   - deviation: finite and ≥ 0.
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    public mutating func noise(deviation: Float, name: String? = nil, input: String? = nil) throws(ChainruleError) {
        try append(GaussianNoise(deviation: deviation), name: name, inputs: input.map { [$0] })
    }

    /// Adds a rectifier whose slope below 0 is learned for each channel (He et al. 2015).
    public mutating func prelu(name: String? = nil, input: String? = nil) throws(ChainruleError) {
        try append(PReLU(), name: name, inputs: input.map { [$0] })
    }

    /// Adds softmax along an axis: `h_i = e^z_i / Σ_j e^z_j` over its elements. Along the last axis that is the activation
    /// ``Activation/softmax``, and the layer is one.
    /// - Parameters:
    ///   - axis: of at least 2 elements.
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    public mutating func softmax(axis: Int, name: String? = nil, input: String? = nil) throws(ChainruleError) {
        let isLast = shape(read: input).map { $0.rank - 1 } == axis
        try append(
            isLast ? ActivationLayer(.softmax) : AxisSoftmax(axis: axis), name: name, inputs: input.map { [$0] })
    }

    /// Adds learned numbers, the same for every row: `h = w`.
    /// - Parameters:
    ///   - shape: of w.
    ///   - name: the layer's name; nil: its position.
    ///   - weights: ``Initializer/standard``: zeros.
    public mutating func parameter(_ shape: Shape, name: String? = nil, weights: Initializer = .standard)
        throws(ChainruleError)
    {
        try append(Parameter(shape, weights), name: name, inputs: [LayerName.input.text])
    }

    /// Adds numbers that no training changes, the same for every row: `h = w`. They are the network's state, as the tensor "value" of
    /// the layer; ``Network/setState(_:_:)`` sets them.
    /// - Parameters:
    ///   - shape: of w.
    ///   - name: the layer's name; nil: its position.
    ///   - values: the first ones. ``Initializer/standard``: zeros.
    public mutating func constant(_ shape: Shape, name: String? = nil, values: Initializer = .standard)
        throws(ChainruleError)
    {
        try append(Parameter(shape, values, isConstant: true), name: name, inputs: [LayerName.input.text])
    }

    // MARK: Sequences

    /// Adds a table of vectors, one for each token: `h_i = W[x_i]`. Reads whole numbers from 0 to `tokens − 1`; others are an
    /// error of the pass. They get no error signal.
    /// - Parameters:
    ///   - tokens: how many there are, at most 2²⁴.
    ///   - width: the elements of a vector, which are the channels of h. A layer of the shape `[T]` gives `[T, width]`; if its
    ///     last axis is 1, as in `[T, 1]`, the channels replace it.
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    ///   - weights: ``Initializer/standard``: normal with mean 0 and deviation 1.
    public mutating func embedding(
        tokens: Int, width: Int, name: String? = nil, input: String? = nil, weights: Initializer = .standard
    ) throws(ChainruleError) {
        try append(Embedding(tokens: tokens, width: width, weights: weights), name: name, inputs: input.map { [$0] })
    }

    /// Adds their positions to the elements of a sequence, `[T, C]`, as sines and cosines (Vaswani et al. 2017).
    public mutating func positions(name: String? = nil, input: String? = nil) throws(ChainruleError) {
        try append(Positions(), name: name, inputs: input.map { [$0] })
    }

    /// Adds learned numbers to the elements of a layer: the sum with a ``parameter(_:name:weights:)`` layer of its shape, named
    /// like the whole and "_value".
    public mutating func learnedPositions(
        name: String? = nil, input: String? = nil, weights: Initializer = .standard
    ) throws(ChainruleError) {
        var copy = self
        let name = name ?? (nodes.count + 1).description
        let input = input ?? self.name(at: nodes.count).text
        let shape = shape(at: try position(of: input, readBy: LayerName(unchecked: name)))
        try copy.parameter(shape, name: name + "_value", weights: weights)
        try copy.sum(of: [input, name + "_value"], name: name)
        self = copy
    }

    /// Adds attention without projections: h of each query is the mean of the values, weighted by softmax of the keys' products with
    /// it, for each head with its channels.
    /// - Parameters:
    ///   - settings: heads, and whether it is causal.
    ///   - name: the layer's name; nil: its position.
    ///   - query: the layer that gives the queries, `[T, C]`; nil: the layer before. Without a key, its channels are queries,
    ///     keys and values side by side.
    ///   - key: the layer that gives the keys. Without a value, its channels are keys and values side by side.
    ///   - value: the layer that gives the values.
    ///   - lengths: the layer that gives each row's number of keys, `[1]`: whole numbers from 1 to T; nil: T. Without a key
    ///     there are as many queries: h is 0 beyond.
    public mutating func attention(
        _ settings: AttentionSettings, name: String? = nil, query: String? = nil, key: String? = nil,
        value: String? = nil, lengths: String? = nil
    ) throws(ChainruleError) {
        var settings = settings
        settings.hasLengths = lengths != nil
        guard key != nil || value == nil else {
            throw ChainruleError(.value, "attention reads '\(value!)' as its values, but names no layer for its keys")
        }
        var inputs = [query ?? self.name(at: nodes.count).text]
        if let key { inputs.append(key) }
        if let value { inputs.append(value) }
        if let lengths { inputs.append(lengths) }
        try append(Attention(settings), name: name, inputs: inputs)
    }

    /// Adds multi-head attention (Vaswani et al. 2017): dense layers for queries, keys and values, ``attention(_:name:query:key:value:lengths:)``,
    /// and a dense layer for the result. The last has the name of the whole, the attention "_heads" after it, and the others
    ///
    /// - "_in" if one layer gives all, of as many units as PyTorch's `in_proj_weight` has rows;
    /// - "_query" and "_key_value" if keys and values come from another layer;
    /// - "_query", "_key" and "_value" if they come from two.
    /// - Parameters:
    ///   - settings: heads, and whether it is causal.
    ///   - width: the channels of queries, keys, values and the result, which the heads divide; nil: those of the query's
    ///     layer.
    ///   - name: the whole's name; nil: the position of its last layer.
    ///   - query: the layer that is read, `[T, C]`; nil: the layer before.
    ///   - key: the layer that gives the keys; nil: the same.
    ///   - value: the layer that gives the values; nil: as the keys.
    ///   - lengths: the layer that gives each row's number of keys, as for the attention; nil: T.
    ///   - bias: whether the dense layers have a b.
    ///   - weights: their W, as drawn at first.
    ///   - biases: their b, as drawn at first.
    public mutating func multiHeadAttention(
        _ settings: AttentionSettings, width: Int? = nil, name: String? = nil, query: String? = nil,
        key: String? = nil, value: String? = nil, lengths: String? = nil, bias: Bool = true,
        weights: Initializer = .standard, biases: Initializer = .standard
    ) throws(ChainruleError) {
        var copy = self
        let query = query ?? self.name(at: nodes.count).text
        let isSelf =
            (key ?? query).utf8.elementsEqual(query.utf8) && (value ?? key ?? query).utf8.elementsEqual(query.utf8)
        let (key, value) = (key ?? query, value ?? key ?? query)
        let parts: [(name: String, source: String, count: Int)] =
            isSelf
            ? [("_in", query, 3)]
            : key.utf8.elementsEqual(value.utf8)
                ? [("_query", query, 1), ("_key_value", key, 2)]
                : [("_query", query, 1), ("_key", key, 1), ("_value", value, 1)]
        let name = name ?? (nodes.count + parts.count + 1).description
        let shape = shape(at: try position(of: query, readBy: LayerName(unchecked: name)))
        let width = width ?? shape.channels
        guard width >= 1 && width <= Shape.mostElements / 3 else {
            throw ChainruleError(
                .size, "attention '\(name)' has a width of 1 to \(Shape.mostElements / 3); \(width) was given")
        }
        for part in parts {
            try copy.dense(
                part.count * width, name: name + part.name, input: part.source, bias: bias, weights: weights,
                biases: biases)
        }
        func part(_ index: Int) -> String? { index < parts.count ? name + parts[index].name : nil }
        try copy.attention(
            settings, name: name + "_heads", query: part(0), key: part(1), value: part(2), lengths: lengths)
        try copy.dense(width, name: name, bias: bias, weights: weights, biases: biases)
        self = copy
    }

    /// Adds a recurrent layer over a sequence, `[T, C]`.
    /// - Parameters:
    ///   - settings: the cell, its units and its direction.
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    ///   - initialState: the layer that gives the state before the first step: `[H]`, of an LSTM `[2 H]`, h and then c; nil: 0.
    ///   - lengths: the layer that gives each row's number of steps, `[1]`: whole numbers from 1 to T; nil: T. Nothing is
    ///     computed beyond a row's last step, where h is 0.
    public mutating func recurrent(
        _ settings: RecurrentSettings, name: String? = nil, input: String? = nil, initialState: String? = nil,
        lengths: String? = nil
    ) throws(ChainruleError) {
        var settings = settings
        (settings.hasInitialState, settings.hasLengths) = (initialState != nil, lengths != nil)
        var inputs = [input ?? self.name(at: nodes.count).text]
        if let initialState { inputs.append(initialState) }
        if let lengths { inputs.append(lengths) }
        try append(RecurrentLayer(settings), name: name, inputs: inputs)
    }

    /// Adds two recurrent layers, one for each direction, and joins their outputs along the channels. The layers have the name of the
    /// whole and "_forward" or "_backward".
    public mutating func bidirectional(
        _ settings: RecurrentSettings, name: String? = nil, input: String? = nil, initialState: String? = nil,
        lengths: String? = nil
    ) throws(ChainruleError) {
        var copy = self
        let name = name ?? (nodes.count + 2).description
        let input = input ?? self.name(at: nodes.count).text
        let directions = ["\(name)_forward", "\(name)_backward"]
        for (index, direction) in directions.enumerated() {
            var settings = settings
            settings.isBackwards = index == 1
            try copy.recurrent(settings, name: direction, input: input, initialState: initialState, lengths: lengths)
        }
        try copy.concatenation(of: directions, name: name)
        self = copy
    }

    // MARK: Standardization

    /// Adds `(h' − mean) · scale`, with a number of each for every channel of h': it brings the numbers of a problem to the
    /// size that training likes. It is four layers: the constants NAME_mean, of 0, and NAME_scale, of 1; the difference
    /// NAME_difference; and the product, NAME. ``Network/fitStandardization(_:to:)`` finds the numbers in data,
    /// ``Network/setStandardization(_:mean:scale:)`` takes them.
    public mutating func standardization(name: String? = nil, input: String? = nil) throws(ChainruleError) {
        var copy = self
        let name = name ?? (nodes.count + 3).description
        let input = input ?? self.name(at: nodes.count).text
        guard let position = position(of: LayerName(unchecked: input)) else {
            throw ChainruleError(.name, "the network has no layer '\(input)'")
        }
        let channels = try Shape([shape(at: position).channels])
        try copy.constant(channels, name: "\(name)_mean", values: .zeros)
        try copy.difference(of: input, "\(name)_mean", name: "\(name)_difference")
        try copy.constant(channels, name: "\(name)_scale", values: .constant(1))
        try copy.product(of: "\(name)_difference", "\(name)_scale", name: name)
        self = copy
    }

    // MARK: Windows

    /// Adds a convolution over the axes before the channels, or a transposed one.
    public mutating func convolution(
        _ settings: ConvolutionSettings, name: String? = nil, input: String? = nil
    ) throws(ChainruleError) {
        try append(Convolution(settings), name: name, inputs: input.map { [$0] })
    }

    /// Adds the largest or the mean of each channel under a window.
    /// - Parameters:
    ///   - method: the largest, or the mean.
    ///   - window: nil: over all positions; the output has one axis.
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    public mutating func pooling(
        _ method: PoolingMethod, _ window: WindowSettings? = nil, name: String? = nil, input: String? = nil
    ) throws(ChainruleError) {
        try append(Pooling(method, window), name: name, inputs: input.map { [$0] })
    }

    /// Adds normalisation.
    /// - Parameters:
    ///   - method: over what the mean and the variance are taken.
    ///   - epsilon: added to variances, finite and > 0.
    ///   - isAffine: whether a learned scale follows, and a learned offset (none after a root mean square).
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    public mutating func normalization(
        _ method: NormalizationMethod, epsilon: Float = 1e-5, isAffine: Bool = true, name: String? = nil,
        input: String? = nil
    ) throws(ChainruleError) {
        let layer: any Layer =
            if case .batch(let momentum) = method {
                BatchNormalization(momentum: momentum, epsilon: epsilon, isAffine: isAffine)
            } else {
                BlockNormalization(method, epsilon: epsilon, isAffine: isAffine)
            }
        try append(layer, name: name, inputs: input.map { [$0] })
    }

    // MARK: Several layers into one

    /// Adds the elementwise sum of layers. From the last axis on, their lengths are equal or 1; a layer is repeated along axes of
    /// length 1, and along axes that it lacks. So in all layers that combine others element by element.
    public mutating func sum(of inputs: [String], name: String? = nil) throws(ChainruleError) {
        try append(Sum(), name: name, inputs: inputs)
    }

    /// Adds the elementwise mean of layers.
    public mutating func mean(of inputs: [String], name: String? = nil) throws(ChainruleError) {
        try append(Sum(.mean), name: name, inputs: inputs)
    }

    /// Adds `a − b`.
    public mutating func difference(of a: String, _ b: String, name: String? = nil) throws(ChainruleError) {
        try append(Sum(.difference), name: name, inputs: [a, b])
    }

    /// Adds `a ⊙ b`.
    public mutating func product(of a: String, _ b: String, name: String? = nil) throws(ChainruleError) {
        try append(ElementLayer(ElementPair.product), name: name, inputs: [a, b])
    }

    /// Adds `a / b`.
    public mutating func quotient(of a: String, _ b: String, name: String? = nil) throws(ChainruleError) {
        try append(ElementLayer(ElementPair.quotient), name: name, inputs: [a, b])
    }

    /// Adds the larger of a and b. Of equal ones, a gets δ.
    public mutating func maximum(of a: String, _ b: String, name: String? = nil) throws(ChainruleError) {
        try append(ElementLayer(ElementPair.maximum), name: name, inputs: [a, b])
    }

    /// Adds the smaller of a and b. Of equal ones, a gets δ.
    public mutating func minimum(of a: String, _ b: String, name: String? = nil) throws(ChainruleError) {
        try append(ElementLayer(ElementPair.minimum), name: name, inputs: [a, b])
    }

    /// Adds `aᵇ`: of a negative a NaN, unless b is whole. The derivatives along b are 0 where a is not above 0.
    public mutating func power(of a: String, _ b: String, name: String? = nil) throws(ChainruleError) {
        try append(ElementLayer(ElementPair.power), name: name, inputs: [a, b])
    }

    /// Adds the matrix product `A B` over the last two axes, or `A Bᵀ`. Both layers have at least two axes; those before the last two
    /// are repeated as in a sum.
    public mutating func matrixProduct(
        of a: String, _ b: String, transposesB: Bool = false, name: String? = nil
    ) throws(ChainruleError) {
        try append(MatrixProduct(transposesB: transposesB), name: name, inputs: [a, b])
    }

    /// Adds a function of each element: `h = f(h_in)`.
    public mutating func function(_ function: ElementFunction, name: String? = nil, input: String? = nil)
        throws(ChainruleError)
    {
        try append(ElementLayer(function), name: name, inputs: input.map { [$0] })
    }

    /// Adds a sum, a mean, a maximum or a minimum over some axes, or the place of the maximum.
    /// - Parameters:
    ///   - method: what becomes of the elements.
    ///   - axes: each at most once, from 0; at least one.
    ///   - keepsAxes: whether they stay, with length 1. Otherwise they go; `[1]` is left of all.
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    public mutating func reduction(
        _ method: ReductionMethod, axes: [Int], keepsAxes: Bool = false, name: String? = nil, input: String? = nil
    ) throws(ChainruleError) {
        try append(Reduction(method, axes: axes, keepsAxes: keepsAxes), name: name, inputs: input.map { [$0] })
    }

    /// Joins the outputs of layers along an axis, one after the other. Their other axes are equal.
    /// - Parameters:
    ///   - inputs: the layers, in their order.
    ///   - axis: nil: the last.
    ///   - name: the layer's name; nil: its position.
    public mutating func concatenation(of inputs: [String], axis: Int? = nil, name: String? = nil)
        throws(ChainruleError)
    {
        try append(Concatenation(axis: axis), name: name, inputs: inputs)
    }

    // MARK: Other shapes

    /// Names the next part of x, and gives it a shape. Parts follow one another.
    public mutating func input(_ name: String, _ shape: Shape) throws(ChainruleError) {
        var first = 0
        for node in nodes {
            if case .input(let shape, let start) = node.settings { first = max(first, start + shape.count) }
        }
        try append(InputPart(shape, first: first), name: name, inputs: [LayerName.input.text])
    }

    /// Gives the elements another shape, in the same order.
    /// - Parameters:
    ///   - shape: of as many elements; nil: one axis of all.
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    public mutating func reshape(_ shape: Shape? = nil, name: String? = nil, input: String? = nil)
        throws(ChainruleError)
    {
        try append(Reshape(shape), name: name, inputs: input.map { [$0] })
    }

    /// Permutes the axes: axis i of h is axis `axes[i]` of what it reads.
    public mutating func transpose(_ axes: [Int], name: String? = nil, input: String? = nil) throws(ChainruleError) {
        try append(Transpose(axes: axes), name: name, inputs: input.map { [$0] })
    }

    /// Takes the elements from `begin` to before `end` along each axis.
    public mutating func slice(
        from begin: [Int], to end: [Int], name: String? = nil, input: String? = nil
    ) throws(ChainruleError) {
        try append(SliceLayer(begin: begin, end: end), name: name, inputs: input.map { [$0] })
    }

    /// Cuts a layer along an axis into parts, one after the other: a slice for each. The next layer reads the last of them, if
    /// it names no other.
    /// - Parameters:
    ///   - sizes: the length of each part, at least 1; together the axis' length.
    ///   - axis: from 0.
    ///   - name: "part" names them "part-0", "part-1", …; nil: their positions.
    ///   - input: the layer to cut; nil: the layer before.
    public mutating func split(
        _ sizes: [Int], axis: Int, name: String? = nil, input: String? = nil
    ) throws(ChainruleError) {
        try split(sizes.count, axis: axis, name: name, input: input) { index, _ in sizes[index] }
    }

    /// Cuts a layer along an axis into so many equal parts.
    public mutating func split(
        into parts: Int, axis: Int, name: String? = nil, input: String? = nil
    ) throws(ChainruleError) {
        try split(parts, axis: axis, name: name, input: input) { _, length in length / parts }
    }

    /// - Parameter size: of a part, for an axis of this length.
    package mutating func split(
        _ count: Int, axis: Int, name: String?, input: String?,
        size: (_ index: Int, _ length: Int) throws(ChainruleError) -> Int
    ) throws(ChainruleError) {
        let shown = LayerName(unchecked: name ?? nodes.count.description)
        let input = input ?? self.name(at: nodes.count).text
        let whole = shape(at: try position(of: input, readBy: shown))
        guard axis >= 0 && axis < whole.rank else {
            throw ChainruleError(.value, "split '\(shown.text)' cuts along axis \(axis); \(whole.text) has none")
        }
        var parts = self
        var (begin, end) = ([Int](repeating: 0, count: whole.rank), whole.extents)
        for index in 0..<max(count, 0) {
            // The slice refuses what is out of range, and so what overflows.
            end[axis] = begin[axis] &+ (try size(index, whole[axis]))
            try parts.slice(from: begin, to: end, name: name.map { $0 + "-" + index.description }, input: input)
            begin[axis] = end[axis]
        }
        guard begin[axis] == whole[axis] else {
            throw ChainruleError(
                .size,
                """
                split '\(shown.text)' cuts axis \(axis) of \(whole.text) into \(count) parts of \(begin[axis]) elements \
                together
                """)
        }
        // For the caller's objects about each part.
        try Reserve.setAside(512 * parts.nodes.count)
        self = parts
    }

    /// Adds positions of zeros before and after each axis but the channels.
    public mutating func zeroPadding(
        before: [Int], after: [Int], name: String? = nil, input: String? = nil
    ) throws(ChainruleError) {
        try append(ZeroPadding(before: before, after: after), name: name, inputs: input.map { [$0] })
    }

    /// Takes elements along an axis in any order, some of them several times or not at all.
    /// - Parameters:
    ///   - indices: from 0, at least one: element i of the output is element `indices[i]` of the input.
    ///   - axis: from 0.
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    public mutating func take(
        _ indices: [Int], axis: Int, name: String? = nil, input: String? = nil
    ) throws(ChainruleError) {
        try append(Take(axis: axis, indices: indices), name: name, inputs: input.map { [$0] })
    }

    /// Repeats each position so many times along each axis but the channels.
    public mutating func upsampling(_ factors: [Int], name: String? = nil, input: String? = nil) throws(ChainruleError)
    {
        try append(Upsampling(factors: factors), name: name, inputs: input.map { [$0] })
    }

    /// Repeats the elements in a larger shape: along axes of length 1, and along axes that the layer lacks before its first.
    /// - Parameters:
    ///   - shape: its lengths, from the last axis on, are equal to the layer's, or the layer's are 1.
    ///   - name: the layer's name; nil: its position.
    ///   - input: the layer it reads; nil: the layer before.
    public mutating func broadcast(_ shape: Shape, name: String? = nil, input: String? = nil) throws(ChainruleError) {
        try append(Broadcast(shape), name: name, inputs: input.map { [$0] })
    }
}
