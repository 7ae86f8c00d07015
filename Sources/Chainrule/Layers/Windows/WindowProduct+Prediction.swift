import Kernels

/// The same maps with packed weights.
extension WindowProduct {
    /// How the weights are packed.
    /// - Parameter isTransposed: for ``multiplyInput(_:_:into:)``.
    static func packing(
        _ window: Window, inputChannels: Int, outputChannels: Int, groups: Int, isTransposed: Bool
    ) -> WeightPacking {
        if isDepthwise(inputChannels, outputChannels, groups) {
            return WeightPacking(use: .depthwise, units: groups, depth: window.taps)
        }
        let (depth, units) = (window.taps * (inputChannels / groups), outputChannels / groups)
        guard isTransposed else {
            return WeightPacking(
                use: isPointwise(window) ? .parts : .windows, groups: groups, units: units, depth: depth)
        }
        return WeightPacking(
            use: isPointwise(window) ? .parts : .sums, groups: groups, units: depth, depth: units, isTransposed: true)
    }

    /// `Z = P W + b`.
    func multiply(_ x: Matrix, _ w: PackedWeights, into z: Matrix) {
        if isDepthwise {
            return slide(over: x)
                .depthwise(window, weights: w.taps, plus: w.bias, into: z, accumulating: false)
        }
        for group in 0..<groups {
            let (inputs, sums) = (
                channels(ofInput: x, group), z.columns(from: group * groupOutputs, count: groupOutputs)
            )
            if isPointwise {
                w.multiply(group, inputs, into: sums)
            } else if w.precision == .float32 {
                slide(over: inputs).multiply(
                    panels: w.panels(group).base, plus: w.bias.columns(from: group * groupOutputs, count: groupOutputs),
                    into: sums, accumulating: false)
            } else {
                multiplyPatches(group, x, w, into: sums)
            }
        }
    }

    /// The same with patches, gathered some at a time: their elements are rounded.
    private func multiplyPatches(_ group: Int, _ x: Matrix, _ w: PackedWeights, into sums: Matrix) {
        for first in stride(from: 0, to: sums.rows, by: positionsAtATime) {
            let positions = first..<min(first + positionsAtATime, sums.rows)
            let patches = room(positions.count, depth)
            PatchKernels.gather(
                window, channels: groupInputs, x.base + group * groupInputs, positionStride: x.stride,
                positions: positions, into: patches.base)
            w.multiply(group, patches, into: sums.rows(from: first, count: positions.count))
        }
    }

    /// `Δ = Pᵀ`-scattered `S W`, and b.
    func multiplyInput(_ s: Matrix, _ w: PackedWeights, into delta: Matrix) {
        let isPointwise = isPointwise && !isDepthwise
        if !isPointwise { for row in 0..<delta.rows { delta.row(row).assign(w.bias) } }
        if isDepthwise {
            return SlidingWindow.forEachTransposedSeries(window) { first in
                slideBack(over: s, first)
                    .depthwise(window, weights: w.taps, plus: nil, into: delta, accumulating: true)
            }
        }
        for group in 0..<groups {
            let sums = s.columns(from: group * groupOutputs, count: groupOutputs)
            if isPointwise {
                w.multiply(group, sums, into: delta.columns(from: group * groupInputs, count: groupInputs))
                continue
            }
            // Whole samples, or parts of one from its beginning: an element's sum has the same order wherever its sample lies.
            let (own, most) = (window.outputPositions, positionsAtATime)
            var first = 0
            while first < s.rows {
                let end = own <= most ? first + most / own * own : min(first + most, (first / own + 1) * own)
                let positions = first..<min(end, s.rows)
                first = positions.upperBound
                let patches = room(positions.count, depth)
                w.multiply(group, sums.rows(from: positions.lowerBound, count: positions.count), into: patches)
                PatchKernels.scatter(
                    window, channels: groupInputs, patches.base, positions: positions,
                    addingTo: delta.base + group * groupInputs, positionStride: delta.stride)
            }
        }
    }
}
