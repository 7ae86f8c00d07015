// GROUP 5: Predicting

import CChainrule
import Chainrule

/// Publishes a network for the first time: creates a predictor that can be exchanged while others predict with it, so that a
/// network is trained and served at the same time.
/// - Parameters:
///   - network: built; only read.
///   - precision: CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16 or CRL_PRECISION_INT8, also of what is published later.
///   - publisher: receives the publisher, which crl_publisher_destroy() frees; NULL after an error.
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

/// Frees a publisher. Nobody may be predicting with it.
/// - Parameters:
///   - publisher: may be NULL, which does nothing.
@_cdecl("crl_publisher_destroy")
public func crlPublisherDestroy(_ publisher: UnsafeMutablePointer<crl_publisher>?) {
    destroyHandle(publisher, as: Publisher.self)
}

/// Prepares the network as it is now, and puts it in the place of what was published before, at once for all rows of a
/// prediction: those under way end with what they began with. After an error the old one stays. What is past is freed here,
/// as soon as nobody predicts with it, or in a later call, or by crl_publisher_destroy().
///
/// Reads the network, and so excludes training it for as long as the call takes: a trainer's callback is the place for it.
/// - Parameters:
///   - publisher: any number of threads may be predicting and publishing with it.
///   - network: built, of as many inputs and outputs; only read.
/// - Returns: as crl_predictor_create(), or CRL_ERROR_MISMATCH, or CRL_ERROR_BUSY if 255 past ones are still in use.
@_cdecl("crl_publisher_publish")
public func crlPublisherPublish(
    _ publisher: UnsafeMutablePointer<crl_publisher>?, _ network: UnsafePointer<crl_network>?
) -> crl_status {
    call("crl_publisher_publish") { () throws(ChainruleError) in
        try object(publisher, "publisher", as: Publisher.self).publish(ChainruleC.network(network))
    }
}

/// Predicts with what was published last; otherwise as crl_predictor_predict(). Waits for nobody, and frees nothing of what
/// is past.
/// - Parameters:
///   - publisher: any number of threads may predict at once, also while others publish.
///   - x: x_rows × inputs.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - y: receives x_rows × outputs. Does not overlap x.
///   - y_rows: the rows that y has room for, at least x_rows.
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

/// N_0, the length of x.
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

/// N_L, the length of y.
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

/// The numbers that its predictors compute with.
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

/// How many times a network was published, the first time included.
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
