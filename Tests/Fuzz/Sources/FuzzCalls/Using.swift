import CChainrule
import ChainruleC
import FuzzSupport

// Calls that compute.

extension Session {
    /// A number of rows, or a stride, that the buffers hold, or that the library must refuse.
    mutating func extent() -> UInt {
        let size = reader.size()
        return size > Memory.rows && size < UInt(Int.max) / 4 ? .max : size
    }

    mutating func input() -> UnsafePointer<Float>? {
        let index = Int(reader.byte())
        if index == 255 { return nil }
        // Any value anywhere, now and then one that is not finite.
        memory.input[index] = reader.float()
        return UnsafePointer(memory.input)
    }

    mutating func output(_ pointer: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float>? {
        reader.chance(of: 16) ? nil : pointer
    }

    /// The number of parameters, mostly, as far as the buffers reach.
    mutating func parameterCount(of network: UnsafePointer<crl_network>?) -> UInt {
        guard !reader.chance(of: 16), let parameters = parameters(of: network) else { return extent() }
        return parameters.count <= Memory.count ? UInt(parameters.count) : 0
    }

    mutating func forward() {
        let network = network()
        guard isNarrow(network) else { return }
        let status = crlForward(
            network, workspace(), input(), extent(), extent(), output(memory.output), extent(), extent())
        check(status)
        var values: UnsafePointer<Float>?
        var rows: UInt = 0
        var columns: UInt = 0
        let layer = reader.chance(of: 2) ? "input" : "\(reader.byte() % 16)"
        if crlWorkspaceValues(workspace(), layer, reader.enumerator() % 4, &values, &rows, &columns) == CRL_OK {
            var sum: Float = 0
            for index in 0..<Int(rows * columns) { sum += values![index] }
            memory.other[0] = sum
        }
    }

    mutating func backward() {
        let network = network()
        guard isNarrow(network) else { return }
        let count = parameterCount(of: network)
        check(
            crlBackward(
                network, workspace(), input(), extent(), extent(), output(memory.output), count,
                Int32(reader.byte() % 2),
                output(memory.other), extent(), extent()))
    }

    mutating func stepOptimizer() {
        let network = network()
        let before = parameters(of: network).map { Array($0) }
        let count = parameterCount(of: network)
        let optimizer = optimizer()
        if reader.chance(of: 4) { check(crlOptimizerSetLearningRate(optimizer, reader.float())) }
        let wasFinite = hasFiniteParameters(network)
        let status = crlStep(optimizer, network, input(), count)
        check(status)
        precondition(!wasFinite || hasFiniteParameters(network))
        if status != CRL_OK, let before { precondition(parameters(of: network)!.elementsEqual(before, by: isSame)) }
    }

    private func isSame(_ a: Float, _ b: Float) -> Bool { a.bitPattern == b.bitPattern }

    mutating func predict() {
        let network = network()
        guard isNarrow(network) else { return }
        check(crlNetworkPredict(network, input(), extent(), extent(), output(memory.output), extent(), extent()))
    }

    /// Predicts with a predictor, if the buffers reach as far.
    mutating func predictPrepared() {
        let predictor = predictor()
        var widths: (inputs: UInt, outputs: UInt) = (0, 0)
        check(crlPredictorInputSize(predictor, &widths.inputs))
        check(crlPredictorOutputSize(predictor, &widths.outputs))
        guard max(widths.inputs, widths.outputs) <= Memory.widest else { return }
        check(crlPredictorPredict(predictor, input(), extent(), extent(), output(memory.output), extent(), extent()))
    }

    mutating func cost() {
        var C = 0.0
        withCostAndTargets { session, cost, targets in
            let columns = session.extent()
            let status = crlCost(
                cost, session.input(), session.extent(), columns, session.extent(), targets, &C,
                session.output(session.memory.output), session.extent(), session.extent())
            session.check(status)
            precondition(status != CRL_OK || C.isFinite)
        }
    }

    mutating func valueAndGradient() {
        let network = network()
        guard isNarrow(network) else { return }
        var C = 0.0
        withCostAndTargets { session, cost, targets in
            let count = session.parameterCount(of: network)
            let status = crlNetworkValueAndGradient(
                network, cost, session.input(), session.extent(), session.extent(), targets, &C,
                session.output(session.memory.output), count)
            session.check(status)
            precondition(status != CRL_OK || C.isFinite)
        }
    }

    /// A product with the Hessian or the Gauss-Newton matrix.
    mutating func secondOrderProduct() {
        let network = network()
        guard isNarrow(network) else { return }
        withCostAndTargets { session, cost, targets in
            let multiply = session.reader.chance(of: 2) ? crlNetworkHessianProduct : crlNetworkGaussNewtonProduct
            let count = session.parameterCount(of: network)
            let product = session.output(session.memory.output)
            let status = multiply(
                network, cost, session.input(), session.extent(), session.extent(), targets, session.memory.other,
                count,
                product, count)
            session.check(status)
            precondition(status != CRL_OK || (0..<Int(count)).allSatisfy { product![$0].isFinite })
        }
    }

    mutating func setNoise() {
        check(
            crlWorkspaceSetNoise(
                workspace(), Int32(reader.byte() % 2), UInt64(reader.byte()), UInt64(reader.size())))
    }

    /// Compares the outputs with targets; the matrix that is handed over has as many numbers as the call says.
    mutating func evaluate() {
        let network = network()
        guard isNarrow(network) else { return }
        withCostAndTargets { session, cost, targets in
            var outputs: UInt = 0
            session.check(crlNetworkOutputSize(network, &outputs))
            var count = session.reader.chance(of: 2) ? outputs * outputs : session.reader.size()
            if session.reader.chance(of: 4) { count = 4 }
            var confusion = [Double](repeating: 0, count: count <= 1 << 12 ? Int(count) : 0)
            var metrics = begun(crlMetricsInit, crl_metrics())
            if session.reader.chance(of: 32) { metrics.size = 0 }
            let (x, rows, stride) = (session.input(), session.extent(), session.extent())
            let (top, wantsMatrix) = (session.reader.size(), session.reader.chance(of: 2))
            let status = confusion.withUnsafeMutableBufferPointer { confusion in
                crlNetworkEvaluate(
                    network, cost, x, rows, stride, targets, top, &metrics, wantsMatrix ? confusion.baseAddress : nil,
                    count)
            }
            session.check(status)
            precondition(status != CRL_OK || (metrics.cost.isFinite && metrics.rows == Int(rows)))
        }
    }

    mutating func minimize() {
        let network = network()
        guard isNarrow(network) else { return }
        withCostAndTargets { session, cost, targets in
            var options = begun(crlMinimizeOptionsInit, crl_minimize_options())
            options.method = session.reader.enumerator() % 7
            options.cost = cost
            options.max_iterations = Int(session.reader.byte() % 8)
            options.max_evaluations = Int(session.reader.byte() % 16)
            options.gradient_tolerance = 0
            options.cost_tolerance = 0
            options.threads = session.count(below: 4)
            if Int(options.method) == CRL_LBFGS { options.memory = session.count(below: 4) }
            options.seed = 1
            options.patience = session.count(below: 4)
            if session.reader.chance(of: 8) { options.gradient_tolerance = Double(session.reader.float()) }
            if session.reader.chance(of: 8) { options.cost_tolerance = Double(session.reader.float()) }
            if session.reader.chance(of: 8) { options.target_cost = Double(session.reader.float()) }
            if session.reader.chance(of: 8) { options.c1 = Double(session.reader.float()) }
            if session.reader.chance(of: 8) { options.c2 = Double(session.reader.float()) }
            if session.reader.chance(of: 8) { options.damping = Double(session.reader.float()) }
            if session.reader.chance(of: 4) { options.l2 = Double(session.reader.float()) }
            if session.reader.chance(of: 4) { options.regularize_biases = 1 }
            if session.reader.chance(of: 8) { options.min_delta = Double(session.reader.float()) }
            if session.reader.chance(of: 4) { options.validation_split = 0.3 }
            if session.reader.chance(of: 32) { options.validation_split = Double(session.reader.float()) }
            if session.reader.chance(of: 16) { options.max_evaluations = -1 }
            if session.reader.chance(of: 32) { options.memory = Int(bitPattern: session.reader.size()) }
            if session.reader.chance(of: 32) { options.size = Int(bitPattern: session.reader.size()) }
            if session.reader.chance(of: 4) {
                options.on_iteration = { _, iteration in iteration!.pointee.cost > 10 ? 1 : 0 }
            }
            var minimum = begun(crlMinimumInit, crl_minimum())
            minimum.cost = .nan
            minimum.gradient_norm = .nan
            let wasFinite = session.hasFiniteParameters(network)
            let (x, rows, stride) = (session.input(), session.extent(), session.extent())
            let status = session.withValidation(targets) { _, validation in
                crlNetworkMinimize(network, x, rows, stride, targets, validation, &options, &minimum)
            }
            session.check(status)
            precondition(!wasFinite || session.hasFiniteParameters(network))
            precondition(status != CRL_OK || (minimum.cost.isFinite && minimum.gradient_norm.isFinite))
        }
    }

    mutating func publish() {
        let network = network()
        guard isNarrow(network) else { return }
        let publisher = publisher()
        if reader.chance(of: 2) { check(crlPublisherPublish(publisher, network)) }
        check(
            crlPublisherPredict(publisher, input(), extent(), extent(), output(memory.output), extent(), extent()))
    }

    /// Mostly none.
    mutating func withValidation(
        _ targets: UnsafePointer<crl_targets>?,
        _ body: (inout Session, UnsafePointer<crl_validation>?) -> crl_status
    ) -> crl_status {
        guard reader.chance(of: 4) else { return body(&self, nil) }
        var validation = begun(crlValidationInit, crl_validation())
        validation.x = UnsafePointer(memory.input)
        validation.rows = Int(bitPattern: extent())
        validation.stride = Int(bitPattern: extent())
        validation.targets = targets
        if reader.chance(of: 32) { validation.size = Int(bitPattern: reader.size()) }
        return withUnsafePointer(to: validation) { body(&self, $0) }
    }

    /// A small number, 0 among them, or CRL_AUTO_SIZE.
    mutating func count(below limit: UInt8) -> Int {
        reader.chance(of: 4) ? Int(bitPattern: UInt.max) : Int(reader.byte() % limit)
    }

    mutating func withCostAndTargets(
        _ body: (inout Session, UnsafePointer<crl_cost_options>?, UnsafePointer<crl_targets>?) -> Void
    ) {
        var cost = begun(crlCostOptionsInit, crl_cost_options())
        cost.kind = reader.enumerator() % 7
        cost.reduction = reader.enumerator() % 3
        if reader.chance(of: 4) { cost.kind = crl_cost_kind(CRL_CUSTOM_COST) }
        // What the kind does not take is refused.
        if reader.chance(of: cost.kind == CRL_HUBER ? 2 : 32) { cost.huber_delta = reader.float() }
        if reader.chance(of: cost.kind == CRL_CROSS_ENTROPY ? 2 : 32) { cost.label_smoothing = reader.float() }
        if cost.kind == CRL_CUSTOM_COST ? !reader.chance(of: 8) : reader.chance(of: 32) { cost.function = sumOfSquares }
        if reader.chance(of: 32) { cost.size = Int(bitPattern: reader.size()) }
        var targets = begun(crlTargetsInit, crl_targets())
        targets.rows = Int(bitPattern: extent())
        targets.columns = Int(bitPattern: extent())
        targets.stride = Int(bitPattern: extent())
        targets.classes_count = Int(bitPattern: reader.size())
        targets.weights_count = Int(bitPattern: reader.size())
        if reader.chance(of: 2) { targets.values = UnsafePointer(memory.other) }
        if reader.chance(of: 3) {
            for row in 0..<12 { memory.classes[row] = reader.enumerator() }
            targets.classes = UnsafePointer(memory.classes)
        }
        if reader.chance(of: 3) {
            for row in 0..<12 { memory.weights[row] = reader.float() }
            targets.weights = UnsafePointer(memory.weights)
        }
        if reader.chance(of: 32) { targets.size = Int(bitPattern: reader.size()) }
        let hasCost = !reader.chance(of: 8)
        let hasTargets = !reader.chance(of: 8)
        withUnsafePointer(to: cost) { cost in
            withUnsafePointer(to: targets) { targets in
                body(&self, hasCost ? cost : nil, hasTargets ? targets : nil)
            }
        }
    }
}

private let sumOfSquares: crl_cost_function = { _, y, _, _, rows, columns, _, C, slope in
    C!.pointee = 0
    for index in 0..<rows * columns {
        C!.pointee += Double(y![index]) * Double(y![index])
        slope![index] = 2 * y![index]
    }
    return y![0] > 1000 ? 1 : 0
}
