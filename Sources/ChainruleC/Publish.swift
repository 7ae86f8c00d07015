// GROUP 5: Predicting

import CChainrule
import Chainrule

/// Creates a publisher and publishes a network for the first time. A publisher holds a predictor that you can exchange
/// while other threads predict with it. Use it to train and serve a network at the same time.
/// - Parameters:
///   - network: built; only read.
///   - precision: CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16 or CRL_PRECISION_INT8, also for what is published
///     later.
///   - publisher: receives the publisher; free it with crl_publisher_destroy(). NULL after an error.
/// - Returns: as crl_predictor_create().
@_cdecl("crl_publisher_create")
public func crlPublisherCreate(
    _ network: UnsafePointer<crl_network>?, _ precision: crl_precision,
    _ publisher: UnsafeMutablePointer<UnsafeMutablePointer<crl_publisher>?>?
) -> crl_status {
    call("crl_publisher_create") { () throws(ChainruleError) in
        guard let publisher else { throw nullArgument("publisher") }
        publisher.pointee = nil
        publisher.pointee = makeHandle(
            try Publisher(ChainruleC.network(network), precision: ChainruleC.precision(precision)))
    }
}

/// Frees a publisher. No thread may be predicting with it.
/// - Parameters:
///   - publisher: NULL: does nothing.
@_cdecl("crl_publisher_destroy")
public func crlPublisherDestroy(_ publisher: UnsafeMutablePointer<crl_publisher>?) {
    destroyHandle(publisher, as: Publisher.self)
}

/// Publishes the network as it is now: replaces the predictor published before. A prediction under way finishes all of
/// its rows with the old predictor. After an error the old one stays. This call, a later one or crl_publisher_destroy()
/// frees an old predictor, once no thread predicts with it.
///
/// Reads the network: do not train it during the call. A trainer's callback is the place to call it.
/// - Parameters:
///   - publisher: any number of threads may be predicting and publishing with it.
///   - network: built, with the same number of inputs and outputs; only read.
/// - Returns: as crl_predictor_create(); also CRL_ERROR_MISMATCH, or CRL_ERROR_BUSY if 255 old predictors are still in
///   use.
@_cdecl("crl_publisher_publish")
public func crlPublisherPublish(
    _ publisher: UnsafeMutablePointer<crl_publisher>?, _ network: UnsafePointer<crl_network>?
) -> crl_status {
    call("crl_publisher_publish") { () throws(ChainruleError) in
        try object(publisher, "publisher", as: Publisher.self).publish(ChainruleC.network(network))
    }
}

/// Predicts with the predictor published last; otherwise as crl_predictor_predict(). Waits for no other thread. Frees
/// no old predictor.
/// - Parameters:
///   - publisher: any number of threads may predict at once, also while others publish.
///   - x: x_rows × inputs.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - y: receives x_rows × outputs. Must not overlap x.
///   - y_rows: the rows that fit in y, at least x_rows.
///   - y_stride: floats from one row to the next, at least the number of outputs.
/// - Returns: a status. After CRL_ERROR_CALLBACK the first rows of y may have been written.
@_cdecl("crl_publisher_predict")
public func crlPublisherPredict(
    _ publisher: UnsafePointer<crl_publisher>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ y: UnsafeMutablePointer<Float>?, _ y_rows: UInt, _ y_stride: UInt
) -> crl_status {
    call("crl_publisher_predict") { () throws(ChainruleError) in
        let publisher = try object(publisher, "publisher", as: Publisher.self)
        let x = try matrix(x, rows: x_rows, columns: publisher.inputs, stride: x_stride, "x")
        let y = try output(y, rows: y_rows, needed: x.rows, columns: publisher.outputs, stride: y_stride, "y")
        try Place(y, "y").checkApart(from: Place(x, "x"))
        try publisher.withPredictor { predictor throws(ChainruleError) in try predictor.predict(x, into: y) }
    }
}

/// Gets N_0, the length of x.
/// - Parameters:
///   - publisher: only read.
///   - inputs: receives the number.
/// - Returns: a status.
@_cdecl("crl_publisher_input_size")
public func crlPublisherInputSize(
    _ publisher: UnsafePointer<crl_publisher>?, _ inputs: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_publisher_input_size") { () throws(ChainruleError) in
        let publisher = try object(publisher, "publisher", as: Publisher.self)
        guard let inputs else { throw nullArgument("inputs") }
        inputs.pointee = UInt(publisher.inputs)
    }
}

/// Gets N_L, the length of y.
/// - Parameters:
///   - publisher: only read.
///   - outputs: receives the number.
/// - Returns: a status.
@_cdecl("crl_publisher_output_size")
public func crlPublisherOutputSize(
    _ publisher: UnsafePointer<crl_publisher>?, _ outputs: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_publisher_output_size") { () throws(ChainruleError) in
        let publisher = try object(publisher, "publisher", as: Publisher.self)
        guard let outputs else { throw nullArgument("outputs") }
        outputs.pointee = UInt(publisher.outputs)
    }
}

/// Gets the precision that the publisher's predictors compute with.
/// - Parameters:
///   - publisher: only read.
///   - precision: receives CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16 or CRL_PRECISION_INT8.
/// - Returns: a status.
@_cdecl("crl_publisher_precision")
public func crlPublisherPrecision(
    _ publisher: UnsafePointer<crl_publisher>?, _ precision: UnsafeMutablePointer<crl_precision>?
) -> crl_status {
    call("crl_publisher_precision") { () throws(ChainruleError) in
        let publisher = try object(publisher, "publisher", as: Publisher.self)
        guard let precision else { throw nullArgument("precision") }
        precision.pointee = number(of: publisher.precision)
    }
}

/// Gets how many times a network was published, including the first time.
/// - Parameters:
///   - publisher: only read.
///   - count: receives the number.
/// - Returns: a status.
@_cdecl("crl_publisher_count")
public func crlPublisherCount(
    _ publisher: UnsafePointer<crl_publisher>?, _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_publisher_count") { () throws(ChainruleError) in
        let publisher = try object(publisher, "publisher", as: Publisher.self)
        guard let count else { throw nullArgument("count") }
        count.pointee = UInt(publisher.publications)
    }
}
