/// The strong Wolfe conditions for a step along a direction, with φ(α) for C along it: `φ(α) ≤ φ(0) + c₁ α φ'(0)` and
/// `|φ'(α)| ≤ c₂ |φ'(0)|` (Nocedal and Wright 2006, equation 3.7).
///
/// Near a minimum the first cannot be decided, because rounding hides φ(α) − φ(0). There the approximate Wolfe
/// conditions of Hager and Zhang (2005) replace it: `φ'(α) ≤ (2 c₁ − 1) φ'(0)`, if φ(α) − φ(0) is within rounding.
public struct WolfeConditions: Sendable {
    /// c₁ in (0, ½).
    public let decrease: Double
    /// c₂ in (c₁, 1).
    public let curvature: Double

    public init(decrease: Double, curvature: Double) {
        self.decrease = decrease
        self.curvature = curvature
    }

    func validate(_ method: StaticString) throws(ChainruleError) {
        guard decrease > 0 && decrease < 0.5 else {
            throw ChainruleError(.value, "c1 of \(method) is \(decrease); it must be in (0, 0.5)")
        }
        guard curvature > decrease && curvature < 1 else {
            throw ChainruleError(
                .value, "c2 of \(method) is \(curvature); it must be larger than c1, which is \(decrease), and < 1")
        }
    }

    func hold(from start: MoreThuente.Point, at point: MoreThuente.Point, noise: Double) -> Bool {
        guard point.slope.magnitude <= -curvature * start.slope else { return false }
        let change = point.value - start.value
        if change <= decrease * point.step * start.slope { return true }
        return change.magnitude <= noise && point.slope <= (2 * decrease - 1) * start.slope
    }
}

extension Minimization {
    /// How many steps a line search tries.
    private static var mostTrials: Int { 30 }

    /// Looks for a step α along d at which the conditions hold, and leaves ``trial`` there. If it finds none, takes a
    /// step that lowers C.
    /// - Parameters:
    ///   - slope: φ'(0) = d · ∂C/∂w, negative.
    ///   - firstStep: the α to try first.
    /// - Returns: α; nil if no step lowers C, or if the run has ended: then ``trial`` may be anywhere.
    func search(
        along d: Vector, slope: Double, firstStep: Double, _ conditions: WolfeConditions
    ) throws(ChainruleError) -> Double? {
        let start = MoreThuente.Point(step: 0, value: cost, slope: slope)
        var steps = MoreThuente(from: start, decrease: conditions.decrease * slope, firstStep: firstStep)
        var lowest = start
        var last = 0.0
        for _ in 0..<Minimization.mostTrials {
            last = steps.step
            trial.assign(w, plus: last, d)
            let isFinite = try evaluateTrial()
            guard isFinite else {
                if end != nil { return nil }
                steps.retreat()
                continue
            }
            var point = MoreThuente.Point(step: last, value: trialCost, slope: trialGradient.dot(d))
            if conditions.hold(from: start, at: point, noise: noise) { return last }
            if point.value < lowest.value { lowest = point }
            if end != nil { return point.value < cost ? last : nil }
            // The step is so short that C's change is rounding, and the slope is still the same. Then the slopes tell
            // more.
            if (point.value - cost).magnitude <= noise && point.slope <= conditions.curvature * slope {
                point.value = cost + last * (slope + point.slope) / 2
            }
            if !steps.advance(point) { break }
        }
        guard lowest.step > 0 else { return nil }
        if lowest.step == last { return last }
        trial.assign(w, plus: lowest.step, d)
        return try evaluateTrial() ? lowest.step : nil
    }
}
