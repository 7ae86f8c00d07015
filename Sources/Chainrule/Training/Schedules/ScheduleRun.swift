/// A schedule in a run of training.
struct ScheduleRun {
    private let schedule: Schedule
    private let optimizer: Optimizer
    /// The rate that the optimizer had before, and will have again.
    private let base: Float
    private let stepsPerEpoch: Int
    /// How many t the run has.
    private let length: Int
    /// What a plateau has made of the rate.
    private var plateauRate: Float
    private var state = Plateau.State()
    private var cost = Double.nan
    private var last: Int?

    init(_ schedule: Schedule, _ optimizer: Optimizer, epochs: Int, stepsPerEpoch: Int) {
        self.schedule = schedule
        self.optimizer = optimizer
        self.stepsPerEpoch = stepsPerEpoch
        base = optimizer.learningRate
        plateauRate = base
        let (steps, overflow) = epochs.multipliedReportingOverflow(by: stepsPerEpoch)
        length = schedule.isPerEpoch ? epochs : overflow ? .max : steps
    }

    /// Sets the optimizer's rate before a step.
    /// - Parameters:
    ///   - epoch: from 1.
    ///   - step: of the epoch, from 0.
    mutating func setRate(epoch: Int, step: Int) throws(NetworkError) {
        let (steps, overflow) = (epoch - 1).multipliedReportingOverflow(by: stepsPerEpoch)
        let t = schedule.isPerEpoch ? epoch - 1 : overflow ? .max : steps + step
        if t == last { return }
        last = t
        switch schedule.source {
        case .rule: try optimizer.setLearningRate(schedule.rate(base: base, at: t, of: length))
        case .plateau: try optimizer.setLearningRate(Float(Double(plateauRate) * schedule.warmupFactor(at: t)))
        case .custom(let custom):
            let given = try custom.function(t, base, cost)
            guard given.isFinite && given >= 0 else {
                throw NetworkError(
                    .callback, "the schedule's learning rate is \(given) at t = \(t); it must be finite and >= 0")
            }
            try optimizer.setLearningRate(Float(Double(given) * schedule.warmupFactor(at: t)))
        }
    }

    /// Takes notice of an epoch's cost.
    mutating func finishEpoch(cost: Double) throws(NetworkError) {
        self.cost = cost
        guard case .plateau(let plateau) = schedule.source else { return }
        plateauRate = try plateau.rate(after: cost, from: plateauRate, &state)
        last = nil
    }
}
