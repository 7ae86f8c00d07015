/// Takes arguments from the fuzzer's bytes; zeros when they are used up.
struct ByteReader {
    private var bytes: UnsafeBufferPointer<UInt8>.SubSequence

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes[...] }

    var isEmpty: Bool { bytes.isEmpty }

    mutating func byte() -> UInt8 { bytes.popFirst() ?? 0 }

    mutating func chance(of one: UInt8) -> Bool { byte() % one == 0 }

    /// Mostly small; sometimes one of the numbers that sizes go wrong at.
    mutating func size() -> UInt {
        let byte = self.byte()
        let absurd: [UInt] = [
            .max, .max - 1, UInt(Int.max), UInt(Int.max) + 1, .max / 4, UInt(Int.max) / 4, 1 << 62, 1 << 32, 1 << 31,
            UInt(UInt32.max), 0,
        ]
        return byte < 224 ? UInt(byte % 12) : absurd[Int(byte - 224) % absurd.count]
    }

    /// Mostly an enumerator.
    mutating func enumerator() -> Int32 {
        let byte = self.byte()
        return switch byte {
        case 0..<240: Int32(byte % 16)
        case 240..<248: 100
        case 248: .min
        case 249: .max
        default: Int32(byte) - 252
        }
    }

    mutating func float() -> Float {
        let byte = self.byte()
        let special: [Float] = [
            .nan, .infinity, -.infinity, 0, -0.0, 1, -1, .greatestFiniteMagnitude, .leastNonzeroMagnitude, 1e30, -1e30,
            0.5,
            0.999, 2, 1e-8, 1e19,
        ]
        return byte < 96 ? special[Int(byte) % special.count] : Float(Int(byte) - 144) / 32
    }
}
