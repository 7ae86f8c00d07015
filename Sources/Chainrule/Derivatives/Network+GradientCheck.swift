extension Network {
    /// Checks derivatives against differences of values, which know nothing of them: σ', σ'' and ∇C of the caller's own
    /// functions, where the network uses them for these rows, and then ∂C/∂w of the parameters. The network stays as it is.
    ///
    /// A wrong factor of 1 % in a custom derivative is found. Coordinates beside a kink, such as ReLU's, and those whose
    /// differences drown in the rounding of float32, are skipped and counted.
    /// - Parameters:
    ///   - x: whole rows of inputs, every element finite.
    public func checkGradient(
        _ cost: Cost, _ x: [Float], targets: Targets, options: GradientCheckOptions = GradientCheckOptions()
    ) throws(NetworkError) -> GradientReport {
        _ = try rows(of: x)
        var report = GradientReport()
        try targets.withView { targets throws(NetworkError) in
            try withMatrix(x, inputs) { x throws(NetworkError) in
                report = try checkGradient(cost, x!, targets, options: options)
            }
        }
        return report
    }

    package func checkGradient(
        _ cost: Cost, _ x: Matrix, _ targets: TargetView, options: GradientCheckOptions
    ) throws(NetworkError) -> GradientReport {
        try options.validate()
        // Parameters are moved in a copy: this network may be in use.
        let copy = try Network(uninitialized: plan, arithmetic: arithmetic)
        copy.parameters.assign(parameters)
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

    /// How far values computed in float32 are from exact ones, relative to their size: some roundings.
    private static let rounding = 0x1p-22
    /// A sum in float64 of many such values may be better.
    private static let leastRounding = 0x1p-28
    /// Custom activations are looked at in the first rows.
    private static let activationRows = 64

    init(network: Network, cost: Cost, x: Matrix, targets: TargetView, options: GradientCheckOptions) {
        self.network = network
        self.cost = cost
        self.x = x
        self.targets = targets
        self.options = options
        generator = RandomGenerator(seed: options.seed)
    }

    func run() throws(NetworkError) {
        let gradients = try FloatMemory(count: network.parameterCount, for: "the gradient")
        // With all checks of the arguments.
        let value = try network.valueAndGradient(cost, x, targets, gradients: gradients.vector)
        let y = try FloatMemory(count: Plan.checkedProduct(x.rows, network.outputs), for: "the outputs")
        let outputs = y.matrix(at: 0, rows: x.rows, columns: network.outputs)
        try network.predict(x, into: outputs)
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

    /// At most as many places as wanted among `count`, in order: one at random from each of as many equal parts.
    private func places(_ count: Int, most: Int) -> [Int] {
        if count <= most { return Array(0..<count) }
        var places: [Int] = []
        for part in 0..<most {
            let (start, end) = (part * count / most, (part + 1) * count / most)
            places.append(start + generator.integer(below: end - start))
        }
        return places
    }

    // MARK: The parameters

    private func checkParameters(_ value: Double, _ gradients: Matrix) throws(NetworkError) {
        if network.parameterCount == 0 { return }
        func costNow() throws(NetworkError) -> Double {
            try network.valueAndGradient(cost, x, targets, gradients: nil)
        }
        let rounding = try self.rounding(of: value, at: network.parameters, costNow)
        let tensors = network.plan.tensors
        let each =
            network.parameterCount <= options.maxCoordinates
            ? network.parameterCount : max(1, options.maxCoordinates / tensors.count)
        for (index, tensor) in tensors.enumerated() {
            let derivatives = Matrix(base: gradients.base + tensor.offset, rows: 1, columns: tensor.count)
            let largest = network.arithmetic.largestMagnitude(derivatives)
            for place in places(tensor.count, most: each) {
                let analytic = derivatives[0, place]
                let differences = try self.differences(
                    of: value, rounding: rounding, at: network.parameters.base + (tensor.offset + place),
                    analytic: analytic, largest: largest, costNow)
                let (row, column) = place.quotientAndRemainder(dividingBy: tensor.columns)
                add(

                    .parameter, of: (tensor.name, index), row: row, column: column, analytic: analytic, differences,
                    largest: largest)
            }
        }
    }

    /// By how much the values of a function are rounded: over steps this small it is straight, and its second differences are
    /// rounding alone.
    private func rounding(
        of value: Double, at numbers: Matrix, _ function: () throws(NetworkError) -> Double
    ) throws(NetworkError) -> Double {
        var largest = GradientCheck.leastRounding * value.magnitude
        for place in places(numbers.count, most: 16) {
            let number = numbers.base + place
            let kept = number.pointee
            defer { number.pointee = kept }
            let step = 0x1p-16 * max(1, kept.magnitude)
            do throws(NetworkError) {
                number.pointee = kept + step
                let above = try function()
                number.pointee = kept - step
                largest = max(largest, (above + (try function()) - 2 * value).magnitude / 2)
            } catch {
                if error.code == .callback { throw error }
            }
        }
        return largest
    }

    /// The differences of a function of one number, which is moved and put back.
    private func differences(
        of value: Double, rounding: Double, at number: UnsafeMutablePointer<Float>, analytic: Float, largest: Float,
        _ function: () throws(NetworkError) -> Double
    ) throws(NetworkError) -> Differences {
        var differences = Differences(value: value, rounding: rounding)
        let kept = number.pointee
        defer { number.pointee = kept }
        var step = firstStep(Double(kept))
        for _ in 0..<Differences.mostSteps {
            do throws(NetworkError) {
                number.pointee = Float(Double(kept) + step)
                let above = try function()
                number.pointee = Float(Double(kept) - step)
                differences.add(step: step, above: above, below: try function())
            } catch {
                // A cost need not be defined everywhere.
                if error.code == .callback { throw error }
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

    private func checkActivations() throws(NetworkError) {
        guard network.architecture.nodes.contains(where: { $0.layer.callsCustomFunctions }) else { return }
        let rows = min(x.rows, GradientCheck.activationRows)
        let workspace = try Workspace(for: network, maxRows: rows)
        try network.forward(x.rows(from: 0, count: rows), in: workspace)
        for (index, node) in network.architecture.nodes.enumerated() {
            guard let custom = node.layer.customActivation else { continue }
            let z = workspace.layers[index].preactivation.rows(from: 0, count: rows)
            do throws(NetworkError) {
                let h = try mapped(z) { z, h throws(NetworkError) in
                    try custom.value(z, &h, rows, node.width)
                }
                func derivative(_ function: @escaping CustomActivation.Derivative) -> ElementwiseFunction {
                    { z, result throws(NetworkError) in
                        let h = try FloatMemory(count: z.count, for: "activations")
                        try h.vector.withMutableSpan { h throws(NetworkError) in
                            try custom.value(z, &h, rows, node.width)
                        }
                        try h.vector.withSpan { h throws(NetworkError) in
                            try function(z, h, &result, rows, node.width)
                        }
                    }
                }
                let slopes = try mapped(z, derivative(custom.derivative))
                try check(.activationDerivative, of: (node.name.text, index), at: z, values: h, derivatives: slopes) {
                    z, h throws(NetworkError) in
                    try custom.value(z, &h, rows, node.width)
                }
                if let second = custom.secondDerivative {
                    try check(
                        .activationSecondDerivative, of: (node.name.text, index), at: z, values: slopes,
                        derivatives: mapped(z, derivative(second)), derivative(custom.derivative))
                }
            } catch {
                throw node.named(in: error)
            }
        }
    }

    private typealias ElementwiseFunction = (Span<Float>, inout MutableSpan<Float>) throws(NetworkError) -> Void

    private func mapped(_ z: Matrix, _ function: ElementwiseFunction) throws(NetworkError) -> FloatMemory {
        let result = try FloatMemory(count: z.count, for: "the values of a custom function")
        try z.withSpan { z throws(NetworkError) in
            try result.vector.withMutableSpan { result throws(NetworkError) in try function(z, &result) }
        }
        return result
    }

    /// Checks a function of each element alone, at every element at once.
    private func check(
        _ quantity: GradientReport.Quantity, of subject: (name: String, index: Int), at z: Matrix, values: FloatMemory,
        derivatives: FloatMemory, _ function: ElementwiseFunction
    ) throws(NetworkError) {
        let largest = network.arithmetic.largestMagnitude(derivatives.vector)
        let largestValue = Double(network.arithmetic.largestMagnitude(values.vector))
        var differences: [Differences] = []
        for place in 0..<z.count {
            let value = Double(values.base[place])
            differences.append(Differences(value: value, rounding: GradientCheck.rounding * largestValue))
        }
        let moved = try FloatMemory(count: z.count, for: "a step")
        var factor = 1.0
        for _ in 0..<Differences.mostSteps {
            func step(_ place: Int) -> Double { factor * firstStep(Double(z.base[place])) }
            for place in 0..<z.count { moved.base[place] = Float(Double(z.base[place]) + step(place)) }
            let above = try mapped(moved.vector, function)
            for place in 0..<z.count { moved.base[place] = Float(Double(z.base[place]) - step(place)) }
            let below = try mapped(moved.vector, function)
            for place in 0..<z.count {
                differences[place].add(
                    step: step(place), above: Double(above.base[place]), below: Double(below.base[place]))
            }
            factor *= Differences.shrink
        }
        for place in places(z.count, most: options.maxCoordinates) {
            let (row, column) = place.quotientAndRemainder(dividingBy: z.columns)
            add(
                quantity, of: subject, row: row, column: column, analytic: derivatives.base[place], differences[place],
                largest: largest)
        }
    }

    /// Checks a custom cost.
    private func checkCost(_ value: Double, _ y: Matrix) throws(NetworkError) {
        guard case .custom(let custom) = cost.function else { return }
        let gradient = try FloatMemory(count: y.count, for: "the cost's gradient")
        let slope = gradient.matrix(at: 0, rows: y.rows, columns: y.columns)
        _ = try cost.evaluate(y, targets, gradient: slope, network.arithmetic)
        func costNow() throws(NetworkError) -> Double {
            try cost.evaluate(y, targets, gradient: nil, network.arithmetic)
        }
        let rounding = try self.rounding(of: value, at: y, costNow)
        let largest = network.arithmetic.largestMagnitude(gradient.vector)
        for place in places(y.count, most: options.maxCoordinates) {
            let analytic = gradient.base[place]
            let differences = try self.differences(
                of: value, rounding: rounding, at: y.base + place, analytic: analytic, largest: largest, costNow)
            let (row, column) = place.quotientAndRemainder(dividingBy: y.columns)
            add(
                .costGradient, of: ("cost", 0), row: row, column: column, analytic: analytic, differences,
                largest: largest)
        }
        if custom.hessianProduct != nil { try checkHessianProduct(custom, y, gradient) }
    }

    /// Checks H v of a custom cost against differences of ∇C along a random v.
    private func checkHessianProduct(_ custom: CustomCost, _ y: Matrix, _ gradient: FloatMemory) throws(NetworkError) {
        func memory() throws(NetworkError) -> Matrix {
            // The memory lives as long as the check.
            let memory = try FloatMemory(count: y.count, for: "a check of the cost")
            kept.append(memory)
            return memory.matrix(at: 0, rows: y.rows, columns: y.columns)
        }
        let (v, product, moved, above, below) = (
            try memory(), try memory(), try memory(), try memory(), try memory()
        )
        v.fill { Float(2 * generator.uniform() - 1) }
        try custom.multiplyHessian(y, targets, by: v, into: product)
        let rounding = GradientCheck.rounding * Double(network.arithmetic.largestMagnitude(gradient.vector))
        var differences: [Differences] = []
        for place in 0..<y.count {
            differences.append(Differences(value: Double(gradient.base[place]), rounding: rounding))
        }
        var step = firstStep(Double(network.arithmetic.largestMagnitude(y)))
        for _ in 0..<Differences.mostSteps {
            for (sign, result) in [(1.0, above), (-1.0, below)] {
                for place in 0..<y.count {
                    moved.base[place] = Float(Double(y.base[place]) + sign * step * Double(v.base[place]))
                }
                _ = try cost.evaluate(moved, targets, gradient: result, network.arithmetic)
            }
            for place in 0..<y.count {
                differences[place].add(
                    step: step, above: Double(above.base[place]), below: Double(below.base[place]))
            }
            step *= Differences.shrink
        }
        let largest = network.arithmetic.largestMagnitude(product)
        for place in places(y.count, most: options.maxCoordinates) {
            let (row, column) = place.quotientAndRemainder(dividingBy: y.columns)
            add(
                .costHessianProduct, of: ("cost", 0), row: row, column: column, analytic: product.base[place],
                differences[place], largest: largest)
        }
    }

    private var kept: [FloatMemory] = []
}
