import Kernels

extension Cost {
    /// `c = −(1/N) Σ t log y + (1 − t) log(1 − y)` of probabilities y and t in [0, 1]. Cuts logarithms at −100.
    public static func binaryCrossEntropy(_ reduction: Reduction = .mean) -> Cost {
        Cost(
            "binary_cross_entropy", reduction, targets: 0...1, outputs: 0...1, deciding: .above(0.5),
            function: .builtIn { $0.kernels.costs.binaryCrossEntropy })
    }

    /// The same of `sigmoid(y)`, computed together and stably; y is any number. Refuses a network that ends in a
    /// sigmoid, which would be applied twice.
    public static func binaryCrossEntropyOfLogits(_ reduction: Reduction = .mean) -> Cost {
        Cost(
            "binary_cross_entropy_logits", reduction, applying: "sigmoid", targets: 0...1, deciding: .above(0),
            function: .builtIn { $0.kernels.costs.binaryCrossEntropyOfLogits })
    }

    /// `c = −Σ t log softmax(y)` of logits y, computed together and stably. Targets are class indices or distributions:
    /// elements in [0, 1] that add up to 1 in each row, within 0.001. Refuses a network that ends in a softmax, which
    /// would be applied twice.
    public static func crossEntropy(_ reduction: Reduction = .mean) -> Cost {
        crossEntropy(checkedSmoothing: 0, reduction)
    }

    /// The same with smoothed labels (Szegedy et al. 2016, section 7): `(1 − ε) t + ε / N` replaces t, with N the
    /// number of outputs.
    /// - Parameters:
    ///   - smoothing: ε in [0, 1).
    ///   - reduction: what becomes of the costs of the rows.
    public static func crossEntropy(smoothing: Float, _ reduction: Reduction = .mean) throws(ChainruleError) -> Cost {
        guard smoothing >= 0 && smoothing < 1 else {
            throw ChainruleError(.value, "label_smoothing is \(smoothing); it must be in [0, 1)")
        }
        return crossEntropy(checkedSmoothing: smoothing, reduction)
    }

    private static func crossEntropy(checkedSmoothing smoothing: Float, _ reduction: Reduction) -> Cost {
        Cost(
            "cross_entropy", reduction, parameter: smoothing, acceptsClasses: true, applying: "softmax", targets: 0...1,
            deciding: .largest, overflow: .crossEntropy, function: .builtIn { $0.kernels.costs.crossEntropy })
    }
}
