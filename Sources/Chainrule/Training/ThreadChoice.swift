/// Decides whether threads share the next step or one thread takes it, by the time that steps of both kinds took so
/// far.
///
/// The results are the same, so only time matters. If other programs keep the processors busy, threads that wait for
/// one another can be slower than one alone. Now and then it tries the slower kind again.
struct ThreadChoice {
    /// One step in this many is of the kind that seems slower.
    private static let trialInterval: Int64 = 128
    /// The weight in the average of a time longer than the average.
    private static let weight = 0.25

    private var sharedTime: Double?
    private var aloneTime: Double?
    private var steps: Int64 = 0
    /// The first shared step is not measured: the threads are still starting.
    private var hasStarted = false

    /// Whether threads share the next step.
    mutating func next() -> Bool {
        steps += 1
        guard let sharedTime else { return true }
        guard let aloneTime else { return false }
        let isTrial = steps % ThreadChoice.trialInterval == 0
        return (sharedTime <= aloneTime) != isTrial
    }

    /// Notes how long a step took, per row.
    mutating func took(_ seconds: Double, shared: Bool) {
        if shared && !hasStarted {
            hasStarted = true
            return
        }
        // A short time counts at once; a long one may be an accident.
        func average(_ time: Double?) -> Double {
            guard let time, time < seconds else { return seconds }
            return time + ThreadChoice.weight * (seconds - time)
        }
        if shared { sharedTime = average(sharedTime) } else { aloneTime = average(aloneTime) }
    }
}
