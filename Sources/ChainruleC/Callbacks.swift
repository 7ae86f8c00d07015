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

func customActivation(_ options: crl_layer_options?) throws(NetworkError) -> Activation {
    guard let function = options?.function else {
        throw NetworkError(.null, "options->function is NULL; CRL_CUSTOM_ACTIVATION needs it")
    }
    guard let derivative = options?.derivative else {
        throw NetworkError(.null, "options->derivative is NULL; CRL_CUSTOM_ACTIVATION needs it")
    }
    let user = UserPointer(pointer: options?.user)
    func wrapped(_ function: @escaping DerivativeFunction, _ name: StaticString)
        -> CustomActivation.Derivative
    {
        { z, h, slope, rows, columns throws(NetworkError) in
            let result = z.withUnsafeBufferPointer { z in
                h.withUnsafeBufferPointer { h in
                    slope.withUnsafeMutableBufferPointer { slope in
                        function(user.pointer, z.baseAddress, h.baseAddress, slope.baseAddress, rows, columns)
                    }
                }
            }
            guard result == 0 else { throw NetworkError(.callback, "the activation's \(name) returned \(result)") }
        }
    }
    return Activation(
        custom: CustomActivation(
            value: { z, h, rows, columns throws(NetworkError) in
                let result = z.withUnsafeBufferPointer { z in
                    h.withUnsafeMutableBufferPointer { h in
                        function(user.pointer, z.baseAddress, h.baseAddress, rows, columns)
                    }
                }
                guard result == 0 else {
                    throw NetworkError(.callback, "the activation's function returned \(result)")
                }
            },
            derivative: wrapped(derivative, "derivative"),
            secondDerivative: options?.second_derivative.map { wrapped($0, "second derivative") }))
}

func customCost(_ options: crl_cost_options) throws(NetworkError) -> Cost {
    guard let function = options.function else {
        throw NetworkError(.null, "cost->function is NULL; CRL_CUSTOM_COST needs it")
    }
    let user = UserPointer(pointer: options.user)
    return Cost(
        custom: CustomCost(
            { y, targets, weights, rows, columns, gradient throws(NetworkError) in
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
                guard result == 0 else { throw NetworkError(.callback, "the cost's function returned \(result)") }
                return cost
            }, hessianProduct: options.hessian_product.map { hessianProduct($0, user) }))
}

private func hessianProduct(
    _ function: @escaping HessianProductFunction, _ user: UserPointer
) -> CustomCost.HessianProduct {
    { y, targets, weights, v, rows, columns, product throws(NetworkError) in
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
        guard result == 0 else { throw NetworkError(.callback, "the cost's hessian_product returned \(result)") }
    }
}

func customSchedule(_ options: crl_schedule_options) throws(NetworkError) -> CustomSchedule {
    guard let function = options.function else {
        throw NetworkError(.null, "schedule->function is NULL; CRL_CUSTOM_SCHEDULE needs it")
    }
    let user = UserPointer(pointer: options.user)
    return CustomSchedule { t, base, cost throws(NetworkError) in
        var rate = Float.nan
        let result = function(user.pointer, t, base, cost, &rate)
        guard result == 0 else { throw NetworkError(.callback, "the schedule's function returned \(result)") }
        return rate
    }
}

func epochCallback(_ callback: crl_epoch_callback?, _ user: UnsafeMutableRawPointer?) -> ((Epoch) -> Bool)? {
    guard let callback else { return nil }
    return { epoch in
        var record = crl_epoch(
            size: MemoryLayout<crl_epoch>.size, epoch: epoch.number, epochs: epoch.count, cost: epoch.cost,
            validation_cost: epoch.validationCost ?? .nan, validation_accuracy: epoch.validationAccuracy ?? .nan,
            seconds: epoch.seconds, samples_per_second: epoch.samplesPerSecond)
        return callback(user, &record) == 0
    }
}
