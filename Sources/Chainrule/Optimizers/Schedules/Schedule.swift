import CPlatform

/// How the learning rate changes with the time t, from 0: the number of steps or epochs so far. A value; only
/// ``Plateau`` has a state.
///
/// ```swift
/// options.schedule = Schedule(CosineSchedule(), warmup: 500)
/// ```
public struct Schedule: Sendable {
    /// The source of the rate. A value, made without allocating.
    public enum Source: Sendable {
        // Formulas, given t after the warm-up.
        case constant(ConstantSchedule)
        case step(StepSchedule)
        case exponential(ExponentialSchedule)
        case cosine(CosineSchedule)
        case oneCycle(OneCycleSchedule)
        /// Follows the cost of each epoch.
        case plateau(Plateau)
        /// A function of yours.
        case custom(CustomSchedule)
    }

    public let source: Source
    /// W: for the first W values of t the rate rises in a straight line, from `warmupStart` times its value to its
    /// value. A formula starts after the warm-up. A plateau or a custom schedule also runs during it.
    public var warmup: Int
    /// In [0, 1].
    public var warmupStart: Float
    /// Whether t counts epochs instead of steps. ``Plateau`` always goes by epochs; for it this concerns only the
    /// warm-up.
    public var isPerEpoch: Bool

    public init(_ source: Source, warmup: Int = 0, warmupStart: Float = 1 / 3, perEpoch: Bool = false) {
        self.source = source
        self.warmup = warmup
        self.warmupStart = warmupStart
        isPerEpoch = perEpoch
    }

    public init(_ rule: some ScheduleRule, warmup: Int = 0, warmupStart: Float = 1 / 3, perEpoch: Bool = false) {
        self.init(rule.source, warmup: warmup, warmupStart: warmupStart, perEpoch: perEpoch)
    }

    package func validate() throws(ChainruleError) {
        guard warmup >= 0 else { throw ChainruleError(.size, "warmup is \(warmup); it must be >= 0") }
        guard warmupStart >= 0 && warmupStart <= 1 else {
            throw ChainruleError(.value, "warmup_start is \(warmupStart); it must be in [0, 1]")
        }
        switch source {
        case .constant(let rule): try rule.validate()
        case .step(let rule): try rule.validate()
        case .exponential(let rule): try rule.validate()
        case .cosine(let rule): try rule.validate()
        case .oneCycle(let rule): try rule.validate()
        case .plateau(let plateau): try plateau.validate()
        case .custom: break
        }
    }

    /// The rate at t, for schedules that depend only on t.
    /// - Parameters:
    ///   - base: η, finite and ≥ 0.
    ///   - t: the step or the epoch, from 0.
    ///   - run: the number of values of t, including the warm-up, for rules whose period is the whole run.
    public func rate(base: Float, at t: Int, of run: Int? = nil) throws(ChainruleError) -> Float {
        try validate()
        guard base.isFinite && base >= 0 else {
            throw ChainruleError(.value, "the base learning rate is \(base); it must be finite and >= 0")
        }
        guard t >= 0 else { throw ChainruleError(.size, "t is \(t); it must be >= 0") }
        guard source.isOfTimeAlone else {
            throw ChainruleError(.value, "the schedule depends on more than t: its rate is found while training")
        }
        if t < warmup { return try Schedule.checked(Double(base) * warmupFactor(at: t), at: t) }
        let rate = try source.rate(base: Double(base), at: t - warmup, of: run.map { max($0 - warmup, 0) })
        return try Schedule.checked(rate, at: t)
    }

    /// The factor for the rate at a t of the warm-up.
    func warmupFactor(at t: Int) -> Double {
        if t >= warmup { return 1 }
        return Double(warmupStart) + (1 - Double(warmupStart)) * Double(t) / Double(warmup)
    }

    /// Converts a rate to the optimizer's type.
    static func checked(_ rate: Double, at t: Int) throws(ChainruleError) -> Float {
        guard rate <= Double(Float.greatestFiniteMagnitude) else {
            throw ChainruleError(.notFinite, "the schedule's learning rate is \(rate) at t = \(t)")
        }
        return Float(rate)
    }
}

extension Schedule.Source {
    /// The stable name.
    public var identifier: StaticString {
        switch self {
        case .constant(let rule): rule.identifier
        case .step(let rule): rule.identifier
        case .exponential(let rule): rule.identifier
        case .cosine(let rule): rule.identifier
        case .oneCycle(let rule): rule.identifier
        case .plateau: "plateau"
        case .custom: "custom"
        }
    }

    /// Whether it is a formula.
    var isOfTimeAlone: Bool {
        switch self {
        case .plateau, .custom: false
        default: true
        }
    }

    /// The rate of a formula; for other schedules the base.
    fileprivate func rate(base: Double, at t: Int, of run: Int?) throws(ChainruleError) -> Double {
        switch self {
        case .constant(let rule): try rule.rate(base: base, at: t, of: run)
        case .step(let rule): try rule.rate(base: base, at: t, of: run)
        case .exponential(let rule): try rule.rate(base: base, at: t, of: run)
        case .cosine(let rule): try rule.rate(base: base, at: t, of: run)
        case .oneCycle(let rule): try rule.rate(base: base, at: t, of: run)
        case .plateau, .custom: base
        }
    }
}

/// A formula for the learning rate. To add one, write a file that conforms, a case of ``Schedule/Source``, a line
/// wherever the cases are listed, and a line in ``Schedules``.
public protocol ScheduleRule: Sendable {
    /// The stable name.
    var identifier: StaticString { get }
    /// Itself, as a case of ``Schedule/Source``.
    var source: Schedule.Source { get }
    /// Checks the numbers.
    func validate() throws(ChainruleError)
    /// The rate at t ≥ 0, from a base ≥ 0.
    /// - Parameters:
    ///   - base: η, finite and ≥ 0.
    ///   - t: the step or the epoch, from 0.
    ///   - run: the number of values of t; nil if unknown.
    func rate(base: Double, at t: Int, of run: Int?) throws(ChainruleError) -> Double
}

/// The table of schedules, and what several of them share.
public enum Schedules {
    /// Every rule with its usual numbers; those that need a period have 10.
    public static var all: [Schedule.Source] {
        [
            ConstantSchedule().source, StepSchedule(period: 10).source, ExponentialSchedule(factor: 0.99).source,
            CosineSchedule().source, OneCycleSchedule().source,
        ]
    }

    static func check(factor: Float, of schedule: StaticString) throws(ChainruleError) {
        guard factor > 0 && factor <= 1 else {
            throw ChainruleError(.value, "factor of the \(schedule) schedule is \(factor); it must be in (0, 1]")
        }
    }

    static func check(minRate: Float, of schedule: StaticString) throws(ChainruleError) {
        guard minRate.isFinite && minRate >= 0 else {
            throw ChainruleError(
                .value, "min_rate of the \(schedule) schedule is \(minRate); it must be finite and >= 0")
        }
    }

    /// A period; nil is the whole run.
    static func period(_ period: Int?, of run: Int?, _ schedule: StaticString) throws(ChainruleError) -> Double {
        if let period { return Double(period) }
        guard let run else {
            throw ChainruleError(
                .size,
                "the \(schedule) schedule has no period, and the length of the run is not known: give a period")
        }
        return Double(max(run, 1))
    }

    /// From `start` where `part` is 0 to `end` where it is 1, along half a cosine.
    static func annealed(from start: Double, to end: Double, _ part: Double) -> Double {
        end + (start - end) / 2 * (1 + cos(Double.pi * part))
    }
}
