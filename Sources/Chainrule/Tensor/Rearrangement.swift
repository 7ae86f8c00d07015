/// A linear map that only moves elements: each element of a result is an element of the source. Axes are permuted, cut,
/// padded or repeated.
///
/// Loops run over axes, from the outermost to the innermost. Each has a length and, in source and result, the distance from
/// one of its elements to the next. A distance of 0 in the source repeats elements.
struct Rearrangement {
    private(set) var axes = 0
    private(set) var lengths = SIMD8<Int>(repeating: 1)
    private(set) var sourceStrides = SIMD8<Int>()
    private(set) var resultStrides = SIMD8<Int>()
    private(set) var sourceStart = 0
    private(set) var resultStart = 0
    /// Whether each element of the source goes to exactly one of the result.
    private(set) var isPermutation: Bool
    /// Whether some elements of the result come from nowhere: they are 0.
    private(set) var hasGaps: Bool

    init(isPermutation: Bool = false, hasGaps: Bool = false, sourceStart: Int = 0, resultStart: Int = 0) {
        self.isPermutation = isPermutation
        self.hasGaps = hasGaps
        self.sourceStart = sourceStart
        self.resultStart = resultStart
    }

    /// All elements in their order.
    static func identity(_ count: Int) -> Rearrangement {
        var identity = Rearrangement(isPermutation: true)
        identity.append(count, source: 1, result: 1)
        return identity
    }

    /// Adds an axis inside the others. Merges it with the one around it where both are one run of elements.
    @inline(never)
    mutating func append(_ length: Int, source: Int, result: Int) {
        if length == 1 { return }
        if axes > 0, sourceStrides[axes - 1] == source * length, resultStrides[axes - 1] == result * length {
            lengths[axes - 1] *= length
            sourceStrides[axes - 1] = source
            resultStrides[axes - 1] = result
            return
        }
        lengths[axes] = length
        sourceStrides[axes] = source
        resultStrides[axes] = result
        axes += 1
    }

    /// Moves the elements of each row of a source to the same row of a result, or adds them.
    func apply(_ source: Matrix, to result: Matrix, accumulating: Bool, _ arithmetic: Arithmetic) {
        if isIdentity(source, result) {
            return arithmetic.assign(source.asRow, to: result.asRow, accumulating: accumulating)
        }
        if hasGaps && !accumulating { result.fill { 0 } }
        for row in 0..<source.rows {
            move(
                axis: 0, source.row(row).base + sourceStart, sourceStrides, result.row(row).base + resultStart,
                resultStrides, adding: accumulating, arithmetic)
        }
    }

    /// The adjoint: adds each element of a result to the element of the source that it came from.
    /// - Parameter accumulating: whether the source keeps what it holds.
    func applyAdjoint(_ result: Matrix, to source: Matrix, accumulating: Bool, _ arithmetic: Arithmetic) {
        if isIdentity(source, result) {
            return arithmetic.assign(result.asRow, to: source.asRow, accumulating: accumulating)
        }
        if !accumulating && !isPermutation { source.fill { 0 } }
        for row in 0..<source.rows {
            move(
                axis: 0, result.row(row).base + resultStart, resultStrides, source.row(row).base + sourceStart,
                sourceStrides, adding: accumulating || !isPermutation, arithmetic)
        }
    }

    /// Whether the elements of all rows stay in their order, and lie side by side.
    private func isIdentity(_ source: Matrix, _ result: Matrix) -> Bool {
        isPermutation && axes <= 1 && (axes == 0 || sourceStrides[0] == 1 && resultStrides[0] == 1)
            && source.isContiguous && result.isContiguous
    }

    private func move(
        axis: Int, _ from: UnsafeMutablePointer<Float>, _ fromStrides: SIMD8<Int>, _ to: UnsafeMutablePointer<Float>,
        _ toStrides: SIMD8<Int>, adding: Bool, _ arithmetic: Arithmetic
    ) {
        if axis == axes {
            to.pointee = adding ? to.pointee + from.pointee : from.pointee
            return
        }
        let (length, fromStride, toStride) = (lengths[axis], fromStrides[axis], toStrides[axis])
        if axis == axes - 1 {
            if fromStride == 1 && toStride == 1 {
                let run = Matrix(base: from, rows: 1, columns: length)
                arithmetic.assign(run, to: Matrix(base: to, rows: 1, columns: length), accumulating: adding)
            } else if adding {
                for index in 0..<length { to[index * toStride] += from[index * fromStride] }
            } else {
                for index in 0..<length { to[index * toStride] = from[index * fromStride] }
            }
            return
        }
        if axis == axes - 2 && !adding {
            // The rows of a matrix become columns: the outer loop's steps are rows, or the inner one's.
            func isTransposition(rows: Int, columns: Int) -> Bool {
                fromStrides[columns] == 1 && toStrides[rows] == 1 && fromStrides[rows] > 0
            }
            let outerIsRows = isTransposition(rows: axis, columns: axis + 1)
            if outerIsRows || isTransposition(rows: axis + 1, columns: axis) {
                let (rows, columns) = outerIsRows ? (axis, axis + 1) : (axis + 1, axis)
                arithmetic.transpose(
                    Matrix(base: from, rows: lengths[rows], columns: lengths[columns], stride: fromStrides[rows]),
                    into: Matrix(base: to, rows: lengths[columns], columns: lengths[rows], stride: toStrides[columns]))
                return
            }
        }
        for index in 0..<length {
            move(
                axis: axis + 1, from + index * fromStride, fromStrides, to + index * toStride, toStrides,
                adding: adding,
                arithmetic)
        }
    }
}

extension Shape {
    /// The distance between neighbours along an axis, in elements.
    func stride(ofAxis axis: Int) -> Int {
        var stride = 1
        for inner in axis + 1..<max(rank, axis + 1) { stride *= self[inner] }
        return stride
    }
}
