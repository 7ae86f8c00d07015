// The state of a stream as bytes, little-endian: "CRLS", a version, a number for what the state is made of, the frames that
// came, and then the numbers of each layer with a state: a recurrent layer's h and c; the frames before of a causal
// convolution, in order.

extension Stream {
    private static var version: UInt32 { 1 }
    private static var headerBytes: Int { 24 }
    private static var tag: UInt32 { 0x534c_5243 }

    /// How many bytes a state has.
    public var stateBytes: Int {
        let floats = stages.all.elements.reduce(0) { $0 + $1.stateCount }
        return Stream.headerBytes + floats * MemoryLayout<Float>.stride
    }

    /// A copy of the state: what came so far, for as much as later outputs depend on it. Another stream can go on from it, of
    /// this predictor or of one of the same architecture.
    public var state: [UInt8] {
        get throws(ChainruleError) {
            try checkIsWhole()
            return [UInt8](unsafeUninitializedCapacity: stateBytes) { buffer, count in
                write(to: buffer.baseAddress!)
                count = buffer.count
            }
        }
    }

    /// Writes ``stateBytes`` bytes.
    package func save(to bytes: UnsafeMutableRawPointer) throws(ChainruleError) {
        try checkIsWhole()
        write(to: bytes)
    }

    private func write(to bytes: UnsafeMutableRawPointer) {
        bytes.storeBytes(of: Stream.tag.littleEndian, as: UInt32.self)
        bytes.storeBytes(of: Stream.version.littleEndian, toByteOffset: 4, as: UInt32.self)
        bytes.storeBytes(of: architectureNumber.littleEndian, toByteOffset: 8, as: UInt64.self)
        bytes.storeBytes(of: frames.littleEndian, toByteOffset: 16, as: UInt64.self)
        var place = Stream.headerBytes
        for stage in stages.all.elements {
            for index in 0..<stage.stateCount {
                let bits = stage.state(index, after: frames).bitPattern
                bytes.storeBytes(of: bits.littleEndian, toByteOffset: place, as: UInt32.self)
                place += MemoryLayout<Float>.stride
            }
        }
    }

    /// Goes on from a state.
    public func restore(_ state: [UInt8]) throws(ChainruleError) {
        let result = state.withUnsafeBytes { bytes in
            Result { () throws(ChainruleError) in try restore(bytes) }
        }
        try result.get()
    }

    package func restore(_ bytes: UnsafeRawBufferPointer) throws(ChainruleError) {
        func number<Number: FixedWidthInteger>(_ place: Int, as: Number.Type) -> Number {
            Number(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Number.self))
        }
        guard bytes.count >= Stream.headerBytes, number(0, as: UInt32.self) == Stream.tag else {
            throw ChainruleError(.format, "these \(bytes.count) bytes are no stream's state")
        }
        guard number(4, as: UInt32.self) == Stream.version else {
            throw ChainruleError(
                .fileVersion,
                "the state has version \(Int(number(4, as: UInt32.self))); this library knows \(Int(Stream.version))")
        }
        guard number(8, as: UInt64.self) == architectureNumber else {
            throw ChainruleError(.mismatch, "the state belongs to a stream of another network")
        }
        guard bytes.count == stateBytes else {
            throw ChainruleError(.format, "the state has \(bytes.count) bytes; it should have \(stateBytes)")
        }
        let seen = number(16, as: UInt64.self)
        guard seen <= UInt64(Int64.max) else {
            throw ChainruleError(
                .format, "the state is of \(seen.description) frames; at most \(Int64.max.description) are possible")
        }
        var place = Stream.headerBytes
        for stage in stages.all.elements {
            for index in 0..<stage.stateCount {
                stage.setState(index, to: Float(bitPattern: number(place, as: UInt32.self)), after: seen)
                place += MemoryLayout<Float>.stride
            }
        }
        resume(after: seen)
    }
}

extension Architecture {
    /// A number that others hardly have (FNV-1a of its JSON; Fowler, Noll and Vo).
    var number: UInt64 {
        var json = JSONWriter()
        encode(to: &json)
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in json.bytes {
            hash ^= UInt64(byte)
            hash &*= 0x100_0000_01b3
        }
        return hash
    }
}
