/// What made a layer of an ``Architecture``: its kind, and the kind's settings.
public enum LayerSettings: Sendable {
    case dense(Activation, bias: Bool, weights: Initializer, biases: Initializer)
    case activation(Activation)
    case dropout(rate: Float)
    case noise(deviation: Float)
    case sum
    case concatenation
    /// nil: one axis of all elements.
    case reshape(Shape?)
}
