/// Estimates a derivative from values only. Takes central differences at ever smaller steps, extrapolates each with the
/// one before (Richardson 1911), and keeps the most certain estimate (as in Ridders 1982).
///
/// A step must be small against the function's bends and large against the rounding of its values. The best step
/// differs from place to place by orders of magnitude; neighbouring estimates that agree reveal it.
struct Differences {
    /// The function's value at the point of the derivative.
    private let value: Double
    /// The largest rounding error of the function's values.
    private let rounding: Double
    private var steps = 0
    private var lastCentral = 0.0
    private var lastJump = 0.0
    private var lastBreak = 0.0
    private var lastExtrapolated = 0.0
    /// The best estimate so far.
    private(set) var derivative = 0.0
    /// The largest error it may have: infinite before the third step.
    private(set) var uncertainty = Double.infinity

    /// The most steps to try, and the factor from one step to the next.
    static var mostSteps: Int { 9 }
    static var shrink: Double { 0.5 }

    init(value: Double, rounding: Double) {
        self.value = value
        self.rounding = rounding
    }

    /// Adds the values a step above and below. Make the next step half as large.
    mutating func add(step: Double, above: Double, below: Double) {
        let central = (above - below) / (2 * step)
        // Where the function is smooth, the difference of the one-sided slopes halves with the step. At a kink it
        // stays.
        let jump = (above + below - 2 * value) / step
        let kink = steps >= 1 ? (2 * jump - lastJump).magnitude : 0
        let extrapolated = steps >= 1 ? (4 * central - lastCentral) / 3 : central
        if steps >= 2 {
            let noise = 2 * rounding / step
            let doubt = max((extrapolated - lastExtrapolated).magnitude, kink, lastBreak, noise)
            if doubt < uncertainty {
                uncertainty = doubt
                derivative = extrapolated
            }
        }
        steps += 1
        (lastCentral, lastJump, lastBreak, lastExtrapolated) = (central, jump, kink, extrapolated)
    }
}
