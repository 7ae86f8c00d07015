/// What made a layer of an ``Architecture``: its kind, and the kind's settings.
public indirect enum LayerSettings: Sendable {
    case dense(Activation, bias: Bool, weights: Initializer, biases: Initializer)
    case activation(Activation)
    case dropout(rate: Float, wholeChannels: Bool)
    case noise(deviation: Float)
    case sum
    case mean
    case difference
    case product
    case quotient
    case maximum
    case minimum
    case power
    case function(ElementFunction)
    case matrixProduct(transposesB: Bool)
    /// nil: the last axis.
    case concatenation(axis: Int?)
    /// nil: one axis of all elements.
    case reshape(Shape?)
    case transpose(axes: [Int])
    case slice(begin: [Int], end: [Int])
    case zeroPadding(before: [Int], after: [Int])
    case take(axis: Int, indices: [Int])
    case upsampling(factors: [Int])
    case reduction(ReductionMethod, axes: [Int], keepsAxes: Bool)
    /// Repeated in this shape.
    case broadcast(Shape)
    /// A part of x of this shape, from its element `first` on.
    case input(Shape, first: Int)
    case convolution(ConvolutionSettings)
    /// nil: over all positions.
    case pooling(PoolingMethod, WindowSettings?)
    case normalization(NormalizationMethod, epsilon: Float, isAffine: Bool)
    case prelu
    /// ``Architecture/softmax(axis:name:input:)`` takes the activation along the last axis.
    case softmax(axis: Int)
    case recurrent(RecurrentSettings)
    /// Learned numbers, the same for every row.
    case parameter(Shape, Initializer)
    /// Numbers that are state, the same for every row.
    case constant(Shape, Initializer)
    case embedding(tokens: Int, width: Int, weights: Initializer)
    /// Sines and cosines of each position.
    case positions
    /// Without projections: ``Architecture/multiHeadAttention(_:width:name:query:key:value:lengths:bias:weights:biases:)`` adds
    /// dense layers for these.
    case attention(AttentionSettings)
}
