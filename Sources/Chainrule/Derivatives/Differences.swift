/// A derivative estimated from values alone: central differences at ever smaller steps, each extrapolated with the one before
/// (Richardson 1911), and the most certain of the estimates taken (as in Ridders 1982).
///
/// A step must be small against the function's bends and large against the rounding of its values. Which is best differs
/// from place to place by orders of magnitude; agreement of neighbouring estimates shows it.
struct Differences {
    /// The function's value where the derivative is wanted.
    private let value: Double
    /// By how much the function's values may be rounded.
    private let rounding: Double
    private var steps = 0
    private var lastCentral = 0.0
    private var lastJump = 0.0
    private var lastBreak = 0.0
    private var lastExtrapolated = 0.0
    /// The best estimate so far.
    private(set) var derivative = 0.0
    /// By how much it may be wrong: infinite before the third step.
    private(set) var uncertainty = Double.infinity

    /// How many steps to try at most, and by which factor each is smaller than the one before.
    static var mostSteps: Int { 9 }
    static var shrink: Double { 0.5 }

    init(value: Double, rounding: Double) {
        self.value = value
        self.rounding = rounding
    }

    /// Takes up the values a step above and below; the next step is half as large.
    mutating func add(step: Double, above: Double, below: Double) {
        let central = (above - below) / (2 * step)
        // The difference of the one-sided slopes halves with the step where the function is smooth, and stays at a kink.
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
