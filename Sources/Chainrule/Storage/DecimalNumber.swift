/// A decimal number, taken digit by digit. Up to 15 significant digits and powers of ten up to 22 are exact in double
/// arithmetic. So a float that ``JSONWriter`` writes is read back as the same float. Locales have no effect.
struct DecimalNumber {
    var isNegative = false
    private var mantissa = 0.0
    private var scale = 0

    mutating func append(_ digit: Int, isFraction: Bool = false) {
        mantissa = mantissa * 10 + Double(digit)
        if isFraction { scale -= 1 }
    }

    /// - Parameter exponent: from −10,000 to 10,000 in size, which is beyond all numbers.
    mutating func multiply(byPowerOfTen exponent: Int) { scale += exponent }

    /// nil: it is too large.
    var value: Double? {
        if mantissa == 0 { return isNegative ? -0.0 : 0 }
        let power = OptimizationMethods.power(10, Int(min(scale.magnitude, 400)))
        let magnitude = scale < 0 ? mantissa / power : mantissa * power
        guard magnitude.isFinite else { return nil }
        return isNegative ? -magnitude : magnitude
    }
}
