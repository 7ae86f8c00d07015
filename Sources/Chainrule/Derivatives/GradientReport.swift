/// How derivatives are checked against differences.
public struct GradientCheckOptions: Sendable {
    /// The largest step from where the derivative is wanted, for numbers up to 1 in size; in proportion for larger ones.
    public var step: Float = 0.1
    /// The largest relative error that passes. Values of a float32 network are rounded: the smaller it is, the more
    /// coordinates differ from their differences by less than the rounding, and cannot be checked; below about 10⁻⁴ most.
    public var tolerance: Float = 0.005
    /// How many parameters to check at most; if there are more, some of every tensor. Likewise for the numbers that a
    /// custom function is checked at.
    public var maxCoordinates = 1000
    /// Of the choice among more.
    public var seed: UInt64 = 0

    public init() {}

    func validate() throws(ChainruleError) {
        guard step.isFinite && step > 0 else {
            throw ChainruleError(.value, "the step is \(step); it must be finite and > 0")
        }
        guard tolerance.isFinite && tolerance > 0 else {
            throw ChainruleError(.value, "the tolerance is \(tolerance); it must be finite and > 0")
        }
        guard maxCoordinates >= 1 else {
            throw ChainruleError(.size, "at least 1 coordinate is checked; \(maxCoordinates) were asked for")
        }
    }
}

/// What a check of derivatives found.
public struct GradientReport: Sendable {
    /// Which derivative a coordinate belongs to.
    public enum Quantity: Sendable {
        /// ∂C/∂w of a parameter.
        case parameter
        /// σ' of a layer's custom activation.
        case activationDerivative
        /// σ'' of a layer's custom activation.
        case activationSecondDerivative
        /// ∇C of a custom cost.
        case costGradient
        /// H v of a custom cost, for a random v.
        case costHessianProduct

        /// The smaller, the closer to the cause: what is differentiated twice, or with others, fails if they do.
        fileprivate var depth: Int {
            switch self {
            case .activationDerivative, .costGradient: 0
            case .activationSecondDerivative, .costHessianProduct: 1
            case .parameter: 2
            }
        }
    }

    /// A derivative and its estimate from differences.
    public struct Coordinate: Sendable {
        public let quantity: Quantity
        /// The tensor, such as "0.weight"; the layer of an activation; "cost".
        public let name: String
        /// Which tensor or layer it is.
        package let index: Int
        /// In the tensor; otherwise the row of the batch and the unit or output.
        public let row: Int
        public let column: Int
        /// The derivative that was checked.
        public let analytic: Double
        /// What the differences say.
        public let numeric: Double
        /// The distance of the two, by the larger of them, or by a hundredth of the largest derivative of the same tensor or
        /// function if that is larger still.
        public let relativeError: Double

        public var absoluteError: Double { (analytic - numeric).magnitude }
    }

    /// The coordinate with the largest relative error. If a custom function fails, it is one of its own, for what is computed
    /// with it is then wrong, too. Nil if nothing could be checked.
    public fileprivate(set) var worst: Coordinate?
    /// How many coordinates were compared.
    public fileprivate(set) var checked = 0
    /// How many could not be: beside a kink, or where the values are rounded too much, differences say nothing.
    public fileprivate(set) var skipped = 0
    /// How many of those compared have a relative error beyond the tolerance.
    public fileprivate(set) var failed = 0

    /// Whether something was checked and nothing failed.
    public var passed: Bool { failed == 0 && checked > 0 }

    /// Takes up one coordinate.
    /// - Parameters:
    ///   - subject: what it belongs to: the name and index of a tensor or layer.
    ///   - scale: a hundredth of the largest derivative beside it.
    mutating func add(
        _ quantity: Quantity, of subject: (name: String, index: Int), row: Int, column: Int, analytic: Double,
        _ differences: Differences, scale: Double, tolerance: Double
    ) {
        let numeric = differences.derivative
        let size = max(analytic.magnitude, numeric.magnitude, scale)
        guard differences.uncertainty <= tolerance * size / 2 || (analytic == 0 && numeric == 0) else {
            skipped += 1
            return
        }
        checked += 1
        let error = size == 0 ? 0 : (analytic - numeric).magnitude / size
        if error > tolerance { failed += 1 }
        if let worst {
            if worst.relativeError >= error { return }
            if worst.relativeError > tolerance && worst.quantity.depth < quantity.depth { return }
        }
        worst = Coordinate(
            quantity: quantity, name: subject.name, index: subject.index, row: row, column: column, analytic: analytic,
            numeric: numeric, relativeError: error)
    }
}
