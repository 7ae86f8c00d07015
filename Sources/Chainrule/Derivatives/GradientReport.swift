/// How to check derivatives against differences.
public struct GradientCheckOptions: Sendable {
    /// The largest step to either side, for numbers up to 1 in size; in proportion for larger ones.
    public var step: Float = 0.1
    /// The largest relative error that passes. Values of a float32 network are rounded. The smaller the tolerance, the
    /// more coordinates the rounding makes impossible to check; below about 10⁻⁴, most.
    public var tolerance: Float = 0.005
    /// The most parameters to check. If the network has more, checks some of every tensor, at least 1 of each. Also
    /// limits the numbers at which a custom function is checked.
    public var maxCoordinates = 1000
    /// Seeds the random choice, if there are more.
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

/// The result of a check of derivatives.
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

        /// The smaller, the closer to the cause: a derivative computed from others fails if they fail.
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
        /// The tensor, such as "0.weight"; or the layer of an activation; or "cost".
        public let name: String
        /// The index of the tensor or layer.
        package let index: Int
        /// The place in the tensor; otherwise the row of the batch and the unit or output.
        public let row: Int
        public let column: Int
        /// The derivative that was checked.
        public let analytic: Double
        /// The estimate from the differences.
        public let numeric: Double
        /// The difference of the two, divided by the largest of three: both magnitudes, and a hundredth of the largest
        /// derivative of the same tensor or function.
        public let relativeError: Double

        public var absoluteError: Double { (analytic - numeric).magnitude }
    }

    /// The coordinate with the largest relative error. If a custom function fails, a coordinate of that function,
    /// because everything computed with it is wrong, too. Nil if nothing could be checked.
    public fileprivate(set) var worst: Coordinate?
    /// How many coordinates were compared.
    public fileprivate(set) var checked = 0
    /// How many coordinates could not be compared: differences say nothing beside a kink, or where the rounding of the
    /// values is too large.
    public fileprivate(set) var skipped = 0
    /// How many of the compared coordinates have a relative error beyond the tolerance.
    public fileprivate(set) var failed = 0

    /// Whether something was checked and nothing failed.
    public var passed: Bool { failed == 0 && checked > 0 }

    /// Adds one coordinate.
    /// - Parameters:
    ///   - subject: the name and index of its tensor or layer.
    ///   - scale: a hundredth of the largest derivative of the same tensor or function.
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
