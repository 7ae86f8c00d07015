extension Cost {
    /// Makes a cost of your own.
    public init(custom: CustomCost) {
        self.init("custom", .mean, function: .custom(custom))
    }

    /// Every built-in cost with this reduction, Huber's with d = 1. To add one, write a function like these, and a line
    /// here.
    public static func all(_ reduction: Reduction = .mean) throws(ChainruleError) -> [Cost] {
        [
            meanSquaredError(reduction), meanAbsoluteError(reduction), try huber(reduction),
            binaryCrossEntropy(reduction),
            binaryCrossEntropyOfLogits(reduction), crossEntropy(reduction),
        ]
    }
}
