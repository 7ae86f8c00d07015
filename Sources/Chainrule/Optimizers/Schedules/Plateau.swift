/// Lowers the rate when the cost stops falling. Same as PyTorch's `ReduceLROnPlateau` if costs are not negative. After
/// more than `patience` epochs without a cost below `C₋ − threshold |C₋|`, where C₋ is the lowest so far, sets
/// `η ← max(γ η, η₋)`. The next `cooldown` epochs do not count.
public struct Plateau: Sendable {
    /// γ in (0, 1].
    public var factor: Float
    public var patience: Int
    /// In [0, 1).
    public var threshold: Float
    public var cooldown: Int
    /// η₋ ≥ 0, finite.
    public var minRate: Float

    public init(
        factor: Float = 0.1, patience: Int = 10, threshold: Float = 1e-4, cooldown: Int = 0, minRate: Float = 0
    ) {
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.cooldown = cooldown
        self.minRate = minRate
    }

    /// What to remember from one epoch to the next.
    public struct State: Sendable {
        /// The lowest cost so far.
        public var lowest = Double.infinity
        /// The counted epochs since then.
        public var waited = 0
        /// The epochs left that do not count.
        public var cooling = 0

        public init() {}
    }

    package func validate() throws(ChainruleError) {
        try Schedules.check(factor: factor, of: "plateau")
        try Schedules.check(minRate: minRate, of: "plateau")
        guard threshold >= 0 && threshold < 1 else {
            throw ChainruleError(.value, "threshold of the plateau schedule is \(threshold); it must be in [0, 1)")
        }
        guard patience >= 0 && cooldown >= 0 else {
            throw ChainruleError(
                .size,
                "patience and cooldown of the plateau schedule are \(patience) and \(cooldown); they must be >= 0")
        }
    }

    /// The rate after an epoch with this cost.
    /// - Parameters:
    ///   - cost: of the epoch.
    ///   - rate: of the epoch.
    ///   - state: from the epoch before.
    public func rate(after cost: Double, from rate: Float, _ state: inout State) throws(ChainruleError) -> Float {
        try validate()
        guard cost.isFinite else { throw ChainruleError(.notFinite, "the cost for the plateau schedule is \(cost)") }
        guard rate.isFinite && rate >= 0 else {
            throw ChainruleError(.value, "the learning rate is \(rate); it must be finite and >= 0")
        }
        // A cost may be negative: the threshold is still relative to its magnitude.
        if state.lowest == .infinity || cost < state.lowest - Double(threshold) * state.lowest.magnitude {
            state.lowest = cost
            state.waited = 0
        } else if state.waited < Int.max {
            state.waited += 1
        }
        if state.cooling > 0 {
            state.cooling -= 1
            state.waited = 0
        }
        guard state.waited > patience else { return rate }
        state.waited = 0
        state.cooling = cooldown
        return min(rate, max(factor * rate, minRate))
    }
}
