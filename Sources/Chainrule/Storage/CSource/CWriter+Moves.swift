import Kernels

// Layers that move elements, and add some.
extension CWriter {
    func concatenate(_ axis: Int) throws(ChainruleError) {
        for (input, piece) in pieces(axis).enumerated() { try move(piece, self.input(input), output) }
    }

    /// From each input of a concatenation to its piece.
    func pieces(_ axis: Int) -> [Rearrangement] {
        let columns = shape[axis] * shape.stride(ofAxis: axis)
        var (start, pieces) = (0, [Rearrangement]())
        for input in node.inputs.indices {
            let own = inputShape(input)[axis] * shape.stride(ofAxis: axis)
            var piece = Rearrangement(isPermutation: true, resultStart: start)
            piece.append(shape.count / columns, source: own, result: columns)
            piece.append(own, source: 1, result: 1)
            pieces.append(piece)
            start += own
        }
        return pieces
    }

    /// Of a layer that only moves elements.
    func rearrangement() -> Rearrangement? {
        let input = inputShape()
        switch node.settings {
        case .transpose(let axes): return Transpose(axes: axes).rearrangement(of: input, into: shape)
        case .slice(let begin, let end): return SliceLayer(begin: begin, end: end).rearrangement(of: input, into: shape)
        case .zeroPadding(let before, let after):
            return ZeroPadding(before: before, after: after).rearrangement(of: input, into: shape)
        case .upsampling(let factors): return Upsampling(factors: factors).rearrangement(of: input, into: shape)
        case .broadcast(let larger): return input.repetition(in: larger)
        case .input(let part, let first): return InputPart(part, first: first).rearrangement(of: input, into: shape)
        default: return nil
        }
    }

    /// Moves elements as ``Rearrangement/apply(_:to:accumulating:_:)`` or its adjoint does.
    func move(
        _ map: Rearrangement, _ from: String, _ to: String, count: Int? = nil, factor: Float = 1, adds: Bool = false,
        adjoint: Bool = false
    ) throws(ChainruleError) {
        var (axes, adds) = ([Int](), adds)
        for axis in 0..<map.axes {
            let (source, result) = (map.sourceStrides[axis], map.resultStrides[axis])
            axes += [map.lengths[axis], adjoint ? result : source, adjoint ? source : result]
        }
        if !adds && (adjoint ? !map.isPermutation : map.hasGaps) {
            call("clear(\(to), \(count ?? shape.count));")
            adds = adjoint
        }
        tableCount += 1
        if axes.isEmpty { axes = [1, 0, 0] }
        tables.add("static const int32_t axes_\(tableCount)[] = \(CText.list(axes));\n")
        let (source, result) = adjoint ? (map.resultStart, map.sourceStart) : (map.sourceStart, map.resultStart)
        call(
            """
            move(\(from) + \(source), \(to) + \(result), axes_\(tableCount), \(axes.count / 3), \(CText.number(factor)), \
            \(adds ? 1 : 0));
            """)
    }

    func moveBack(
        _ map: Rearrangement, _ delta: String, _ input: Int = 0, factor: Float = 1
    ) throws(ChainruleError) {
        guard let (to, adds) = try inputDelta(input) else { return }
        try move(
            map, delta, to, count: inputShape(input).count, factor: factor, adds: adds, adjoint: true)
    }

    func sumBack(_ delta: String, _ coefficient: (Int) -> Float) throws(ChainruleError) {
        for input in node.inputs.indices {
            try moveBack(inputShape(input).repetition(in: shape)!, delta, input, factor: coefficient(input))
        }
    }

    func sum(_ coefficient: (Int) -> Float) throws(ChainruleError) {
        for input in node.inputs.indices {
            try move(
                inputShape(input).repetition(in: shape)!, self.input(input), output, factor: coefficient(input),
                adds: input > 0)
        }
    }
}
