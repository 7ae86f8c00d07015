import CChainrule
import Chainrule

// C callbacks as Swift functions.

private typealias DerivativeFunction =
    @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int, Int
    ) -> Int32
private typealias HessianProductFunction =
    @convention(c) (
        UnsafeMutableRawPointer?, UnsafePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?,
        UnsafePointer<Float>?, Int, Int, Int, UnsafeMutablePointer<Float>?
    ) -> Int32

func customActivation(_ options: crl_layer_options?) throws(ChainruleError) -> Activation {
    guard let function = options?.function else {
        throw ChainruleError(.null, "options->function is NULL; CRL_CUSTOM_ACTIVATION needs it")
    }
    guard let derivative = options?.derivative else {
        throw ChainruleError(.null, "options->derivative is NULL; CRL_CUSTOM_ACTIVATION needs it")
    }
    let user = UserPointer(pointer: options?.user)
    func wrapped(_ function: @escaping DerivativeFunction, _ name: StaticString)
        -> CustomActivation.Derivative
    {
        { z, h, slope, rows, columns throws(ChainruleError) in
            let result = z.withUnsafeBufferPointer { z in
                h.withUnsafeBufferPointer { h in
                    slope.withUnsafeMutableBufferPointer { slope in
                        function(user.pointer, z.baseAddress, h.baseAddress, slope.baseAddress, rows, columns)
                    }
                }
            }
            guard result == 0 else { throw ChainruleError(.callback, "the activation's \(name) returned \(result)") }
        }
    }
    return Activation(
        custom: CustomActivation(
            value: { z, h, rows, columns throws(ChainruleError) in
                let result = z.withUnsafeBufferPointer { z in
                    h.withUnsafeMutableBufferPointer { h in
                        function(user.pointer, z.baseAddress, h.baseAddress, rows, columns)
                    }
                }
                guard result == 0 else {
                    throw ChainruleError(.callback, "the activation's function returned \(result)")
                }
            },
            derivative: wrapped(derivative, "derivative"),
            secondDerivative: options?.second_derivative.map { wrapped($0, "second derivative") }))
}

func customCost(_ options: crl_cost_options) throws(ChainruleError) -> Cost {
    guard let function = options.function else {
        throw ChainruleError(.null, "cost->function is NULL; CRL_CUSTOM_COST needs it")
    }
    let user = UserPointer(pointer: options.user)
    return Cost(
        custom: CustomCost(
            { y, targets, weights, rows, columns, gradient throws(ChainruleError) in
                var cost = Double.nan
                let result = y.withUnsafeBufferPointer { y in
                    targets.withUnsafeBufferPointer { targets in
                        weights.withUnsafeBufferPointer { weights in
                            gradient.withUnsafeMutableBufferPointer { gradient in
                                function(
                                    user.pointer, y.baseAddress, targets.baseAddress, weights.baseAddress, rows,
                                    columns,
                                    targets.count / rows, &cost, gradient.baseAddress)
                            }
                        }
                    }
                }
                guard result == 0 else { throw ChainruleError(.callback, "the cost's function returned \(result)") }
                return cost
            }, hessianProduct: options.hessian_product.map { hessianProduct($0, user) }))
}

private func hessianProduct(
    _ function: @escaping HessianProductFunction, _ user: UserPointer
) -> CustomCost.HessianProduct {
    { y, targets, weights, v, rows, columns, product throws(ChainruleError) in
        let result = y.withUnsafeBufferPointer { y in
            targets.withUnsafeBufferPointer { targets in
                weights.withUnsafeBufferPointer { weights in
                    v.withUnsafeBufferPointer { v in
                        product.withUnsafeMutableBufferPointer { product in
                            function(
                                user.pointer, y.baseAddress, targets.baseAddress, weights.baseAddress, v.baseAddress,
                                rows, columns, targets.count / rows, product.baseAddress)
                        }
                    }
                }
            }
        }
        guard result == 0 else { throw ChainruleError(.callback, "the cost's hessian_product returned \(result)") }
    }
}

func customSchedule(_ options: crl_schedule_options) throws(ChainruleError) -> CustomSchedule {
    guard let function = options.function else {
        throw ChainruleError(.null, "schedule->function is NULL; CRL_CUSTOM_SCHEDULE needs it")
    }
    let user = UserPointer(pointer: options.user)
    return CustomSchedule { t, base, cost throws(ChainruleError) in
        var rate = Float.nan
        let result = function(user.pointer, t, base, cost, &rate)
        guard result == 0 else { throw ChainruleError(.callback, "the schedule's function returned \(result)") }
        return rate
    }
}

func epochCallback(_ callback: crl_epoch_callback?, _ user: UnsafeMutableRawPointer?) -> ((Epoch) -> Bool)? {
    guard let callback else { return nil }
    return { epoch in
        var record = cEpoch(epoch)
        return callback(user, &record) == 0
    }
}

func iterationCallback(
    _ callback: crl_iteration_callback?, _ user: UnsafeMutableRawPointer?
) -> ((Iteration) -> Bool)? {
    guard let callback else { return nil }
    return { iteration in
        var record = crl_iteration(
            size: MemoryLayout<crl_iteration>.size, iteration: iteration.number, evaluations: iteration.evaluations,
            products: iteration.products, is_best: iteration.isBest ? 1 : 0, cost: iteration.cost,
            gradient_norm: iteration.gradientNorm, step: iteration.step, penalty: iteration.penalty,
            validation_cost: iteration.validation?.cost ?? .nan,
            validation_accuracy: iteration.validation?.accuracy ?? .nan,
            validation_r2: iteration.validation?.r2 ?? .nan)
        return callback(user, &record) == 0
    }
}

func cascadeCallback(
    _ callback: crl_cascade_callback?, _ user: UnsafeMutableRawPointer?
) -> ((CascadeUnit) -> Bool)? {
    guard let callback else { return nil }
    return { progress in
        var record = crl_cascade_unit(
            size: MemoryLayout<crl_cascade_unit>.size, units: progress.units, max_units: progress.maxUnits,
            is_best: progress.isBest ? 1 : 0, cost: progress.training.cost,
            accuracy: progress.training.accuracy ?? .nan, validation_cost: progress.validation?.cost ?? .nan,
            validation_accuracy: progress.validation?.accuracy ?? .nan, correlation: progress.correlation ?? .nan)
        return callback(user, &record) == 0
    }
}

func cEpoch(_ epoch: Epoch) -> crl_epoch {
    crl_epoch(
        size: MemoryLayout<crl_epoch>.size, epoch: epoch.number, epochs: epoch.count,
        is_best: epoch.isBest ? 1 : 0, cost: epoch.cost, accuracy: epoch.accuracy ?? .nan,
        validation_cost: epoch.validation?.cost ?? .nan, validation_accuracy: epoch.validation?.accuracy ?? .nan,
        validation_r2: epoch.validation?.r2 ?? .nan, seconds: epoch.seconds,
        samples_per_second: epoch.samplesPerSecond)
}

func batchCallback(_ callback: crl_batch_callback?, _ user: UnsafeMutableRawPointer?) -> ((BatchReport) -> Bool)? {
    guard let callback else { return nil }
    return { batch in
        var record = crl_batch(
            size: MemoryLayout<crl_batch>.size, epoch: batch.epoch, batch: batch.batch, step: UInt64(batch.step),
            rows: batch.rows, cost: batch.cost)
        return callback(user, &record) == 0
    }
}

func dataSource(_ pointer: UnsafePointer<crl_data_source>?) throws(ChainruleError) -> DataSource {
    guard let pointer else { throw nullArgument("source") }
    let source = try structure(pointer, "source")
    guard let function = source.function else { throw ChainruleError(.null, "source->function is NULL") }
    guard source.classes == 0 || source.columns == 0 else {
        throw ChainruleError(
            .value, "source->columns is \(source.columns) beside classes: the targets are of one kind")
    }
    let columns = try count(UInt(bitPattern: source.columns), "source->columns")
    let targets: DataSource.TargetKind =
        source.classes != 0 ? .classes : columns > 0 ? .values(columns: columns) : .none
    let user = UserPointer(pointer: source.user)
    return DataSource(targets: targets, weights: source.weights != 0) {
        request, x, values, classes, weights throws(ChainruleError) in
        let (result, rows) = x.withUnsafeMutableBufferPointer { x in
            values.withUnsafeMutableBufferPointer { values in
                classes.withUnsafeMutableBufferPointer { classes in
                    weights.withUnsafeMutableBufferPointer { weights in
                        var record = crl_data_request(
                            size: MemoryLayout<crl_data_request>.size, epoch: request.epoch,
                            first_row: request.firstRow, max_rows: request.maxRows, x: x.baseAddress,
                            values: values.baseAddress, classes: classes.baseAddress, weights: weights.baseAddress)
                        var rows = 0
                        let result = function(user.pointer, &record, &rows)
                        return (result, rows)
                    }
                }
            }
        }
        guard result == 0 else { throw ChainruleError(.callback, "the data source returned \(result)") }
        // A size_t beyond Int.max.
        guard rows >= 0 else {
            throw ChainruleError(
                .callback,
                "the data source gave \(UInt(bitPattern: rows)) rows; from 0 to \(request.maxRows) were asked for")
        }
        return rows
    }
}

/// Wraps a C callback that takes the bytes of a file.
func writer(
    _ write: crl_write_function?, _ user: UnsafeMutableRawPointer?
) throws(ChainruleError) -> (UnsafeRawBufferPointer) throws(ChainruleError) -> Void {
    guard let write else { throw nullArgument("write") }
    return { bytes throws(ChainruleError) in
        let result = write(user, bytes.baseAddress, bytes.count)
        guard result == 0 else { throw ChainruleError(.callback, "the write callback returned \(result)") }
    }
}

/// Wraps a C callback that gives the bytes of a file.
func reader(
    _ read: crl_read_function?, _ user: UnsafeMutableRawPointer?
) throws(ChainruleError) -> FileReader {
    guard let read else { throw nullArgument("read") }
    return FileReader { buffer throws(ChainruleError) in
        var count = 0
        let result = read(user, buffer.baseAddress, buffer.count, &count)
        guard result == 0 else { throw ChainruleError(.callback, "the read callback returned \(result)") }
        return count
    }
}
