import Kernels

/// An optimizer: a method with its hyperparameters, and its state for the parameters of one network.
///
/// A step reads a gradient and changes the parameters. It takes subnormal numbers for 0. One optimizer serves one network at
/// a time.
public final class Optimizer: FallibleClass {
    public let method: any OptimizationMethod
    public let regularization: Regularization
    /// η, finite and ≥ 0.
    public private(set) var learningRate: Float
    /// t, the number of steps taken.
    public private(set) var steps: Int64 = 0
    /// How many epochs trainers have finished with it. The order of an epoch's rows follows from the seed and from
    /// this: training on with the same optimizer gives new orders.
    public internal(set) var epochs = 0

    private let plan: Plan
    /// Vectors of the shape of the parameters.
    let states: [FloatMemory]
    private let stateBases: Memory<UnsafeMutablePointer<Float>>
    /// Bounds on the magnitude of each state vector, from the largest gradients so far.
    private(set) var stateBounds = SIMD4<Double>.zero

    /// By layer.
    private var layers: [LayerStep]
    /// By layer: the steps in which it was frozen.
    private(set) var stepsMissed: [Int64]
    /// By tensor.
    private var tensorRules: [TensorRule] = []
    /// By tensor, in the form of ``KernelStep``.
    private let factors: Memory<SIMD16<Float>>
    /// The largest of the tensors that are not frozen.
    private var largest = (learningRateFactor: Float(0), decay: 0.0, l1: 0.0, l2: 0.0)
    /// Room for gradients after clipping and penalties, some at a time; nil if no setting changes gradients or parameters
    /// besides the method's step.
    private var penalizedGradients: FloatMemory?

    fileprivate init(
        method: any OptimizationMethod, learningRate: Float, regularization: Regularization, plan: Plan,
        states: [FloatMemory], stateBases: Memory<UnsafeMutablePointer<Float>>, factors: Memory<SIMD16<Float>>
    ) {
        self.method = method
        self.learningRate = learningRate
        self.regularization = regularization
        self.plan = plan
        self.states = states
        self.stateBases = stateBases
        self.factors = factors
        layers = [LayerStep](repeating: LayerStep(), count: plan.architecture.nodes.count)
        stepsMissed = [Int64](repeating: 0, count: layers.count)
        for index in states.indices { stateBases.base[index] = states[index].base }
    }

    public func setLearningRate(_ rate: Float) throws(ChainruleError) {
        try Optimizer.check(rate)
        learningRate = rate
    }

    /// Sets a rate that the optimizer had before.
    func restoreLearningRate(_ rate: Float) { learningRate = rate }

    static func check(_ rate: Float) throws(ChainruleError) {
        guard rate.isFinite && rate >= 0 else {
            throw ChainruleError(.value, "the learning rate is \(rate); it must be finite and >= 0")
        }
    }

    // MARK: Layers

    /// Sets how to step a layer's parameters from now on. Replaces an earlier setting.
    public func set(layer name: String, _ step: LayerStep) throws(ChainruleError) {
        guard let position = plan.architecture.position(of: LayerName(unchecked: name)), position > 0 else {
            throw ChainruleError(.name, "the network has no layer '\(name)'")
        }
        try step.validate()
        let before = layers[position - 1]
        layers[position - 1] = step
        do throws(ChainruleError) {
            try resolve()
        } catch {
            layers[position - 1] = before
            throw error
        }
    }

    /// Finds what a step does to each tensor.
    fileprivate func resolve() throws(ChainruleError) {
        try plan.architecture.setAside()
        var steps: [TensorRule] = []
        for (layer, range) in plan.tensorRanges.enumerated() {
            for tensor in plan.tensors[range] {
                steps.append(
                    TensorRule(
                        tensor, layer: layer, layers[layer], regularization, usualWeightDecay: method.usualWeightDecay))
            }
        }
        var regularizes = regularization.clipNorm < .infinity || regularization.clipValue < .infinity
        var most = (learningRateFactor: Float(0), decay: 0.0, l1: 0.0, l2: 0.0)
        for step in steps where !step.isFrozen {
            if step.regularizes { regularizes = true }
            most.learningRateFactor = max(most.learningRateFactor, step.learningRateFactor)
            most.decay = max(most.decay, Double(step.learningRateFactor) * Double(step.weightDecay))
            most.l1 = max(most.l1, Double(step.l1))
            most.l2 = max(most.l2, Double(step.l2))
        }
        if regularizes && penalizedGradients == nil {
            // A method without a kernel steps along a whole tensor.
            let largest = plan.tensors.map { $0.count }.max() ?? 0
            penalizedGradients = try FloatMemory(
                count: method.kernel == nil ? largest : min(largest, 1 << 14), for: "a regularized gradient")
        } else if !regularizes {
            penalizedGradients = nil
        }
        tensorRules = steps
        largest = most
    }

    func isFrozen(layer: Int) -> Bool { layers[layer].isFrozen }

    /// Whether a step needs the whole gradient: for its norm, for a method without a kernel, or because part of it is a
    /// sum of terms and the kernel would step along each.
    var needsGradient: Bool {
        regularization.clipNorm < .infinity || method.kernel == nil || plan.hasGradientsOfTerms
    }

    /// Whether a step changes gradients or parameters besides the method's step.
    var regularizes: Bool { penalizedGradients != nil }

    // MARK: Steps

    /// Changes the network's parameters by one step along the gradient.
    ///
    /// Throws ``ChainruleError/Code/notFinite`` if the gradient has an element that is not finite, or if the step could
    /// make a parameter or the state overflow. Then changes neither parameters nor state. Does not read the gradients
    /// of frozen layers.
    /// - Parameters:
    ///   - network: the network that the optimizer was made for.
    ///   - gradients: ∂C/∂w for every parameter, in the order of the parameter vector.
    public func step(_ network: Network, gradients: Span<Float>) throws(ChainruleError) {
        guard gradients.count == network.parameterCount else {
            throw ChainruleError(
                .size, "gradients holds \(gradients.count) floats; the network has \(network.parameterCount) parameters"
            )
        }
        try network.checkIsNotTraining()
        try gradients.withUnsafeBufferPointer { buffer throws(ChainruleError) in
            guard let base = buffer.baseAddress else { return }
            try step(network, gradients: Matrix(reading: base, rows: 1, columns: buffer.count, stride: buffer.count))
        }
    }

    func check(_ network: Network) throws(ChainruleError) {
        guard network.plan === plan else {
            throw ChainruleError(.mismatch, "the optimizer was made for another network")
        }
    }

    /// Checks that a network has tensors of the same names and shapes.
    func checkTensors(of network: Network) throws(ChainruleError) {
        let (mine, others) = (plan.tensors, network.plan.tensors)
        guard mine.count == others.count else {
            throw ChainruleError(
                .mismatch, "the optimizer is for \(mine.count) tensors; the network has \(others.count)")
        }
        for (mine, other) in zip(mine, others)
        where !mine.name.utf8.elementsEqual(other.name.utf8) || mine.rows != other.rows || mine.columns != other.columns
        {
            throw ChainruleError(
                .mismatch,
                """
                the optimizer is for \(mine.rows) x \(mine.columns) '\(mine.name)'; the network has \(other.rows) x \
                \(other.columns) '\(other.name)'
                """)
        }
    }

    /// Copies another optimizer of as many tensors into this one.
    func take(_ other: Optimizer) throws(ChainruleError) {
        layers = other.layers
        try resolve()
        restore(
            learningRate: other.learningRate, steps: other.steps, epochs: other.epochs, stepsMissed: other.stepsMissed,
            stateBounds: other.stateBounds)
        for (state, others) in zip(states, other.states) { state.vector.assign(others.vector) }
    }

    /// - Parameters:
    ///   - rows: for tensors whose gradient is 0 in all other rows. If the method then changes nothing there, nor reads that.
    ///   - largestParameter: no parameter is larger in magnitude; nil: look it up.
    /// - Returns: a bound on the parameters after the step.
    @discardableResult
    package func step(
        _ network: Network, gradients: Matrix, rows: [GradientRows] = [], largestParameter: Double? = nil
    ) throws(ChainruleError) -> Double {
        try check(network)
        precondition(gradients.count == network.parameterCount)
        var largest = 0.0
        for tensor in plan.tensors where !tensorRules[tensor.index].isFrozen {
            try forEachPart(of: tensor, rows, isStep: false) { (first, count) throws(ChainruleError) in
                let part = tensor.vector(in: gradients).columns(from: first, count: count)
                largest = max(largest, try network.largestMagnitude(ofGradient: part, from: tensor.offset + first))
            }
        }
        let bound = try begin(network, largestGradient: largest, mostParameter: largestParameter)
        let scale = clippingScale(gradients, largest: Float(largest), network.arithmetic)
        let step = kernelStep(network)
        for tensor in plan.tensors where !tensorRules[tensor.index].isFrozen {
            let rule = tensorRules[tensor.index]
            let parameters = tensor.vector(in: network.parameters)
            let gradients = tensor.vector(in: gradients)
            try forEachPart(of: tensor, rows, isStep: true) { (first, count) throws(ChainruleError) in
                let w = parameters.columns(from: first, count: count)
                var g = gradients.columns(from: first, count: count)
                if let penalizedGradients {
                    let penalized = penalizedGradients.matrix(at: 0, rows: 1, columns: count)
                    penalize(g, w, rule, into: penalized, scale: scale, network.arithmetic)
                    g = penalized
                }
                if let step {
                    network.arithmetic.step(step, tensor: tensor.index, w, along: g)
                } else {
                    let decay = factors.base[tensor.index][8]
                    network.arithmetic.penalize(w, w, into: w, limit: .infinity, scale: 1, l2: -decay, l1: 0)
                    method.step(
                        OptimizerStep(
                            parameters: w, gradients: g, states: states, offset: tensor.offset + first,
                            learningRate: learningRate * rule.learningRateFactor,
                            number: Optimizer.number(steps - stepsMissed[rule.layer])))
                }
            }
            limitNorms(of: tensor.view(in: network.parameters), rule, network.arithmetic)
        }
        // A custom method may have predicted with some of the changes.
        if step == nil { network.parameterVersion += 1 }
        return bound
    }

    /// Calls `body` with parts of a tensor, by their first element and their count: all of it at once, or as much as there is room
    /// for; or the rows that may have a gradient.
    /// - Parameter isStep: whether it is for a step. That leaves rows out only if it changes nothing there.
    private func forEachPart(
        of tensor: Plan.Tensor, _ rows: [GradientRows], isStep: Bool,
        _ body: (_ first: Int, _ count: Int) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        let most = isStep ? penalizedGradients?.count ?? tensor.count : tensor.count
        for some in rows where some.tensor.index == tensor.index {
            if isStep && !(method.rests && tensorRules[tensor.index].rests && most >= tensor.columns) { break }
            for row in some.list { try body(Int(row) * tensor.columns, tensor.columns) }
            return
        }
        for first in stride(from: 0, to: tensor.count, by: max(min(most, tensor.count), 1)) {
            try body(first, min(most, tensor.count - first))
        }
    }

    /// Begins a step, with a bound on the parameters that is looked up if the given one is nil, or too large.
    private func begin(
        _ network: Network, largestGradient: Double, mostParameter: Double?
    ) throws(ChainruleError) -> Double {
        if let mostParameter {
            do throws(ChainruleError) {
                return try begin(network, largestGradient: largestGradient, largestParameter: mostParameter)
            } catch {
                // The bound grows with every step: it may be far above the parameters.
            }
        }
        return try begin(
            network, largestGradient: largestGradient, largestParameter: network.largestParameter())
    }

    /// Takes the kernel's step on some rows of a tensor, with what the optimizer does besides. Of the gradient's norm it
    /// knows nothing.
    /// - Parameters:
    ///   - rows: contiguous, in the parameter vector.
    ///   - gradients: of the shape of the rows, contiguous; changed.
    func take(_ step: KernelStep, tensor: Int, _ rows: Matrix, along gradients: Matrix, _ arithmetic: Arithmetic) {
        let rule = tensorRules[tensor]
        let w = Matrix(base: rows.base, rows: 1, columns: rows.count)
        let g = Matrix(base: gradients.base, rows: 1, columns: rows.count)
        penalize(g, w, rule, into: g, scale: 1, arithmetic)
        arithmetic.step(step, tensor: tensor, w, along: g)
        limitNorms(of: rows, rule, arithmetic)
    }

    private func penalize(
        _ gradients: Matrix, _ parameters: Matrix, _ rule: TensorRule, into penalized: Matrix, scale: Double,
        _ arithmetic: Arithmetic
    ) {
        arithmetic.penalize(
            gradients, parameters, into: penalized, limit: regularization.clipValue, scale: scale, l2: rule.l2,
            l1: rule.l1)
    }

    /// The step that has begun, for the method's kernel; nil if it has none.
    func kernelStep(_ network: Network) -> KernelStep? {
        guard let choice = method.kernel else { return nil }
        return KernelStep(
            kernel: choice.select(network.arithmetic), factors: factors.base, parameters: network.parameters,
            states: stateBases.base)
    }

    /// Sets everything but the state vectors to what it was after some step. The caller sets the state vectors.
    func restore(learningRate: Float, steps: Int64, epochs: Int, stepsMissed: [Int64], stateBounds: SIMD4<Double>) {
        self.epochs = epochs
        self.learningRate = learningRate
        self.steps = steps
        self.stepsMissed = stepsMissed
        self.stateBounds = stateBounds
    }

    /// Forgets all steps: the next is like the first, for every layer. Their count goes on.
    func forgetSteps() {
        for state in states { state.elements.update(repeating: 0) }
        stateBounds = .zero
        for layer in stepsMissed.indices { stepsMissed[layer] = steps }
    }

    /// Counts a step. First checks that the step cannot overflow if no gradient and no parameter exceeds these
    /// magnitudes; throws otherwise and changes nothing. The caller then changes the parameters and the state.
    /// - Returns: a bound on the parameters after the step.
    func begin(_ network: Network, largestGradient: Double, largestParameter: Double) throws(ChainruleError) -> Double {
        let limit = Double(Float.greatestFiniteMagnitude)
        let rate = Double(learningRate) * Double(largest.learningRateFactor)
        let decay = Double(learningRate) * largest.decay
        let clipped = min(largestGradient, Double(regularization.clipValue), Double(regularization.clipNorm))
        let gradient = clipped + largest.l2 * largestParameter + largest.l1
        let parameter = decay > 1 ? (1 + decay) * largestParameter : largestParameter
        var bounds = stateBounds
        var change = 0.0
        if rate <= limit && decay <= limit && gradient <= limit {
            // Layers that were frozen for a while are at another t.
            var last: Int64 = -1
            for layer in layers.indices where !layers[layer].isFrozen && stepsMissed[layer] != last {
                last = stepsMissed[layer]
                var after = stateBounds
                let reach = method.bound(
                    gradient: gradient, parameter: parameter, state: &after, learningRate: rate,
                    step: Optimizer.number(steps + 1 - last))
                bounds.replace(with: after, where: bounds .< after)
                change = reach <= change ? change : reach
            }
        } else {
            change = .infinity
        }
        let reach = parameter + change
        guard reach <= limit && bounds.max() <= limit else {
            throw ChainruleError(
                .notFinite,
                """
                a step with learning rate \(learningRate) along a gradient of magnitude \(Float(largestGradient)) would \
                overflow
                """)
        }
        steps += 1
        stateBounds = bounds
        for layer in layers.indices where layers[layer].isFrozen { stepsMissed[layer] += 1 }
        setFactors()
        network.parameterVersion += 1
        return reach
    }

    /// Sets the factors of the step that has begun.
    private func setFactors() {
        var factors = SIMD8<Float>.zero
        // Most tensors have the factors of the tensor before.
        var last: (learningRate: Float, number: Int)?
        for (tensor, rule) in tensorRules.enumerated() where !rule.isFrozen {
            let rate = learningRate * rule.learningRateFactor
            let number = Optimizer.number(steps - stepsMissed[rule.layer])
            if last == nil || last!.learningRate != rate || last!.number != number {
                factors = method.factors(learningRate: rate, step: number)
                last = (rate, number)
            }
            self.factors.base[tensor] = SIMD16(
                lowHalf: factors, highHalf: SIMD8(rate * rule.weightDecay, 0, 0, 0, 0, 0, 0, 0))
        }
    }

    /// t for a method. Beyond an Int of 32 bits no power of a decay changes any more.
    private static func number(_ step: Int64) -> Int { Int(clamping: step) }

    // MARK: Norms

    /// The factor that brings the gradient's norm to the limit, after its elements are cut; 1 if the norm is within it.
    private func clippingScale(_ gradients: Matrix, largest: Float, _ arithmetic: Arithmetic) -> Double {
        guard regularization.clipNorm < .infinity, largest > 0 else { return 1 }
        // Squares of numbers up to 1 do not overflow.
        let unit = 1 / max(min(largest, regularization.clipValue), 1e-37)
        var sum = 0.0
        for tensor in plan.tensors where !tensorRules[tensor.index].isFrozen {
            sum += arithmetic.sumOfSquares(tensor.vector(in: gradients), limit: regularization.clipValue, scale: unit)
        }
        let norm = sum.squareRoot() / Double(unit)
        return min(1, Double(regularization.clipNorm) / (norm + 1e-6))
    }

    /// Scales rows of W whose norm is too large back to the largest allowed norm.
    private func limitNorms(of weights: Matrix, _ rule: TensorRule, _ arithmetic: Arithmetic) {
        guard rule.maxNorm < .infinity else { return }
        for index in 0..<weights.rows {
            let row = weights.row(index)
            let unit = 1 / max(arithmetic.largestMagnitude(row), 1e-37)
            let norm = arithmetic.sumOfSquares(row, limit: .infinity, scale: unit).squareRoot() / Double(unit)
            guard norm > Double(rule.maxNorm) else { continue }
            arithmetic.penalize(row, row, into: row, limit: .infinity, scale: Double(rule.maxNorm) / norm, l2: 0, l1: 0)
        }
    }
}

extension FallibleClass where Self == Optimizer {
    /// - Parameters:
    ///   - method: the rule of a step.
    ///   - learningRate: η, finite and ≥ 0.
    ///   - regularization: what to do besides the method's step; nothing by default.
    ///   - network: the network to train.
    public init(
        _ method: any OptimizationMethod, learningRate: Float, regularization: Regularization = Regularization(),
        for network: Network
    ) throws(ChainruleError) {
        try method.validate()
        try Optimizer.check(learningRate)
        try regularization.validate()
        try network.architecture.setAside()
        var states: [FloatMemory] = []
        for _ in 0..<method.stateVectors {
            states.append(try FloatMemory(count: network.parameterCount, for: "the optimizer's state"))
        }
        let optimizer = Optimizer(
            method: method, learningRate: learningRate, regularization: regularization, plan: network.plan,
            states: states,
            stateBases: try Memory(count: states.count, for: "the places of the optimizer's state"),
            factors: try Memory(count: network.plan.tensors.count, for: "the optimizer's factors"))
        try optimizer.resolve()
        self = optimizer
    }
}
