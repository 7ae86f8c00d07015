// GROUP 15: Streams
// A stream takes a sequence frame by frame, as it comes: sound, or what a sensor measures. A frame is a step of the sequence
// [steps, channels] that the network reads. The outputs are those of the whole sequence at once, bit for bit, however it is
// cut into blocks; the network's own number of steps does not matter.
//
//     crl_stream_create(predictor, &stream);
//     crl_stream_push(stream, x, 64, y);          64 frames of x, 64 frames of y
//     crl_stream_push(stream, x, 64, y);          the next ones
//
// crl_stream_push() is made for threads that must not wait: it allocates nothing, takes no lock and makes no system call, and
// its time depends on the number of frames alone. Make the stream, and free it, on another thread. Any number of streams may
// share a predictor, each on a thread of its own; one stream serves one thread at a time.

import CChainrule
import Chainrule

/// Makes a stream. It keeps the predictor's weights: the predictor may be destroyed first.
///
/// The layers must be causal: no output may depend on later steps. Dense layers, embeddings, activations, normalization of channels,
/// batch normalization, sums, products, concatenations along the channels, recurrent layers that go forwards, and causal
/// convolutions of stride 1 are. Where the network gives what the last step leaves, as a recurrent layer's last state, the
/// stream gives it after each frame.
/// - Parameters:
///   - predictor: only read.
///   - stream: receives the stream, before its first frame; free it with crl_stream_destroy(). NULL after an error.
/// - Returns: a status; CRL_ERROR_VALUE, with its name in the message, for a layer that is not causal.
@_cdecl("crl_stream_create")
public func crlStreamCreate(
    _ predictor: UnsafePointer<crl_predictor>?, _ stream: UnsafeMutablePointer<UnsafeMutablePointer<crl_stream>?>?
) -> crl_status {
    call("crl_stream_create") { () throws(ChainruleError) in
        guard let stream else { throw nullArgument("stream") }
        stream.pointee = nil
        stream.pointee = makeHandle(try Stream(object(predictor, "predictor", as: Predictor.self)))
    }
}

/// Frees a stream.
/// - Parameters:
///   - stream: NULL: does nothing.
@_cdecl("crl_stream_destroy")
public func crlStreamDestroy(_ stream: UnsafeMutablePointer<crl_stream>?) { destroyHandle(stream, as: Stream.self) }

/// Takes the next frames, and writes their outputs. NaN and infinity propagate, and stay in a recurrent layer's state until
/// crl_stream_reset().
///
/// If the network has recurrent layers, the call takes subnormal numbers for 0, so that a state that decays does not slow it
/// down, as all predictions with them do. It leaves the caller's arithmetic as it was.
/// - Parameters:
///   - stream: by one thread at a time: the library cannot notice two.
///   - x: frames × inputs.
///   - frames: at least 1.
///   - y: receives frames × outputs. It may be x if a frame of it has no more numbers than one of x; otherwise it must not
///     overlap x.
/// - Returns: a status. An error leaves the stream as it was, unless a layer fails in the middle: a custom activation, or an
///   embedding with a token that it lacks. Then the next call may say that the stream must be reset.
@_cdecl("crl_stream_push")
public func crlStreamPush(
    _ stream: UnsafeMutablePointer<crl_stream>?, _ x: UnsafePointer<Float>?, _ frames: UInt,
    _ y: UnsafeMutablePointer<Float>?
) -> crl_status {
    if let x, let y, let object = unmanagedObject(UnsafePointer(stream), as: Stream.self),
        object._withUnsafeGuaranteedRef({ $0.pushSafely(x, frames: frames, y) })
    {
        return crl_status(CRL_OK)
    }
    return call("crl_stream_push") { () throws(ChainruleError) in
        let stream = try object(UnsafePointer(stream), "stream", as: Stream.self)
        guard let x else { throw nullArgument("x") }
        guard let y else { throw nullArgument("y") }
        guard frames >= 1 else { throw ChainruleError(.size, "frames is 0; at least 1 is needed") }
        let widest = UInt(max(stream.inputs, stream.outputs))
        guard frames <= UInt(Int.max) / UInt(MemoryLayout<Float>.stride) / widest else {
            throw ChainruleError(.size, "frames is \(frames), more than memory can hold")
        }
        let input = Matrix(reading: x, rows: Int(frames), columns: stream.inputs, stride: stream.inputs)
        let output = Matrix(base: y, rows: Int(frames), columns: stream.outputs)
        if UnsafePointer(y) != x || stream.outputs > stream.inputs {
            try Place(output, "y").checkApart(from: Place(input, "x"))
        }
        try stream.push(input, into: output)
    }
}

/// Goes back to before the first frame.
/// - Parameters:
///   - stream: requires exclusive access to it.
/// - Returns: a status.
@_cdecl("crl_stream_reset")
public func crlStreamReset(_ stream: UnsafeMutablePointer<crl_stream>?) -> crl_status {
    call("crl_stream_reset") { () throws(ChainruleError) in
        try object(UnsafePointer(stream), "stream", as: Stream.self).reset()
    }
}

/// Makes another stream of the same predictor, which goes on from where this one is.
/// - Parameters:
///   - stream: only read.
///   - copy: receives the copy; free it with crl_stream_destroy(). NULL after an error.
/// - Returns: a status.
@_cdecl("crl_stream_copy")
public func crlStreamCopy(
    _ stream: UnsafePointer<crl_stream>?, _ copy: UnsafeMutablePointer<UnsafeMutablePointer<crl_stream>?>?
) -> crl_status {
    call("crl_stream_copy") { () throws(ChainruleError) in
        guard let copy else { throw nullArgument("copy") }
        copy.pointee = nil
        copy.pointee = makeHandle(try object(stream, "stream", as: Stream.self).copy())
    }
}

/// Saves the state: what came so far, for as much as later outputs depend on it. Only counts the bytes if there is no room
/// given. Allocates nothing.
/// - Parameters:
///   - stream: only read.
///   - bytes: receives the state; NULL, with a capacity of 0: only count them.
///   - capacity: how many bytes may be written, at least the count.
///   - count: receives how many bytes the state has; that never changes.
/// - Returns: a status; also CRL_ERROR_SIZE if the capacity is too small, or CRL_ERROR_NO_FORWARD if the stream must be reset.
@_cdecl("crl_stream_save")
public func crlStreamSave(
    _ stream: UnsafePointer<crl_stream>?, _ bytes: UnsafeMutableRawPointer?, _ capacity: UInt,
    _ count: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_stream_save") { () throws(ChainruleError) in
        let stream = try object(stream, "stream", as: Stream.self)
        guard let count else { throw nullArgument("count") }
        if let bytes {
            guard capacity >= UInt(stream.stateBytes) else {
                throw ChainruleError(.size, "capacity is \(capacity); the state has \(stream.stateBytes) bytes")
            }
            try stream.save(to: bytes)
        } else if capacity != 0 {
            throw nullArgument("bytes")
        }
        count.pointee = UInt(stream.stateBytes)
    }
}

/// Goes on from a saved state. After an error the stream is unchanged.
/// - Parameters:
///   - stream: requires exclusive access to it.
///   - bytes: what crl_stream_save() wrote, for a stream of this predictor or of another network of the same architecture;
///     at any alignment. Not needed after the call.
///   - count: how many bytes there are.
/// - Returns: a status; also CRL_ERROR_MISMATCH for a state of another architecture, CRL_ERROR_FORMAT or
///   CRL_ERROR_FILE_VERSION.
@_cdecl("crl_stream_restore")
public func crlStreamRestore(
    _ stream: UnsafeMutablePointer<crl_stream>?, _ bytes: UnsafeRawPointer?, _ count: UInt
) -> crl_status {
    call("crl_stream_restore") { () throws(ChainruleError) in
        let stream = try object(UnsafePointer(stream), "stream", as: Stream.self)
        guard let bytes else { throw nullArgument("bytes") }
        try stream.restore(UnsafeRawBufferPointer(start: bytes, count: ChainruleC.count(count, "count")))
    }
}

/// Gets how many numbers a frame of x has.
/// - Parameters:
///   - stream: only read.
///   - inputs: receives the number.
/// - Returns: a status.
@_cdecl("crl_stream_input_size")
public func crlStreamInputSize(
    _ stream: UnsafePointer<crl_stream>?, _ inputs: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_stream_input_size") { () throws(ChainruleError) in
        let stream = try object(stream, "stream", as: Stream.self)
        guard let inputs else { throw nullArgument("inputs") }
        inputs.pointee = UInt(stream.inputs)
    }
}

/// Gets how many numbers a frame of y has.
/// - Parameters:
///   - stream: only read.
///   - outputs: receives the number.
/// - Returns: a status.
@_cdecl("crl_stream_output_size")
public func crlStreamOutputSize(
    _ stream: UnsafePointer<crl_stream>?, _ outputs: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_stream_output_size") { () throws(ChainruleError) in
        let stream = try object(stream, "stream", as: Stream.self)
        guard let outputs else { throw nullArgument("outputs") }
        outputs.pointee = UInt(stream.outputs)
    }
}

/// Gets how many frames came since the beginning.
/// - Parameters:
///   - stream: only read.
///   - frames: receives the number.
/// - Returns: a status.
@_cdecl("crl_stream_frames")
public func crlStreamFrames(
    _ stream: UnsafePointer<crl_stream>?, _ frames: UnsafeMutablePointer<UInt64>?
) -> crl_status {
    call("crl_stream_frames") { () throws(ChainruleError) in
        let stream = try object(stream, "stream", as: Stream.self)
        guard let frames else { throw nullArgument("frames") }
        frames.pointee = stream.frames
    }
}
