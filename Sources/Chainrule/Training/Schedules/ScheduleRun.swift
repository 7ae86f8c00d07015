/// A schedule in a run of training.
struct ScheduleRun {
    private let schedule: Schedule
    private let optimizer: Optimizer
    /// How many t the run has; nil if nobody knows.
    private var length: Int?
    private var last: Int?
    /// What has to be remembered from one call to the next.
    var memory: Memory

    struct Memory {
        /// The rate that the optimizer had before, and will have again.
        var base: Float
        /// What a plateau has made of it.
        var plateauRate: Float
        var plateau = Plateau.State()
        /// Of the epoch before; NaN in the first.
        var cost = Double.nan
    }

    init(_ schedule: Schedule, _ optimizer: Optimizer) {
        self.schedule = schedule
        self.optimizer = optimizer
        memory = Memory(base: optimizer.learningRate, plateauRate: optimizer.learningRate)
    }

    /// Begins, or goes on, from the rate that the optimizer has.
    /// - Parameter stepsPerEpoch: nil if nobody knows.
    mutating func begin(epochs: Int, stepsPerEpoch: Int?) {
        last = nil
        if optimizer.learningRate != memory.base {
            memory.base = optimizer.learningRate
            memory.plateauRate = optimizer.learningRate
        }
        length = epochs
        guard !schedule.isPerEpoch else { return }
        length = stepsPerEpoch.map { stepsPerEpoch in
            let (steps, overflow) = epochs.multipliedReportingOverflow(by: stepsPerEpoch)
            return overflow ? .max : steps
        }
    }

    /// Gives the optimizer back the rate that it had.
    func end() { optimizer.restoreLearningRate(memory.base) }

    /// Sets the optimizer's rate before a step.
    /// - Parameters:
    ///   - epochs: how many are done.
    ///   - steps: how many are done.
    mutating func setRate(epochs: Int, steps: Int) throws(ChainruleError) {
        let t = schedule.isPerEpoch ? epochs : steps
        if t == last { return }
        last = t
        switch schedule.source {
        case .plateau: try optimizer.setLearningRate(Float(Double(memory.plateauRate) * schedule.warmupFactor(at: t)))
        case .custom(let custom):
            let given = try custom.function(t, memory.base, memory.cost)
            guard given.isFinite && given >= 0 else {
                throw ChainruleError(
                    .callback, "the schedule's learning rate is \(given) at t = \(t); it must be finite and >= 0")
            }
            try optimizer.setLearningRate(Float(Double(given) * schedule.warmupFactor(at: t)))
        default: try optimizer.setLearningRate(schedule.rate(base: memory.base, at: t, of: length))
        }
    }

    /// Takes notice of an epoch's cost.
    mutating func finishEpoch(cost: Double) throws(ChainruleError) {
        memory.cost = cost
        guard case .plateau(let plateau) = schedule.source else { return }
        memory.plateauRate = try plateau.rate(after: cost, from: memory.plateauRate, &memory.plateau)
    }

    /// What kind of schedule it is.
    var identifier: StaticString { schedule.source.identifier }
}
