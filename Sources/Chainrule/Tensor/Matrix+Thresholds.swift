/// Counts elements of a row above thresholds, four at a time. Does not branch on elements: such branches are
/// unpredictable.
extension Matrix {
    func countAbove(_ threshold: Float, inRow row: Int) -> Int {
        let elements = base + row &* stride
        var fours = SIMD4<Int32>.zero
        var place = 0
        while place < columns & ~3 {
            fours.replace(with: fours &+ 1, where: Matrix.four(elements, place) .> threshold)
            place &+= 4
        }
        var count = Int(fours.wrappedSum())
        while place < columns {
            count &+= elements[place] > threshold ? 1 : 0
            place &+= 1
        }
        return count
    }

    /// Counts the columns where exactly one of the two matrices is above its threshold.
    func countDifferences(
        above threshold: Float, from other: Matrix, above otherThreshold: Float, inRow row: Int
    ) -> Int {
        let (elements, others) = (base + row &* stride, other.base + row &* other.stride)
        var fours = SIMD4<Int32>.zero
        var place = 0
        while place < columns & ~3 {
            let isDifferent =
                (Matrix.four(elements, place) .> threshold) .^ (Matrix.four(others, place) .> otherThreshold)
            fours.replace(with: fours &+ 1, where: isDifferent)
            place &+= 4
        }
        var count = Int(fours.wrappedSum())
        while place < columns {
            count &+= (elements[place] > threshold) != (others[place] > otherThreshold) ? 1 : 0
            place &+= 1
        }
        return count
    }

    @inline(__always)
    private static func four(_ elements: UnsafeMutablePointer<Float>, _ place: Int) -> SIMD4<Float> {
        UnsafeRawPointer(elements + place).loadUnaligned(as: SIMD4<Float>.self)
    }
}
