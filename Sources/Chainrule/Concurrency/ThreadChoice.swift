/// Decides whether threads share the next step or one thread takes it, by the time that steps of both kinds took.
///
/// The results are the same, so only time matters. If other programs keep the processors busy, threads that wait for
/// one another can be slower than one alone. Steps come in series of one kind, and the median of a series counts: an
/// interrupted step changes nothing. Most series are of the kind that seems faster; a trial of the other kind follows
/// when that kind has become slow, and now and then.
struct ThreadChoice {
    /// The measured steps in a series of the faster kind, and in a trial.
    private static var usualSteps: Int { 7 }
    private static var trialSteps: Int { 3 }
    /// A trial follows at once if the faster kind takes this many times as long as the other did.
    private static var slowness: Double { 1.1 }
    /// Trials may cost this share of the time.
    private static var mostLoss: Double { 0.005 }
    /// The steps between trials, whatever they cost.
    private static var intervals: ClosedRange<Double> { 256...8192 }

    /// The kind that seems faster.
    private var prefersShared = true
    /// Whether threads share the next step: the kind of the present series.
    private(set) var isShared = true
    /// A trial's first step does not count: it wakes threads that sleep.
    private var isFirst = true
    /// The times of the present series, in ascending order, and how many are still to come.
    private var times = InlineArray<7, Double>(repeating: 0)
    private var measured = 0
    private var remaining = ThreadChoice.trialSteps
    /// The median of the last series of each kind.
    private var sharedTime: Double?
    private var aloneTime: Double?
    private var stepsUntilTrial = 0.0

    /// Notes how long the step took, per row.
    mutating func took(_ seconds: Double) {
        if isFirst {
            isFirst = false
            return
        }
        var place = measured
        while place > 0, times[place - 1] > seconds {
            times[place] = times[place - 1]
            place -= 1
        }
        times[place] = seconds
        measured += 1
        remaining -= 1
        if remaining == 0 { endSeries() }
    }

    private mutating func endSeries() {
        let median = times[measured / 2]
        if isShared { sharedTime = median } else { aloneTime = median }
        stepsUntilTrial -= Double(measured)
        measured = 0
        guard let sharedTime, let aloneTime else { return begin(shared: !isShared, isTrial: true) }
        if isShared != prefersShared {
            prefersShared = sharedTime <= aloneTime
            let ratio = max(sharedTime, aloneTime) / min(sharedTime, aloneTime)
            let interval = Double(ThreadChoice.trialSteps + 1) * (ratio - 1) / ThreadChoice.mostLoss
            // Not a number if steps take no time.
            stepsUntilTrial =
                interval < ThreadChoice.intervals.upperBound
                ? max(interval, ThreadChoice.intervals.lowerBound) : ThreadChoice.intervals.upperBound
            return begin(shared: prefersShared, isTrial: false)
        }
        let (mine, other) = prefersShared ? (sharedTime, aloneTime) : (aloneTime, sharedTime)
        let isTrial = stepsUntilTrial <= 0 || mine > ThreadChoice.slowness * other
        begin(shared: prefersShared != isTrial, isTrial: isTrial)
    }

    private mutating func begin(shared: Bool, isTrial: Bool) {
        isShared = shared
        isFirst = isTrial
        remaining = isTrial ? ThreadChoice.trialSteps : ThreadChoice.usualSteps
    }
}
