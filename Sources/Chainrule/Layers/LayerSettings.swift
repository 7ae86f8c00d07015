/// What a layer of an ``Architecture`` was made of: its kind, and what the kind takes.
public enum LayerSettings: Sendable {
    case dense(Activation, bias: Bool, weights: Initializer, biases: Initializer)
    case activation(Activation)
    case dropout(rate: Float)
    case noise(deviation: Float)
    case sum
    case concatenation
}
