import Kernels

/// A function of each element by itself. Where IEEE arithmetic gives infinity or NaN, as for the logarithm of 0 and of −1, so does the
/// layer.
public enum ElementFunction: Sendable, Equatable {
    /// `factor · x + offset`. A predictor multiplies it into the weights before it.
    case affine(factor: Float, offset: Float)
    /// `min(max(x, low), high)`, with a derivative of 0 at both bounds. They may be infinite.
    case clip(low: Float, high: Float)
    case log
    case squareRoot
    /// With a derivative of 0 at 0.
    case absolute
    /// `1 / x`.
    case reciprocal
    /// `x²`.
    case square
    /// The error function.
    case erf
    /// `sin x`, within 2 · 10⁻⁷ for |x| up to 10,000; beyond, less and less so.
    case sine
    /// 0 below 0, otherwise 1, with a derivative of 0.
    case step
    /// FANN's approximation of `1 / (1 + e^(−2x))`: straight lines between its values 0.005, 0.05, 0.25, 0.75, 0.95 and 0.995, beyond
    /// 0 and 1. The derivative is the slope of the line.
    case stepwiseSigmoid
    /// `round(x / scale) + zero`, of two numbers equally near the even one: what quantization computes. The derivative is that without
    /// rounding, 1 / scale (the straight-through estimator; Bengio, Léonard, Courville 2013), the second derivative 0.
    case quantize(scale: Float, zero: Float)
    /// The largest whole number that is not above x, with a derivative of 0.
    case floor

    /// Those without numbers of their own.
    package static var all: [ElementFunction] {
        [.log, .squareRoot, .absolute, .reciprocal, .square, .erf, .sine, .step, .stepwiseSigmoid, .floor]
    }

    /// The stable name used in files.
    package var identifier: StaticString {
        switch self {
        case .affine: "affine"
        case .clip: "clip"
        case .log: "log"
        case .squareRoot: "square_root"
        case .absolute: "absolute"
        case .reciprocal: "reciprocal"
        case .square: "square"
        case .erf: "erf"
        case .sine: "sine"
        case .step: "step"
        case .stepwiseSigmoid: "stepwise_sigmoid"
        case .quantize: "quantize"
        case .floor: "floor"
        }
    }

    var formula: ElementFormula {
        switch self {
        case .affine: .affine
        case .clip: .clip
        case .log: .log
        case .squareRoot: .squareRoot
        case .absolute: .absolute
        case .reciprocal: .reciprocal
        case .square: .square
        case .erf: .errorFunction
        case .sine: .sine
        case .step: .step
        case .stepwiseSigmoid: .stepwiseSigmoid
        case .quantize: .quantize
        case .floor: .floor
        }
    }

    /// 0 where the function has none.
    package var numbers: SIMD2<Float> {
        switch self {
        case .affine(let factor, let offset): SIMD2(factor, offset)
        case .clip(let low, let high): SIMD2(low, high)
        case .quantize(let scale, let zero): SIMD2(scale, zero)
        default: SIMD2()
        }
    }

    func validate(layer: LayerName) throws(ChainruleError) {
        switch self {
        case .affine(let factor, let offset) where !(factor.isFinite && offset.isFinite):
            throw ChainruleError(
                .value,
                "function '\(layer.text)' is affine with the factor \(factor) and the offset \(offset); they must be finite"
            )
        case .clip(let low, let high) where !(low <= high && low < .infinity && high > -.infinity):
            throw ChainruleError(
                .value,
                """
                function '\(layer.text)' clips from \(low) to \(high); the first must be below infinity, the second above \
                -infinity and not below the first
                """)
        case .quantize(let scale, let zero) where !(scale > 0 && scale < .infinity && zero.isFinite):
            throw ChainruleError(
                .value,
                """
                function '\(layer.text)' quantizes with the scale \(scale) and the zero point \(zero); the first must be above 0, \
                both finite
                """)
        default: break
        }
    }

    func encode(to json: inout JSONWriter) {
        json.member("function", identifier.description)
        switch self {
        case .affine(let factor, let offset):
            json.member("factor", factor)
            json.member("offset", offset)
        case .clip(let low, let high):
            if low > -.infinity { json.member("low", low) }
            if high < .infinity { json.member("high", high) }
        case .quantize(let scale, let zero):
            json.member("scale", scale)
            json.member("zero", zero)
        default: break
        }
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> ElementFunction {
        let name = try object.string("function")
        func number(_ member: String, else other: Float) throws(ChainruleError) -> Float {
            object[member] == nil ? other : Float(try object.number(member))
        }
        if name.utf8.elementsEqual("affine".utf8) {
            return .affine(factor: Float(try object.number("factor")), offset: Float(try object.number("offset")))
        }
        if name.utf8.elementsEqual("clip".utf8) {
            return .clip(low: try number("low", else: -.infinity), high: try number("high", else: .infinity))
        }
        if name.utf8.elementsEqual("quantize".utf8) {
            return .quantize(scale: Float(try object.number("scale")), zero: Float(try object.number("zero")))
        }
        for function in all where function.identifier.description.utf8.elementsEqual(name.utf8) { return function }
        throw ChainruleError(.format, "a layer has the function '\(name)', which this version does not know")
    }
}
