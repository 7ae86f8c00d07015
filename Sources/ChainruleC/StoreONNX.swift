// GROUP 6: Files

import CChainrule
import Chainrule

/// Reads an ONNX model into a network, built and ready: it predicts, trains and saves as any other. Constant floats of several
/// elements become its parameters. Rows of x hold the model's inputs one after another, rows of y its outputs, each in ONNX's
/// order of axes: crl_network_onnx_input() and crl_network_onnx_output() say which. Checks everything in the file before using
/// it. docs/onnx.md lists the operators; what is not supported is an error that names the node, its operator and the operator
/// set.
///
/// The first axis of each input is the batch, and each of its rows is a row of x. A model that cannot be read so, and whose
/// lengths are all known, is read as whole tensors: one is one row. Give the lengths of axes that the model leaves open in
/// options->shapes. Of a classifier y has the scores, not the label, which is that of the largest one:
/// crl_network_class_label() names it.
/// - Parameters:
///   - path: the file.
///   - options: NULL: CRL_ONNX_OPTIONS_INIT. Only read.
///   - network: receives the network; free it with crl_network_destroy(). NULL after an error.
/// - Returns: a status; also CRL_ERROR_NAME if there is no such input, CRL_ERROR_SIZE if a shape is not the input's,
///   CRL_ERROR_FILE, CRL_ERROR_FORMAT, CRL_ERROR_FILE_VERSION or CRL_ERROR_MEMORY, also if the network needs more than the
///   limit.
@_cdecl("crl_network_load_onnx")
public func crlNetworkLoadOnnx(
    _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<crl_onnx_options>?,
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_load_onnx") { () throws(ChainruleError) in
        try loadONNX(options, network) { limit, shapes, signature throws(ChainruleError) in
            try Network(onnx: requiredPath(path), memoryLimit: limit, inputShapes: shapes, signature: &signature)
        }
    }
}

/// Reads an ONNX model from memory, as crl_network_load_onnx() does from a file.
/// - Parameters:
///   - bytes: a whole file and nothing else, at any alignment. Not needed after the call.
///   - count: how many bytes there are.
///   - options: NULL: CRL_ONNX_OPTIONS_INIT. Only read.
///   - network: receives the network; free it with crl_network_destroy(). NULL after an error.
/// - Returns: as crl_network_load_onnx(), without CRL_ERROR_FILE.
@_cdecl("crl_network_load_onnx_from_memory")
public func crlNetworkLoadOnnxFromMemory(
    _ bytes: UnsafeRawPointer?, _ count: UInt, _ options: UnsafePointer<crl_onnx_options>?,
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_load_onnx_from_memory") { () throws(ChainruleError) in
        try loadONNX(options, network) { limit, shapes, signature throws(ChainruleError) in
            try Network(onnx: memory(bytes, count), memoryLimit: limit, inputShapes: shapes, signature: &signature)
        }
    }
}

private func loadONNX(
    _ options: UnsafePointer<crl_onnx_options>?,
    _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?,
    _ read: (_ limit: Int?, _ shapes: [ONNXInputShape], inout ONNXSignature) throws(ChainruleError) -> Network
) throws(ChainruleError) {
    try load(network) { () throws(ChainruleError) in
        let given =
            try options.map { pointer throws(ChainruleError) in try structure(pointer, "options") }
            ?? crl_onnx_options.initial
        var signature = ONNXSignature()
        let loaded = try read(
            limit(UInt(bitPattern: given.memory_limit)), inputShapes(given), &signature)
        return NetworkHandle(built: loaded, signature)
    }
}

private func inputShapes(_ options: crl_onnx_options) throws(ChainruleError) -> [ONNXInputShape] {
    guard let given = options.shapes else { return [] }
    let count = UInt(bitPattern: options.shapes_count)
    guard count <= UInt(Architecture.mostInputs) else {
        throw ChainruleError(
            .size, "options->shapes_count is \(count); at most \(Architecture.mostInputs) are possible")
    }
    try Reserve.setAside(Int(count) * 1024)
    var shapes: [ONNXInputShape] = []
    for shape in UnsafeBufferPointer(start: given, count: Int(count)) {
        let name = try requiredString(shape.input, "options->shapes->input")
        guard let lengths = shape.lengths else { throw nullArgument("options->shapes->lengths") }
        guard UInt(bitPattern: shape.rank) <= 16 else {
            throw ChainruleError(
                .size, "options->shapes->rank is \(UInt(bitPattern: shape.rank)); an input has at most 16 axes")
        }
        var extents: [Int?] = []
        for axis in 0..<shape.rank { extents.append(try optionalCount(lengths[axis], "a length")) }
        shapes.append(ONNXInputShape(name, extents))
    }
    return shapes
}

/// Saves a network as an ONNX model of operator set 17, for ONNX Runtime and others. The model computes what
/// crl_network_predict() does; docs/onnx.md says how layers become nodes. Inputs and outputs of a network from
/// crl_network_load_onnx() keep their names. Atomic, as crl_network_save().
/// - Parameters:
///   - network: built; only read.
///   - path: the file to create or replace.
/// - Returns: a status; also CRL_ERROR_FILE, CRL_ERROR_VALUE if a layer has no ONNX form (the message names it), or
///   CRL_ERROR_SIZE if the model would have more than 2 GiB.
@_cdecl("crl_network_save_onnx")
public func crlNetworkSaveOnnx(_ network: UnsafePointer<crl_network>?, _ path: UnsafePointer<CChar>?) -> crl_status {
    call("crl_network_save_onnx") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        try handle.built().saveONNX(to: requiredPath(path), signature: handle.signature)
    }
}

/// Saves a network to memory as an ONNX model: the bytes that crl_network_save_onnx() writes to a file.
/// - Parameters:
///   - network: built; only read.
///   - bytes: receives the bytes; NULL, with a capacity of 0: only count them. After an error the contents are
///     unspecified.
///   - capacity: how many bytes may be written, at least the count.
///   - count: receives how many bytes the model has.
/// - Returns: a status; also CRL_ERROR_VALUE as in crl_network_save_onnx(), or CRL_ERROR_SIZE if the capacity is too
///   small (the message names the count) or the model too large.
@_cdecl("crl_network_save_onnx_to_memory")
public func crlNetworkSaveOnnxToMemory(
    _ network: UnsafePointer<crl_network>?, _ bytes: UnsafeMutableRawPointer?, _ capacity: UInt,
    _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_save_onnx_to_memory") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let network = try handle.built()
        try save(to: bytes, capacity, count, of: network) { buffer throws(ChainruleError) in
            try network.saveONNX(to: buffer, signature: handle.signature)
        }
    }
}

/// Gets how many inputs and outputs the ONNX model had that a network was read from; 0 for other networks.
/// - Parameters:
///   - network: built or not.
///   - inputs: receives the number of inputs.
///   - outputs: receives the number of outputs.
/// - Returns: a status.
@_cdecl("crl_network_onnx_count")
public func crlNetworkOnnxCount(
    _ network: UnsafePointer<crl_network>?, _ inputs: UnsafeMutablePointer<UInt>?,
    _ outputs: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_network_onnx_count") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        guard let inputs else { throw nullArgument("inputs") }
        guard let outputs else { throw nullArgument("outputs") }
        inputs.pointee = UInt(handle.signature.inputs.count)
        outputs.pointee = UInt(handle.signature.outputs.count)
    }
}

/// Gets an input of the ONNX model that a network was read from: its name and its axes. In a row of x it follows the inputs
/// before it.
/// - Parameters:
///   - network: from crl_network_load_onnx() or a copy.
///   - index: the input's, from 0.
///   - name: receives the name, valid as long as the network.
///   - extents: receives the lengths of its axes for one row, that of the batch as 1; NULL: not wanted.
///   - extents_count: the length of the array, at least the number of axes; 16 is enough. Ignored with NULL.
///   - rank: receives the number of axes.
///   - batch_axis: receives which axis the rows are; -1 if the whole tensor is one row.
/// - Returns: a status.
@_cdecl("crl_network_onnx_input")
public func crlNetworkOnnxInput(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ extents: UnsafeMutablePointer<UInt>?, _ extents_count: UInt, _ rank: UnsafeMutablePointer<UInt>?,
    _ batch_axis: UnsafeMutablePointer<Int32>?
) -> crl_status {
    call("crl_network_onnx_input") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let tensors = handle.signature.inputs
        guard index < UInt(tensors.count) else {
            throw ChainruleError(.size, "index is \(index); the model has \(tensors.count) inputs")
        }
        try write(tensors[Int(index)], handle.modelNames[Int(index)], name, extents, extents_count, rank, batch_axis)
    }
}

/// Gets an output of the ONNX model that a network was read from: its name and its axes. In a row of y it follows the outputs
/// before it.
/// - Parameters:
///   - network: from crl_network_load_onnx() or a copy.
///   - index: the output's, from 0.
///   - name: receives the name, valid as long as the network.
///   - extents: receives the lengths of its axes for one row, that of the batch as 1; NULL: not wanted.
///   - extents_count: the length of the array, at least the number of axes; 16 is enough. Ignored with NULL.
///   - rank: receives the number of axes.
///   - batch_axis: receives which axis the rows are; -1 if the whole tensor is one row.
/// - Returns: a status.
@_cdecl("crl_network_onnx_output")
public func crlNetworkOnnxOutput(
    _ network: UnsafePointer<crl_network>?, _ index: UInt, _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ extents: UnsafeMutablePointer<UInt>?, _ extents_count: UInt, _ rank: UnsafeMutablePointer<UInt>?,
    _ batch_axis: UnsafeMutablePointer<Int32>?
) -> crl_status {
    call("crl_network_onnx_output") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let (inputs, tensors) = (handle.signature.inputs.count, handle.signature.outputs)
        guard index < UInt(tensors.count) else {
            throw ChainruleError(.size, "index is \(index); the model has \(tensors.count) outputs")
        }
        try write(
            tensors[Int(index)], handle.modelNames[inputs + Int(index)], name, extents, extents_count, rank, batch_axis)
    }
}

private func write(
    _ tensor: ONNXSignature.Tensor, _ text: UnsafeMutablePointer<CChar>,
    _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ extents: UnsafeMutablePointer<UInt>?,
    _ extentsCount: UInt, _ rank: UnsafeMutablePointer<UInt>?, _ batchAxis: UnsafeMutablePointer<Int32>?
) throws(ChainruleError) {
    guard let name else { throw nullArgument("name") }
    guard let batchAxis else { throw nullArgument("batch_axis") }
    try write(tensor.dims, to: extents, count: extentsCount, rank)
    name.pointee = UnsafePointer(text)
    batchAxis.pointee = Int32(tensor.batchAxis ?? -1)
}
