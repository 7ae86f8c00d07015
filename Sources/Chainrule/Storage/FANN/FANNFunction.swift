/// FANN's activation functions, by their numbers in its files. Each is of the neuron's sum times its steepness.
enum FANNFunction: Int {
    case linear, threshold, thresholdSymmetric, sigmoid, sigmoidStepwise, sigmoidSymmetric, sigmoidSymmetricStepwise
    case gaussian, gaussianSymmetric, gaussianStepwise, elliot, elliotSymmetric, linearPiece, linearPieceSymmetric
    case sineSymmetric, cosineSymmetric, sine, cosine

    /// The function as layers: the functions before the activation, the activation, and those after it, of `scale · s`.
    struct Layers {
        var scale: Float = 1
        var before: [ElementFunction] = []
        var activation: Activation = .identity
        var after: [ElementFunction] = []
    }

    /// Whether FANN's limit of a sum, ± 150 / steepness, changes the function's values. (It limits those of `linear`, too; here they
    /// have no limit.)
    var isLimited: Bool {
        switch self {
        case .elliot, .elliotSymmetric, .sineSymmetric, .cosineSymmetric, .sine, .cosine: true
        default: false
        }
    }

    /// nil: FANN itself has no such function, and computes 0.
    var layers: Layers? {
        // From −1 … 1 to 0 … 1, and back.
        let (half, twice) = (
            ElementFunction.affine(factor: 0.5, offset: 0.5), ElementFunction.affine(factor: 2, offset: -1)
        )
        let squared = [ElementFunction.square, .affine(factor: -1, offset: 0)]
        switch self {
        case .linear: return Layers()
        case .threshold: return Layers(after: [.step])
        case .thresholdSymmetric: return Layers(after: [.step, twice])
        case .sigmoid: return Layers(scale: 2, activation: .sigmoid)
        case .sigmoidStepwise: return Layers(after: [.stepwiseSigmoid])
        case .sigmoidSymmetric: return Layers(activation: .tanh)
        case .sigmoidSymmetricStepwise: return Layers(after: [.stepwiseSigmoid, twice])
        case .gaussian: return Layers(before: squared, activation: .exponential)
        case .gaussianSymmetric: return Layers(before: squared, activation: .exponential, after: [twice])
        case .gaussianStepwise: return nil
        case .elliot: return Layers(activation: .softsign, after: [half])
        case .elliotSymmetric: return Layers(activation: .softsign)
        case .linearPiece: return Layers(after: [.clip(low: 0, high: 1)])
        case .linearPieceSymmetric: return Layers(after: [.clip(low: -1, high: 1)])
        case .sineSymmetric: return Layers(after: [.sine])
        case .cosineSymmetric: return Layers(before: [.affine(factor: 1, offset: .pi / 2)], after: [.sine])
        case .sine: return Layers(after: [.sine, half])
        case .cosine: return Layers(before: [.affine(factor: 1, offset: .pi / 2)], after: [.sine, half])
        }
    }
}
