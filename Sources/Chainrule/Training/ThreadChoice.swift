/// Whether the next step is shared among threads or taken by one, by what steps of both kinds took so far.
///
/// The results are the same, and so only time decides: where the processors are busy with other programs, threads that wait for
/// one another can be slower than one alone. The kind that seems slower is tried again now and then.
struct ThreadChoice {
    /// One step in so many is of the kind that seems slower.
    private static let trialInterval: Int64 = 128
    /// What a longer time than before counts for in the average.
    private static let weight = 0.25

    private var sharedTime: Double?
    private var aloneTime: Double?
    private var steps: Int64 = 0
    /// The first shared step is not measured: the threads are still starting.
    private var hasStarted = false

    /// Whether the next step is to be shared.
    mutating func next() -> Bool {
        steps += 1
        guard let sharedTime else { return true }
        guard let aloneTime else { return false }
        let isTrial = steps % ThreadChoice.trialInterval == 0
        return (sharedTime <= aloneTime) != isTrial
    }

    /// Takes note of how long a step took, by row.
    mutating func took(_ seconds: Double, shared: Bool) {
        if shared && !hasStarted {
            hasStarted = true
            return
        }
        // A short time counts at once, a long one may be an accident.
        func average(_ time: Double?) -> Double {
            guard let time, time < seconds else { return seconds }
            return time + ThreadChoice.weight * (seconds - time)
        }
        if shared { sharedTime = average(sharedTime) } else { aloneTime = average(aloneTime) }
    }
}
