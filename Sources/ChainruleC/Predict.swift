// GROUP 5: Predicting
// A predictor is a network prepared for prediction: a second, read-only object. Its weights lie packed in the order in
// which products read them, in the precision that you choose. crl_network_predict() makes one for itself when predictions
// repeat, unless the caller has the parameters' address. Any number of threads may use one at once.
//
//     crl_predictor_create(network, CRL_PRECISION_FLOAT32, &predictor);     the network may be trained on, or destroyed
//     crl_predictor_predict(predictor, x, 1, inputs, y, 1, outputs);

import CChainrule
import Chainrule

/// Predicts: writes the outputs y for the inputs x. A row's result is the same bit for bit, whichever rows it is
/// predicted with and from whichever thread. NaN and infinity propagate.
///
/// After some predictions with the same parameters, the network keeps a second copy of them, packed as in a predictor of
/// CRL_PRECISION_FLOAT32. Predictions are then as fast as the predictor's, with the same results. The network frees the
/// copy when its parameters change. It does without if there is no memory for it, after crl_network_parameters(), with
/// custom activations, and beyond 67,108,864 parameters.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - x: x_rows × inputs.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - y: receives x_rows × outputs. Must not overlap x.
///   - y_rows: the rows that fit in y, at least x_rows.
///   - y_stride: floats from one row to the next, at least the number of outputs.
/// - Returns: a status. After CRL_ERROR_CALLBACK the first rows of y may have been written.
@_cdecl("crl_network_predict")
public func crlNetworkPredict(
    _ network: UnsafePointer<crl_network>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ y: UnsafeMutablePointer<Float>?, _ y_rows: UInt, _ y_stride: UInt
) -> crl_status {
    if let x, let y, let handle = unmanagedObject(network, as: NetworkHandle.self),
        handle._withUnsafeGuaranteedRef({ handle in
            handle.unmanagedNetwork?._withUnsafeGuaranteedRef {
                $0.predictSmall(x, rows: x_rows, stride: x_stride, y, yRows: y_rows, stride: y_stride)
            } ?? false
        })
    {
        return crl_status(CRL_OK)
    }
    return call("crl_network_predict") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let y = try output(y, rows: y_rows, needed: x.rows, columns: network.outputs, stride: y_stride, "y")
        try checkApart(Place(y, "y"), from: x, of: network)
        try network.predict(x, into: y)
    }
}

/// Prepares a network for prediction. The predictor is a copy: later changes to the network do not reach it. It still
/// calls the functions of a custom activation, with their `user`.
///
/// With CRL_PRECISION_FLOAT32 the results are those of crl_network_predict(), bit for bit, unless the predictor folds a batch
/// normalization into the layer before it: then they differ by rounding. CRL_PRECISION_BFLOAT16 takes half the memory and
/// CRL_PRECISION_INT8 a quarter. Both round; docs/prediction.md says what that costs, and what is folded.
/// - Parameters:
///   - network: built; only read.
///   - precision: CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16 or CRL_PRECISION_INT8.
///   - predictor: receives the predictor; free it with crl_predictor_destroy(). NULL after an error.
/// - Returns: a status; also CRL_ERROR_SIZE for a layer in int8 that sums more than 66,311 products.
@_cdecl("crl_predictor_create")
public func crlPredictorCreate(
    _ network: UnsafePointer<crl_network>?, _ precision: crl_precision,
    _ predictor: UnsafeMutablePointer<UnsafeMutablePointer<crl_predictor>?>?
) -> crl_status {
    call("crl_predictor_create") { () throws(ChainruleError) in
        guard let predictor else { throw nullArgument("predictor") }
        predictor.pointee = nil
        predictor.pointee = makeHandle(
            try Predictor(ChainruleC.network(network), precision: ChainruleC.precision(precision)))
    }
}

/// Saves a predictor as it is prepared, for crl_predictor_open(). The file is for the predictor's precision and instruction set, and
/// for this version of the library: keep the model file, and prepare it anew elsewhere. Atomic, as crl_network_save().
/// - Parameters:
///   - predictor: only read.
///   - path: the file to create or replace.
/// - Returns: a status; also CRL_ERROR_FILE, or CRL_ERROR_VALUE for a network with a custom activation.
@_cdecl("crl_predictor_save")
public func crlPredictorSave(_ predictor: UnsafePointer<crl_predictor>?, _ path: UnsafePointer<CChar>?) -> crl_status {
    call("crl_predictor_save") { () throws(ChainruleError) in
        try object(predictor, "predictor", as: Predictor.self).save(to: requiredPath(path))
    }
}

/// Opens a file of crl_predictor_save(). The predictor gives the same results bit for bit. The file is mapped where the system can do
/// that: its weights are read when a prediction first needs them, and all processes that open the file share them. Checks everything
/// but the weights.
///
/// While the predictor lives, nobody may write into the file or shorten it: the system would end the process with SIGBUS. Replacing
/// the file by another of its name is safe, and crl_predictor_save() does that; so is removing it.
/// - Parameters:
///   - path: the file.
///   - check_data: non-zero: read all of the file, and compare the checksum of the weights, too.
///   - predictor: receives the predictor; free it with crl_predictor_destroy(). NULL after an error.
/// - Returns: a status; also CRL_ERROR_FILE, CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION if another version of the library prepared the
///   file, CRL_ERROR_MISMATCH if it is for an instruction set that this processor lacks, or CRL_ERROR_MEMORY.
@_cdecl("crl_predictor_open")
public func crlPredictorOpen(
    _ path: UnsafePointer<CChar>?, _ check_data: Int32,
    _ predictor: UnsafeMutablePointer<UnsafeMutablePointer<crl_predictor>?>?
) -> crl_status {
    call("crl_predictor_open") { () throws(ChainruleError) in
        guard let predictor else { throw nullArgument("predictor") }
        predictor.pointee = nil
        predictor.pointee = makeHandle(
            try Predictor(contentsOf: requiredPath(path), checksData: check_data != 0))
    }
}

/// Frees a predictor.
/// - Parameters:
///   - predictor: NULL: does nothing.
@_cdecl("crl_predictor_destroy")
public func crlPredictorDestroy(_ predictor: UnsafeMutablePointer<crl_predictor>?) {
    destroyHandle(predictor, as: Predictor.self)
}

/// Predicts: writes the outputs y for the inputs x. A row's result is the same bit for bit, whichever rows it is
/// predicted with and from whichever thread. Small networks allocate nothing. Others allocate only when more calls run
/// at once than before, or with more rows.
///
/// With CRL_PRECISION_FLOAT32 and CRL_PRECISION_BFLOAT16, NaN and infinity propagate. With CRL_PRECISION_INT8 either
/// one in a row of a dense layer's inputs makes all of the layer's outputs for that row NaN.
/// - Parameters:
///   - predictor: only read, by any number of threads at once.
///   - x: x_rows × inputs.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - y: receives x_rows × outputs. Must not overlap x.
///   - y_rows: the rows that fit in y, at least x_rows.
///   - y_stride: floats from one row to the next, at least the number of outputs.
/// - Returns: a status. After CRL_ERROR_CALLBACK the first rows of y may have been written.
@_cdecl("crl_predictor_predict")
public func crlPredictorPredict(
    _ predictor: UnsafePointer<crl_predictor>?, _ x: UnsafePointer<Float>?, _ x_rows: UInt, _ x_stride: UInt,
    _ y: UnsafeMutablePointer<Float>?, _ y_rows: UInt, _ y_stride: UInt
) -> crl_status {
    if let x, let y, let object = unmanagedObject(predictor, as: Predictor.self),
        object._withUnsafeGuaranteedRef({
            $0.predictSmall(x, rows: x_rows, stride: x_stride, y, yRows: y_rows, stride: y_stride)
        })
    {
        return crl_status(CRL_OK)
    }
    return call("crl_predictor_predict") { () throws(ChainruleError) in
        let predictor = try object(predictor, "predictor", as: Predictor.self)
        let x = try matrix(x, rows: x_rows, columns: predictor.inputs, stride: x_stride, "x")
        let y = try output(y, rows: y_rows, needed: x.rows, columns: predictor.outputs, stride: y_stride, "y")
        try Place(y, "y").checkApart(from: Place(x, "x"))
        try predictor.predict(x, into: y)
    }
}

/// Gets N_0, the length of x.
/// - Parameters:
///   - predictor: only read.
///   - inputs: receives the number.
/// - Returns: a status.
@_cdecl("crl_predictor_input_size")
public func crlPredictorInputSize(
    _ predictor: UnsafePointer<crl_predictor>?, _ inputs: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_predictor_input_size") { () throws(ChainruleError) in
        let predictor = try object(predictor, "predictor", as: Predictor.self)
        guard let inputs else { throw nullArgument("inputs") }
        inputs.pointee = UInt(predictor.inputs)
    }
}

/// Gets N_L, the length of y.
/// - Parameters:
///   - predictor: only read.
///   - outputs: receives the number.
/// - Returns: a status.
@_cdecl("crl_predictor_output_size")
public func crlPredictorOutputSize(
    _ predictor: UnsafePointer<crl_predictor>?, _ outputs: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_predictor_output_size") { () throws(ChainruleError) in
        let predictor = try object(predictor, "predictor", as: Predictor.self)
        guard let outputs else { throw nullArgument("outputs") }
        outputs.pointee = UInt(predictor.outputs)
    }
}

/// Gets the precision that the predictor computes with.
/// - Parameters:
///   - predictor: only read.
///   - precision: receives CRL_PRECISION_FLOAT32, CRL_PRECISION_BFLOAT16 or CRL_PRECISION_INT8.
/// - Returns: a status.
@_cdecl("crl_predictor_precision")
public func crlPredictorPrecision(
    _ predictor: UnsafePointer<crl_predictor>?, _ precision: UnsafeMutablePointer<crl_precision>?
) -> crl_status {
    call("crl_predictor_precision") { () throws(ChainruleError) in
        let predictor = try object(predictor, "predictor", as: Predictor.self)
        guard let precision else { throw nullArgument("precision") }
        precision.pointee = number(of: predictor.precision)
    }
}
