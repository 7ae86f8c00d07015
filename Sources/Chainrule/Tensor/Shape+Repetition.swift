// How small shapes are repeated in larger ones, by numpy's rules: shapes are compared from the last axis on. Along each axis their
// lengths are equal, or one of them is 1 and its elements are repeated; a missing axis counts as 1.

extension Shape {
    /// How elements of this shape are repeated in a larger one; nil if they do not fit.
    func repetition(in larger: Shape) -> Rearrangement? {
        guard rank <= larger.rank else { return nil }
        var repetition = Rearrangement(isPermutation: count == larger.count)
        for axis in 0..<larger.rank {
            let own = axis - (larger.rank - rank)
            let length = own < 0 ? 1 : self[own]
            guard length == larger[axis] || length == 1 else { return nil }
            repetition.append(
                larger[axis], source: length == 1 ? 0 : stride(ofAxis: own), result: larger.stride(ofAxis: axis))
        }
        return repetition
    }

    /// The lengths of the shape that both shapes are repeated in; nil if there is none.
    func extents(repeatedWith other: Shape) -> [Int]? {
        if rank < other.rank { return other.extents(repeatedWith: self) }
        var extents = extents
        for axis in 0..<other.rank {
            let (place, length) = (rank - other.rank + axis, other[axis])
            guard extents[place] == length || extents[place] == 1 || length == 1 else { return nil }
            extents[place] = max(extents[place], length)
        }
        return extents
    }
}
