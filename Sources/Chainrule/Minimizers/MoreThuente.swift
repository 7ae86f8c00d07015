/// The steps of Moré and Thuente's line search (1994), one after another: MINPACK-2's `dcsrch` and `dcstep`.
///
/// Looks for an α at which φ has fallen enough and φ' has become small enough. Tries minima of cubic and quadratic
/// polynomials through the known points.
struct MoreThuente {
    /// φ at a step.
    struct Point {
        /// α.
        var step: Double
        /// φ(α), and φ'(α).
        var value: Double
        var slope: Double

        /// Of ψ(α) = φ(α) − t α, where t is the slope of the auxiliary function.
        func less(_ slope: Double) -> Point {
            Point(step: step, value: value - step * slope, slope: self.slope - slope)
        }
    }

    /// A bracket narrower than this, relative to its upper end, is not divided further.
    static let tolerance = 1e-2
    static let largestStep = 1e10

    private let start: Point
    /// t = c₁ φ'(0).
    private let decrease: Double
    /// The interval's end with the lower value, and its other end.
    private var best: Point
    private var other: Point
    private var isBracketed = false
    /// Whether ψ, not φ, guides the steps.
    private var isFirstStage = true
    private var width = MoreThuente.largestStep
    private var widthBefore = 2 * MoreThuente.largestStep
    private var lower = 0.0
    private var upper: Double
    /// The longest step allowed. Shorter than at first if φ was not finite at a step.
    private var longest = MoreThuente.largestStep

    /// The step to try.
    private(set) var step: Double

    init(from start: Point, decrease: Double, firstStep: Double) {
        self.start = start
        self.decrease = decrease
        best = start
        other = start
        step = min(firstStep, MoreThuente.largestStep)
        upper = 5 * step
    }

    /// Notes that φ is not finite at the step, and sets a shorter step.
    mutating func retreat() {
        step = best.step + (step - best.step) / 4
        longest = min(longest, max(step, best.step))
    }

    /// Takes the point found at the step, and sets the next step.
    /// - Returns: false if another step is useless.
    mutating func advance(_ point: Point) -> Bool {
        let enough = start.value + step * decrease
        if isFirstStage && point.value <= enough && point.slope >= 0 { isFirstStage = false }
        if isBracketed && (step <= lower || step >= upper || upper - lower <= MoreThuente.tolerance * upper) {
            return false
        }
        if step >= longest && point.value <= enough && point.slope <= decrease { return false }

        if isFirstStage && point.value <= best.value && point.value > enough {
            let (low, high) = narrow(best.less(decrease), other.less(decrease), point.less(decrease))
            (best, other) = (low.less(-decrease), high.less(-decrease))
        } else {
            (best, other) = narrow(best, other, point)
        }
        if isBracketed {
            let gap = (other.step - best.step).magnitude
            if gap >= 0.66 * widthBefore { step = best.step + (other.step - best.step) / 2 }
            widthBefore = width
            width = gap
            lower = min(best.step, other.step)
            upper = max(best.step, other.step)
        } else {
            lower = step + 1.1 * (step - best.step)
            upper = step + 4 * (step - best.step)
        }
        step = min(max(step, 0), longest)
        if isBracketed && (step <= lower || step >= upper || upper - lower <= MoreThuente.tolerance * upper) {
            step = best.step
        }
        return step > 0
    }

    /// `dcstep`: sets the step to try next.
    /// - Returns: the interval's ends, one replaced by the point.
    private mutating func narrow(_ best: Point, _ other: Point, _ point: Point) -> (best: Point, other: Point) {
        let changesSign = point.slope * (best.slope < 0 ? -1 : 1) < 0
        let next: Double
        if point.value > best.value {
            // Higher: a minimum lies between. Take the cubic's if it is nearer to the best point than the parabola's,
            // otherwise the middle of the two.
            let cubic = MoreThuente.cubic(best, point)
            let chord = (best.value - point.value) / (point.step - best.step)
            let parabola = best.step + best.slope / (chord + best.slope) / 2 * (point.step - best.step)
            next =
                (cubic - best.step).magnitude < (parabola - best.step).magnitude
                ? cubic : cubic + (parabola - cubic) / 2
            isBracketed = true
        } else if changesSign {
            // Lower, beyond a minimum. Take the cubic's or the secant's, whichever is farther from the point.
            let cubic = MoreThuente.cubic(point, best)
            let secant = MoreThuente.secant(point, best)
            next = (cubic - point.step).magnitude > (secant - point.step).magnitude ? cubic : secant
            isBracketed = true
        } else if point.slope.magnitude < best.slope.magnitude {
            // Lower and less steep: go on, if the cubic tends to infinity that way or has its minimum there.
            let cubic = MoreThuente.cubic(beyond: point, best, lower: lower, upper: upper)
            let secant = MoreThuente.secant(point, best)
            let cubicIsNearer = (cubic - point.step).magnitude < (secant - point.step).magnitude
            if isBracketed {
                let limit = point.step + 0.66 * (other.step - point.step)
                let chosen = cubicIsNearer ? cubic : secant
                next = point.step > best.step ? min(limit, chosen) : max(limit, chosen)
            } else {
                next = min(max(cubicIsNearer ? secant : cubic, lower), upper)
            }
        } else if isBracketed {
            next = MoreThuente.cubic(point, other)
        } else {
            next = point.step > best.step ? upper : lower
        }
        step = next.isFinite ? next : best.step + (point.step - best.step) / 2
        if point.value > best.value { return (best, point) }
        return (point, changesSign ? best : other)
    }

    /// The α of the minimum of the cubic through two points' values and slopes.
    private static func cubic(_ a: Point, _ b: Point) -> Double {
        let theta = 3 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope
        let gamma = root(theta, a, b) * (b.step < a.step ? -1 : 1)
        let ratio = (gamma - a.slope + theta) / (gamma - a.slope + gamma + b.slope)
        return a.step + ratio * (b.step - a.step)
    }

    /// The same, if the minimum is expected beyond a. If there is none: an end of the range.
    private static func cubic(beyond a: Point, _ b: Point, lower: Double, upper: Double) -> Double {
        let theta = 3 * (b.value - a.value) / (a.step - b.step) + a.slope + b.slope
        let gamma = root(theta, a, b) * (a.step > b.step ? -1 : 1)
        let ratio = (gamma - a.slope + theta) / (gamma + (b.slope - a.slope) + gamma)
        if ratio < 0 && gamma != 0 { return a.step + ratio * (b.step - a.step) }
        return a.step > b.step ? upper : lower
    }

    private static func root(_ theta: Double, _ a: Point, _ b: Point) -> Double {
        let scale = max(theta.magnitude, a.slope.magnitude, b.slope.magnitude)
        let square = (theta / scale) * (theta / scale) - (a.slope / scale) * (b.slope / scale)
        return scale * max(0, square).squareRoot()
    }

    /// The zero of the line through two points' slopes.
    private static func secant(_ a: Point, _ b: Point) -> Double {
        a.step + a.slope / (a.slope - b.slope) * (b.step - a.step)
    }
}
