/// Nonlinear conjugate gradients: `d ← −g + β d`, with g for ∂C/∂w (Nocedal and Wright 2006, algorithm 5.4).
///
/// Keeps one vector besides the present point. Restarts with `d = −g` where C would not fall along d. The formula of
/// Fletcher and Reeves also restarts where successive gradients are far from orthogonal, `|g · g₋| ≥ 0.7 g · g`;
/// otherwise it would get caught in short steps (Powell 1977; equation 5.52 there).
public final class ConjugateGradients: LineSearchMethod {
    /// β, with g₋ for the previous gradient.
    public enum Formula: Sendable {
        /// `g · g / g₋ · g₋` (Fletcher and Reeves 1964).
        case fletcherReeves
        /// `max(0, g · (g − g₋) / g₋ · g₋)` (Polak and Ribière 1969; Powell 1984).
        case polakRibiere
    }

    public let formula: Formula
    public let conditions: WolfeConditions

    /// - Parameters:
    ///   - formula: β, how much of the last direction stays.
    ///   - c1: c₁ of the Wolfe conditions, in (0, ½).
    ///   - c2: c₂ of the Wolfe conditions, in (c₁, 1). Up to ½ guarantees that C falls along every d of Fletcher and Reeves.
    public init(_ formula: Formula = .polakRibiere, c1: Double = 1e-4, c2: Double = 0.1) {
        self.formula = formula
        conditions = WolfeConditions(decrease: c1, curvature: c2)
    }

    public var identifier: StaticString {
        switch formula {
        case .fletcherReeves: "fletcher_reeves"
        case .polakRibiere: "polak_ribiere"
        }
    }

    public func validate(for cost: Cost) throws(ChainruleError) { try conditions.validate(identifier) }

    func directions(for run: Minimization) throws(ChainruleError) -> any Directions {
        try ConjugateDirections(formula, length: run.count)
    }
}

private final class ConjugateDirections: FallibleClass, Directions {
    /// The largest overlap of g and g₋ for Fletcher and Reeves.
    private static let mostOverlap = 0.7

    private let formula: ConjugateGradients.Formula
    private let vectors: Vectors
    /// The previous d.
    private let last: Vector
    private var beta = 0.0
    /// α φ'(0) of the last step; nil at first.
    private var lastChange: Double?

    init(_ formula: ConjugateGradients.Formula, _ vectors: Vectors) {
        self.formula = formula
        self.vectors = vectors
        last = vectors[0]
    }

    func next(_ run: Minimization, into d: Vector) {
        d.assign(run.gradient)
        d.scale(by: -1)
        if beta != 0 { d.add(beta, last) }
        last.assign(d)
    }

    /// The step at which φ, to first order, changes as much as in the last step (Nocedal and Wright, section 3.5).
    func firstStep(along d: Vector, slope: Double) -> Double {
        guard let lastChange else { return 1 / d.norm }
        return lastChange / slope
    }

    func remember(_ run: Minimization, step: Double, slope: Double) {
        lastChange = step * slope
        let before = run.gradient.dot(run.gradient)
        let now = run.trialGradient.dot(run.trialGradient)
        let overlap = run.trialGradient.dot(run.gradient)
        switch formula {
        case .fletcherReeves: beta = overlap.magnitude >= ConjugateDirections.mostOverlap * now ? 0 : now / before
        case .polakRibiere: beta = max(0, (now - overlap) / before)
        }
    }

    func restart() {
        beta = 0
        lastChange = nil
    }
}

extension FallibleClass where Self == ConjugateDirections {
    init(_ formula: ConjugateGradients.Formula, length: Int) throws(ChainruleError) {
        self = ConjugateDirections(formula, try Vectors(1, length: length, for: "the last direction"))
    }
}
