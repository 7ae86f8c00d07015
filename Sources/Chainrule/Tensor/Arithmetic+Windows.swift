import Kernels

/// What slides windows over one sample: matrices with a row for each position.
extension Arithmetic {
    /// The largest element under each window that lies inside the input, and which tap it lies under.
    func maximum(_ window: Window, _ x: Matrix, into y: Matrix, taps: Matrix?) {
        Arithmetic.checkShapes(window, input: x, output: y)
        if let taps { precondition(taps.rows == y.rows && taps.columns == y.columns) }
        withUnsafePointer(to: window) {
            kernels.maximum($0, x.columns, x.base, x.stride, y.base, y.stride, taps?.base, taps?.stride ?? 0)
        }
    }

    /// Adds each element of dy to the element of dx under the tap that ``maximum`` wrote for it.
    func scatterMaximum(_ window: Window, taps: Matrix, _ dy: Matrix, into dx: Matrix) {
        Arithmetic.checkShapes(window, input: dx, output: dy)
        precondition(taps.rows == dy.rows && taps.columns == dy.columns)
        MaximumTaps.scatter(
            window, channels: dx.columns, taps: taps.base, taps.stride, dy.base, dy.stride, addingTo: dx.base,
            dx.stride)
    }

    /// Writes to each element of y the element of v under the tap that ``maximum`` wrote for it.
    func gatherMaximum(_ window: Window, taps: Matrix, _ v: Matrix, into y: Matrix) {
        Arithmetic.checkShapes(window, input: v, output: y)
        precondition(taps.rows == y.rows && taps.columns == y.columns)
        MaximumTaps.gather(
            window, channels: v.columns, taps: taps.base, taps.stride, v.base, v.stride, into: y.base, y.stride)
    }

    private static func checkShapes(_ window: Window, input: Matrix, output: Matrix) {
        precondition(input.rows == window.inputPositions && output.rows == window.outputPositions)
        precondition(input.columns == output.columns)
    }
}
