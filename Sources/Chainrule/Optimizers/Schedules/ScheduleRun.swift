/// A schedule in a run of training.
struct ScheduleRun {
    private let schedule: Schedule
    private let optimizer: Optimizer
    /// The number of values of t in the run; nil if unknown.
    private var length: Int?
    private var last: Int?
    /// What to remember from one call to the next.
    var memory: Memory

    struct Memory {
        /// The optimizer's own rate, restored at the end.
        var base: Float
        /// The rate that a plateau has made of it.
        var plateauRate: Float
        var plateau = Plateau.State()
        /// The cost of the epoch before; NaN in the first.
        var cost = Double.nan
    }

    init(_ schedule: Schedule, _ optimizer: Optimizer) {
        self.schedule = schedule
        self.optimizer = optimizer
        memory = Memory(base: optimizer.learningRate, plateauRate: optimizer.learningRate)
    }

    /// Starts or continues, from the optimizer's present rate.
    /// - Parameter stepsPerEpoch: nil if unknown.
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

    /// Restores the optimizer's own rate.
    func end() { optimizer.restoreLearningRate(memory.base) }

    /// Sets the optimizer's rate before a step.
    /// - Parameters:
    ///   - epochs: the number of finished epochs.
    ///   - steps: the number of finished steps.
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

    /// Notes an epoch's cost.
    mutating func finishEpoch(cost: Double) throws(ChainruleError) {
        memory.cost = cost
        guard case .plateau(let plateau) = schedule.source else { return }
        memory.plateauRate = try plateau.rate(after: cost, from: memory.plateauRate, &memory.plateau)
    }

    /// The kind of schedule.
    var identifier: StaticString { schedule.source.identifier }
}
