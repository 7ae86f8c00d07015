extension Network {
    /// Checks derivatives against differences of values, which do not depend on them. First checks σ', σ'' and ∇C of
    /// your own functions, where the network uses them for these rows; then ∂C/∂w of the parameters. Does not change
    /// the network.
    ///
    /// Finds a wrong factor of 1 % in a custom derivative. Skips and counts coordinates beside a kink, such as ReLU's,
    /// and those whose differences drown in the rounding of float32.
    /// - Parameters:
    ///   - cost: C.
    ///   - x: whole rows of inputs, every element finite.
    ///   - targets: for each row of x.
    ///   - options: the steps of the differences, the tolerance, and how many coordinates.
    public func checkGradient(
        _ cost: Cost, _ x: [Float], targets: Targets, options: GradientCheckOptions = GradientCheckOptions()
    ) throws(ChainruleError) -> GradientReport {
        _ = try rows(of: x)
        var report = GradientReport()
        try targets.withView { targets throws(ChainruleError) in
            try withMatrix(x, inputs) { x throws(ChainruleError) in
                report = try checkGradient(cost, x!, targets, options: options)
            }
        }
        return report
    }

    package func checkGradient(
        _ cost: Cost, _ x: Matrix, _ targets: TargetView, options: GradientCheckOptions
    ) throws(ChainruleError) -> GradientReport {
        try options.validate()
        // Move the parameters of a copy: this network may be in use.
        let copy = try Network(uninitialized: plan, level: level)
        copy.numbers.assign(numbers)
        let check = GradientCheck(network: copy, cost: cost, x: x, targets: targets, options: options)
        try check.run()
        return check.report
    }
}

/// One run of a check.
private final class GradientCheck {
    private let network: Network
    private let cost: Cost
    private let x: Matrix
    private let targets: TargetView
    private let options: GradientCheckOptions
    private var generator: RandomGenerator
    private(set) var report = GradientReport()
    private var kept: [FloatMemory] = []

    /// The relative error of values computed in float32: some roundings.
    private static let rounding = 0x1p-22
    /// A float64 sum of many such values may be more exact.
    private static let leastRounding = 0x1p-28
    /// Check custom activations in the first rows only.
    private static let activationRows = 64

    init(network: Network, cost: Cost, x: Matrix, targets: TargetView, options: GradientCheckOptions) {
        self.network = network
        self.cost = cost
        self.x = x
        self.targets = targets
        self.options = options
        generator = RandomGenerator(seed: options.seed)
    }

    func run() throws(ChainruleError) {
        let gradients = try FloatMemory(count: network.parameterCount, for: "the gradient")
        // This also checks the arguments.
        let value = try network.valueAndGradient(cost, x, targets, gradients: gradients.vector)
        let y = try FloatMemory(count: Plan.checkedProduct(x.rows, network.outputs), for: "the outputs")
        let outputs = y.matrix(at: 0, rows: x.rows, columns: network.outputs)
        try network.predictUnprepared(x, into: outputs)
        try checkActivations()
        try checkCost(value, outputs)
        try checkParameters(value, gradients.vector)
    }

    /// The largest step for a number.
    private func firstStep(_ number: Double) -> Double { Double(options.step) * max(1, number.magnitude) }

    private func add(
        _ quantity: GradientReport.Quantity, of subject: (name: String, index: Int), row: Int, column: Int,
        analytic: Float,
        _ differences: Differences, largest: Float
    ) {
        report.add(
            quantity, of: subject, row: row, column: column, analytic: Double(analytic), differences,
            scale: Double(largest) / 100, tolerance: Double(options.tolerance))
    }

    /// Chooses one of at most `most` places among `count`, in order. Splits `count` into `most` equal parts and draws
    /// one place from each.
    private func place(_ part: Int, of count: Int, most: Int) -> Int {
        if count <= most { return part }
        func bound(_ part: Int) -> Int { most.dividingFullWidth(part.multipliedFullWidth(by: count)).quotient }
        return bound(part) + generator.integer(below: bound(part + 1) - bound(part))
    }

    /// The numbers that C is a function of.
    private enum Variables {
        /// The parameters.
        case parameters
        /// The outputs, for a custom cost.
        case outputs(Matrix)
    }

    private func costNow(_ variables: Variables) throws(ChainruleError) -> Double {
        try Cancellation.look()
        return switch variables {
        case .parameters: try network.valueAndGradient(cost, x, targets, gradients: nil)
        case .outputs(let y): try cost.evaluate(y, targets, gradient: nil, network.arithmetic)
        }
    }

    // MARK: The parameters

    private func checkParameters(_ value: Double, _ gradients: Matrix) throws(ChainruleError) {
        if network.parameterCount == 0 { return }
        let rounding = try self.rounding(of: value, .parameters, at: network.parameters)
        let tensors = network.plan.tensors
        let each =
            network.parameterCount <= options.maxCoordinates
            ? network.parameterCount : max(1, options.maxCoordinates / tensors.count)
        for (index, tensor) in tensors.enumerated() {
            let derivatives = Matrix(base: gradients.base + tensor.offset, rows: 1, columns: tensor.count)
            let largest = network.arithmetic.largestMagnitude(derivatives)
            for part in 0..<min(tensor.count, each) {
                let place = self.place(part, of: tensor.count, most: each)
                let analytic = derivatives[0, place]
                let differences = try self.differences(
                    of: value, rounding: rounding, .parameters, at: network.parameters.base + (tensor.offset + place),
                    analytic: analytic, largest: largest)
                let (row, column) = place.quotientAndRemainder(dividingBy: tensor.columns)
                add(
                    .parameter, of: (tensor.name, index), row: row, column: column, analytic: analytic, differences,
                    largest: largest)
            }
        }
    }

    /// The rounding error of C: over steps this small C is straight, so its second differences are only rounding.
    private func rounding(
        of value: Double, _ variables: Variables, at numbers: Matrix
    ) throws(ChainruleError) -> Double {
        var largest = GradientCheck.leastRounding * value.magnitude
        for part in 0..<min(numbers.count, 16) {
            let number = numbers.base + place(part, of: numbers.count, most: 16)
            let kept = number.pointee
            defer { number.pointee = kept }
            let step = 0x1p-16 * max(1, kept.magnitude)
            do throws(ChainruleError) {
                number.pointee = kept + step
                let above = try costNow(variables)
                number.pointee = kept - step
                largest = max(largest, (above + (try costNow(variables)) - 2 * value).magnitude / 2)
            } catch {
                guard error.isOfParameters else { throw error }
            }
        }
        return largest
    }

    /// The differences of C as a function of one number. Moves the number and puts it back.
    private func differences(
        of value: Double, rounding: Double, _ variables: Variables, at number: UnsafeMutablePointer<Float>,
        analytic: Float, largest: Float
    ) throws(ChainruleError) -> Differences {
        var differences = Differences(value: value, rounding: rounding)
        let kept = number.pointee
        defer { number.pointee = kept }
        var step = firstStep(Double(kept))
        for _ in 0..<Differences.mostSteps {
            do throws(ChainruleError) {
                number.pointee = Float(Double(kept) + step)
                let above = try costNow(variables)
                number.pointee = Float(Double(kept) - step)
                differences.add(step: step, above: above, below: try costNow(variables))
            } catch {
                // A cost need not be defined everywhere.
                guard error.isOfParameters else { throw error }
                number.pointee = kept
                differences = Differences(value: value, rounding: rounding)
            }
            let size = max(Double(analytic).magnitude, differences.derivative.magnitude, Double(largest) / 100)
            if differences.uncertainty <= Double(options.tolerance) * size / 8 { break }
            step *= Differences.shrink
        }
        return differences
    }

    // MARK: The caller's functions

    private func checkActivations() throws(ChainruleError) {
        guard network.architecture.nodes.contains(where: { $0.layer.callsCustomFunctions }) else { return }
        let rows = min(x.rows, GradientCheck.activationRows)
        let workspace = try Workspace(for: network, maxRows: rows)
        try network.forward(x.rows(from: 0, count: rows), in: workspace)
        for (index, node) in network.architecture.nodes.enumerated() {
            guard let custom = node.layer.customActivation else { continue }
            let z = workspace.layers[index].preactivation
                .positions(ofRows: 0..<rows, channels: node.shape.channels)
            let subject = (name: node.name.text, index: index)
            do throws(ChainruleError) {
                try check(.activationDerivative, of: subject, custom, .value, .derivative, at: z)
                if custom.secondDerivative != nil {
                    try check(.activationSecondDerivative, of: subject, custom, .derivative, .secondDerivative, at: z)
                }
            } catch {
                throw node.named(in: error)
            }
        }
    }

    private enum ActivationFunction { case value, derivative, secondDerivative }

    /// Writes σ(z), σ'(z) or σ''(z).
    private func apply(
        _ function: ActivationFunction, of custom: CustomActivation, to z: Matrix, into result: Matrix
    ) throws(ChainruleError) {
        let h = try function == .value ? nil : FloatMemory(count: z.count, for: "activations")
        let value = h?.matrix(at: 0, rows: z.rows, columns: z.columns) ?? result
        try z.withSpan { z throws(ChainruleError) in
            try value.withMutableSpan { value throws(ChainruleError) in
                try custom.value(z, &value, result.rows, result.columns)
            }
            if function == .value { return }
            guard let derivative = function == .derivative ? custom.derivative : custom.secondDerivative else { return }
            try value.withSpan { h throws(ChainruleError) in
                try result.withMutableSpan { result throws(ChainruleError) in
                    try derivative(z, h, &result, value.rows, value.columns)
                }
            }
        }
        withExtendedLifetime(h) {}
    }

    /// Checks σ' against σ, or σ'' against σ', at every z at once.
    private func check(
        _ quantity: GradientReport.Quantity, of subject: (name: String, index: Int), _ custom: CustomActivation,
        _ function: ActivationFunction, _ derivative: ActivationFunction, at z: Matrix
    ) throws(ChainruleError) {
        let values = try matrix(like: z)
        let derivatives = try matrix(like: z)
        let (moved, above, below) = (try matrix(like: z), try matrix(like: z), try matrix(like: z))
        try apply(function, of: custom, to: z, into: values)
        try apply(derivative, of: custom, to: z, into: derivatives)
        let differences = try self.differences(of: values)
        var factor = 1.0
        for _ in 0..<Differences.mostSteps {
            for (sign, result) in [(1.0, above), (-1.0, below)] {
                for place in 0..<z.count {
                    let number = Double(z.base[place])
                    moved.base[place] = Float(number + sign * factor * firstStep(number))
                }
                try apply(function, of: custom, to: moved, into: result)
            }
            for place in 0..<z.count {
                differences.base[place].add(
                    step: factor * firstStep(Double(z.base[place])), above: Double(above.base[place]),
                    below: Double(below.base[place]))
            }
            factor *= Differences.shrink
        }
        add(quantity, of: subject, derivatives, differences)
    }

    /// Prepares empty differences for every element that a function gave.
    private func differences(of values: Matrix) throws(ChainruleError) -> Memory<Differences> {
        let rounding = GradientCheck.rounding * Double(network.arithmetic.largestMagnitude(values))
        let differences = try Memory<Differences>(count: values.count, for: "differences")
        for place in 0..<values.count {
            differences.base[place] = Differences(value: Double(values.base[place]), rounding: rounding)
        }
        return differences
    }

    /// Compares derivatives with their differences; if there are many, only some.
    private func add(
        _ quantity: GradientReport.Quantity, of subject: (name: String, index: Int), _ derivatives: Matrix,
        _ differences: Memory<Differences>
    ) {
        let largest = network.arithmetic.largestMagnitude(derivatives)
        let width = network.architecture.nodes[subject.index].width
        for part in 0..<min(derivatives.count, options.maxCoordinates) {
            let place = self.place(part, of: derivatives.count, most: options.maxCoordinates)
            let (row, column) = place.quotientAndRemainder(dividingBy: width)
            add(
                quantity, of: subject, row: row, column: column, analytic: derivatives.base[place],
                differences.base[place], largest: largest)
        }
    }

    /// Memory that lasts as long as the check.
    private func matrix(like other: Matrix) throws(ChainruleError) -> Matrix {
        let memory = try FloatMemory(count: other.count, for: "a check of derivatives")
        kept.append(memory)
        return memory.matrix(at: 0, rows: other.rows, columns: other.columns)
    }

    /// Checks a custom cost.
    private func checkCost(_ value: Double, _ y: Matrix) throws(ChainruleError) {
        guard case .custom(let custom) = cost.function else { return }
        let gradient = try matrix(like: y)
        _ = try cost.evaluate(y, targets, gradient: gradient, network.arithmetic)
        let rounding = try self.rounding(of: value, .outputs(y), at: y)
        let largest = network.arithmetic.largestMagnitude(gradient)
        for part in 0..<min(y.count, options.maxCoordinates) {
            let place = self.place(part, of: y.count, most: options.maxCoordinates)
            let analytic = gradient.base[place]
            let differences = try self.differences(
                of: value, rounding: rounding, .outputs(y), at: y.base + place, analytic: analytic, largest: largest)
            let (row, column) = place.quotientAndRemainder(dividingBy: y.columns)
            add(
                .costGradient, of: ("cost", 0), row: row, column: column, analytic: analytic, differences,
                largest: largest)
        }
        if custom.hessianProduct != nil { try checkHessianProduct(custom, y, gradient) }
    }

    /// Checks H v of a custom cost against differences of ∇C along a random v.
    private func checkHessianProduct(_ custom: CustomCost, _ y: Matrix, _ gradient: Matrix) throws(ChainruleError) {
        let (v, product) = (try matrix(like: y), try matrix(like: y))
        let (moved, above, below) = (try matrix(like: y), try matrix(like: y), try matrix(like: y))
        v.fill { Float(2 * generator.uniform() - 1) }
        try custom.multiplyHessian(y, targets, by: v, into: product)
        let differences = try self.differences(of: gradient)
        var step = firstStep(Double(network.arithmetic.largestMagnitude(y)))
        for _ in 0..<Differences.mostSteps {
            for (sign, result) in [(1.0, above), (-1.0, below)] {
                for place in 0..<y.count {
                    moved.base[place] = Float(Double(y.base[place]) + sign * step * Double(v.base[place]))
                }
                _ = try cost.evaluate(moved, targets, gradient: result, network.arithmetic)
            }
            for place in 0..<y.count {
                differences.base[place].add(
                    step: step, above: Double(above.base[place]), below: Double(below.base[place]))
            }
            step *= Differences.shrink
        }
        add(.costHessianProduct, of: ("cost", 0), product, differences)
    }
}
