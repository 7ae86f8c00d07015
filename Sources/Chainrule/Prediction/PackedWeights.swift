import Kernels

/// The packed weights of a layer, during a prediction.
package struct PackedWeights {
    let kernels: PredictionKernels
    /// One for each group.
    let products: UnsafeMutablePointer<PackedDense>
    /// A number for each output channel.
    let bias: Matrix
    /// The most rows of A whose rounded copies go into the scratch memory.
    let mostRows: Int
    let scratch: UnsafeMutablePointer<Float>
    let precision: Precision

    /// `C = A Wᵀ` with a group's weights; if they give outputs, with b, and max(0, C) if that is σ.
    func multiply(_ group: Int, _ a: Matrix, into c: Matrix) {
        let layer = products + group
        precondition(a.columns == layer.pointee.inputs && c.columns == layer.pointee.outputs && a.rows == c.rows)
        for first in stride(from: 0, to: a.rows, by: mostRows) {
            let (rows, c) = (min(mostRows, a.rows - first), c.row(first))
            kernels.product(layer, rows, a.row(first).base, a.stride, c.base, c.stride, scratch)
        }
    }

    /// The panels of a group's float32 weights.
    func panels(_ group: Int) -> Matrix {
        let layer = products + group
        let count =
            layer.pointee.words * PanelPacking.lanes(of: layer.pointee.outputs, vectorWidth: kernels.vectorWidth)
        return Matrix(reading: layer.pointee.panels, rows: 1, columns: count, stride: count)
    }

    /// The weights of a depthwise convolution, with a row for each tap.
    var taps: Matrix {
        let layer = products.pointee
        return Matrix(reading: layer.panels, rows: layer.inputs, columns: layer.outputs, stride: layer.outputs)
    }
}
