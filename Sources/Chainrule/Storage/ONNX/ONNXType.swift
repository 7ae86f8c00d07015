/// ONNX's types of elements, by their numbers in files.
enum ONNXType: Int64 {
    case float = 1
    case uint8, int8, uint16, int16, int32, int64
    case bool = 9
    case float16, double, uint32, uint64
    case bfloat16 = 16
    case float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, uint4, int4, float4e2m1, float8e8m0, uint2, int2
    case float6e2m3, float6e3m2

    /// The first of those of at most 8 bits that processors lack.
    static var firstSmall: Int64 { float8e4m3fn.rawValue }

    var isInteger: Bool {
        switch self {
        case .float, .float16, .bfloat16, .double: false
        case .uint4, .int4, .uint2, .int2: true
        default: rawValue < ONNXType.firstSmall
        }
    }

    /// The integers that it holds; nil: those of 64 bits.
    var range: ClosedRange<Int64>? {
        switch self {
        case .int8, .int16, .int32, .int4, .int2: -(1 << Int64(bits - 1))...1 << Int64(bits - 1) - 1
        case .uint8, .uint16, .uint32, .uint4, .uint2: 0...1 << Int64(bits) - 1
        case .bool: 0...1
        default: nil
        }
    }

    /// Whether it is one of floats of at most 8 bits.
    var isSmallFloat: Bool { rawValue >= ONNXType.firstSmall && !isInteger }

    /// The bits of an element.
    var bits: Int {
        switch self {
        case .uint2, .int2: 2
        case .uint4, .int4, .float4e2m1: 4
        case .float6e2m3, .float6e3m2: 6
        case .uint16, .int16, .float16, .bfloat16: 16
        case .float, .int32, .uint32: 32
        case .double, .int64, .uint64: 64
        default: 8
        }
    }

    /// - Parameter number: nil for one that is missing.
    static func supported(_ number: Int64?) throws(ChainruleError) -> ONNXType {
        guard let type = number.flatMap(ONNXType.init) else {
            throw ChainruleError(.format, "elements of type \(number ?? 0) are not supported")
        }
        return type
    }

    func float(_ bytes: ProtobufBytes, _ place: Int) -> Float {
        switch self {
        case .float: Float(bitPattern: bytes.number(at: place, as: UInt32.self))
        case .double: Float(Double(bitPattern: bytes.number(at: place, as: UInt64.self)))
        case .bfloat16: Float(bitPattern: UInt32(bytes.number(at: place, as: UInt16.self)) << 16)
        case .float16: float(small: UInt32(bytes.number(at: place, as: UInt16.self)))
        default: float(small: small(bytes, place))
        }
    }

    func integer(_ bytes: ProtobufBytes, _ place: Int) -> Int64 {
        switch self {
        case .uint8: Int64(bytes[place])
        case .bool: bytes[place] == 0 ? 0 : 1
        case .int8: Int64(Int8(bitPattern: bytes[place]))
        case .uint16: Int64(bytes.number(at: place, as: UInt16.self))
        case .int16: Int64(bytes.number(at: place, as: Int16.self))
        case .int32: Int64(bytes.number(at: place, as: Int32.self))
        case .uint32: Int64(bytes.number(at: place, as: UInt32.self))
        case .uint64: Int64(clamping: bytes.number(at: place, as: UInt64.self))
        case .int64: bytes.number(at: place, as: Int64.self)
        default: integer(small: small(bytes, place))
        }
    }

    // MARK: At most 8 bits, and float16

    /// The bits of an element, and of those behind it in its byte: the first one is in the lowest.
    private func small(_ bytes: ProtobufBytes, _ place: Int) -> UInt32 {
        let (byte, shift) = (place / 8 * bits + place % 8 * bits / 8, place % 8 * bits % 8)
        let high = shift + bits > 8 ? UInt32(bytes[byte + 1]) << 8 : 0
        return (UInt32(bytes[byte]) | high) >> UInt32(shift)
    }

    /// - Parameter number: higher bits do not count.
    func integer(small number: UInt32) -> Int64 {
        let value = Int64(number & (1 << UInt32(bits) - 1))
        let isNegative = (self == .int4 || self == .int2) && value >> Int64(bits - 1) == 1
        return isNegative ? value - 1 << Int64(bits) : value
    }

    /// What a float of few bits holds besides numbers.
    private enum Rest {
        case nothing
        /// Infinity and NaN, at the highest exponent, as IEEE 754 has them.
        case both
        /// NaN, as the largest number, or as −0.
        case nanAtMost
        case nanAtZero
    }

    private var layout: (exponent: UInt32, fraction: UInt32, bias: Int32, rest: Rest) {
        switch self {
        case .float8e4m3fn: (4, 3, 7, .nanAtMost)
        case .float8e4m3fnuz: (4, 3, 8, .nanAtZero)
        case .float8e5m2: (5, 2, 15, .both)
        case .float8e5m2fnuz: (5, 2, 16, .nanAtZero)
        case .float4e2m1: (2, 1, 1, .nothing)
        case .float6e2m3: (2, 3, 1, .nothing)
        case .float6e3m2: (3, 2, 3, .nothing)
        case .float8e8m0: (8, 0, 127, .nanAtMost)
        default: (5, 10, 15, .both)
        }
    }

    /// - Parameter number: higher bits do not count.
    func float(small number: UInt32) -> Float {
        let (width, digits, bias, rest) = layout
        let most: UInt32 = 1 << (width + digits) - 1
        let size = number & most
        let isNegative = number >> (width + digits) & 1 == 1 && width < 8
        let (exponent, fraction) = (size >> digits, size & (1 << digits - 1))
        switch rest {
        case .both where exponent == 1 << width - 1: return fraction > 0 ? .nan : isNegative ? -.infinity : .infinity
        case .nanAtMost where size == most: return .nan
        case .nanAtZero where size == 0 && isNegative: return .nan
        default: break
        }
        // Powers of two have no zero.
        let isNormal = exponent > 0 || width == 8
        let whole = Double(isNormal ? fraction + 1 << digits : fraction)
        let power = Int32(isNormal ? exponent : 1) - bias - Int32(digits)
        let value = Float(whole * Double(bitPattern: UInt64(power + 1023) << 52))
        return isNegative ? -value : value
    }
}
