/// L-BFGS: the direction `−H ∂C/∂w`. H, the inverse of the Hessian, is estimated from the last m steps (Nocedal and
/// Wright 2006, algorithms 7.4 and 7.5; Liu and Nocedal 1989).
///
/// The first choice for most networks trained on all data at once. Keeps 2 m vectors of the length of the parameters.
public final class LBFGS: LineSearchMethod {
    public let identifier: StaticString = "lbfgs"
    /// m, from 1 to 1000.
    public let memory: Int
    public let conditions: WolfeConditions

    /// - Parameters:
    ///   - memory: how many of the last steps approximate the Hessian, at least 1.
    ///   - c1: c₁ of the Wolfe conditions, in (0, ½).
    ///   - c2: c₂ of the Wolfe conditions, in (c₁, 1).
    public init(memory: Int = 10, c1: Double = 1e-4, c2: Double = 0.9) {
        self.memory = memory
        conditions = WolfeConditions(decrease: c1, curvature: c2)
    }

    public func validate(for cost: Cost) throws(ChainruleError) {
        guard memory >= 1 && memory <= 1000 else {
            throw ChainruleError(.size, "memory of lbfgs is \(memory); it must be from 1 to 1000")
        }
        try conditions.validate(identifier)
    }

    func directions(for run: Minimization) throws(ChainruleError) -> any Directions {
        try RecentSteps(memory, length: run.count)
    }
}

/// The last steps s = Δw, and their changes of the gradient, y = Δ∂C/∂w.
private final class RecentSteps: FallibleClass, Directions {
    private struct Pair {
        let s: Vector
        let y: Vector
        /// s · y, which is positive, and y · y.
        var sy = 0.0
        var yy = 0.0
        var a = 0.0
    }

    private let vectors: Vectors
    /// The oldest first. Those from `count` on are free.
    private var pairs: [Pair]
    private var count = 0

    init(_ vectors: Vectors, memory: Int) {
        self.vectors = vectors
        pairs = []
        for index in 0..<memory { pairs.append(Pair(s: vectors[2 * index], y: vectors[2 * index + 1])) }
    }

    func next(_ run: Minimization, into d: Vector) throws(ChainruleError) {
        d.assign(run.gradient)
        d.scale(by: -1)
        guard count > 0 else { return }
        for index in (0..<count).reversed() {
            try Cancellation.look()
            pairs[index].a = pairs[index].s.dot(d) / pairs[index].sy
            d.add(-pairs[index].a, pairs[index].y)
        }
        d.scale(by: pairs[count - 1].sy / pairs[count - 1].yy)
        for index in 0..<count {
            try Cancellation.look()
            let b = pairs[index].y.dot(d) / pairs[index].sy
            d.add(pairs[index].a - b, pairs[index].s)
        }
    }

    func firstStep(along d: Vector, slope: Double) -> Double { count > 0 ? 1 : 1 / d.norm }

    func remember(_ run: Minimization, step: Double, slope: Double) {
        if count == pairs.count {
            pairs.append(pairs.removeFirst())
            count -= 1
        }
        pairs[count].s.assign(run.trial, plus: -1, run.w)
        pairs[count].y.assign(run.trialGradient, plus: -1, run.gradient)
        pairs[count].sy = pairs[count].s.dot(pairs[count].y)
        pairs[count].yy = pairs[count].y.dot(pairs[count].y)
        if pairs[count].sy > Minimizers.leastCurvature * pairs[count].yy { count += 1 }
    }

    func restart() { count = 0 }
}

extension FallibleClass where Self == RecentSteps {
    init(_ memory: Int, length: Int) throws(ChainruleError) {
        try Reserve.setAside(Plan.checkedProduct(512, memory))
        let vectors = try Vectors(Plan.checkedProduct(2, memory), length: length, for: "the memory of lbfgs")
        self = RecentSteps(vectors, memory: memory)
    }
}
