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
        guard isTransposed else { return WeightPacking(use: .patches, groups: groups, units: units, depth: depth) }
        return WeightPacking(
            use: isPointwise(window) ? .patches : .sums, groups: groups, units: depth, depth: units, isTransposed: true)
    }

    /// `Z = P W + b`.
    func multiply(_ x: Matrix, _ w: PackedWeights, into z: Matrix) {
        if isDepthwise {
            return forEachSample(x, z) { x, z in
                arithmetic.depthwise(window, x, weights: w.taps, bias: w.bias, into: z)
            }
        }
        for group in 0..<groups {
            forEachPiece(x, z, group) { patches, piece, _ in
                w.multiply(group, patches, into: piece.columns(from: group * groupOutputs, count: groupOutputs))
            }
        }
    }

    /// `Δ = Pᵀ`-scattered `S W`, and b.
    func multiplyInput(_ s: Matrix, _ w: PackedWeights, into delta: Matrix) {
        let isPointwise = isPointwise && !isDepthwise
        if !isPointwise { for row in 0..<delta.rows { delta.row(row).assign(w.bias) } }
        if isDepthwise {
            return forEachSample(delta, s) { delta, s in
                arithmetic.depthwiseInputGradient(window, s, weights: w.taps, into: delta, accumulating: true)
            }
        }
        for group in 0..<groups {
            let sums = s.columns(from: group * groupOutputs, count: groupOutputs)
            if isPointwise {
                w.multiply(group, sums, into: delta.columns(from: group * groupInputs, count: groupInputs))
                continue
            }
            for first in stride(from: 0, to: s.rows, by: positionsAtATime) {
                let positions = first..<min(first + positionsAtATime, s.rows)
                let patches = Matrix(base: scratch.base, rows: positions.count, columns: depth)
                w.multiply(group, sums.rows(from: first, count: positions.count), into: patches)
                PatchKernels.scatter(
                    window, channels: groupInputs, patches.base, positions: positions,
                    addingTo: delta.base + group * groupInputs, positionStride: delta.stride)
            }
        }
    }
}
