import Kernels

/// Windows with every kind of edge: taps beyond each end, gaps between windows, inputs smaller than a window.
let windows: [Window] = [
    window(input: [1, 1, 1], kernel: [1, 1, 1]),
    window(input: [1, 1, 9], kernel: [1, 1, 3], pad: [0, 0, 1]),
    window(input: [1, 6, 11], kernel: [1, 3, 3], pad: [0, 1, 1]),
    window(input: [1, 5, 14], kernel: [1, 3, 3]),
    window(input: [1, 7, 10], kernel: [1, 3, 3], stride: [1, 2, 2], pad: [0, 1, 1]),
    window(input: [1, 8, 19], kernel: [1, 2, 2], stride: [1, 2, 2]),
    window(input: [1, 7, 13], kernel: [1, 1, 2], stride: [1, 3, 3]),
    window(input: [1, 9, 6], kernel: [1, 5, 1], pad: [0, 2, 0]),
    window(input: [1, 8, 12], kernel: [1, 3, 3], dilation: [1, 2, 2], pad: [0, 2, 2]),
    window(input: [1, 7, 15], kernel: [1, 3, 4], stride: [1, 2, 2], dilation: [1, 2, 3], pad: [0, 1, 4]),
    window(input: [1, 6, 17], kernel: [1, 2, 5], stride: [1, 1, 4], dilation: [1, 1, 2], pad: [0, 1, 3]),
    window(input: [1, 2, 2], kernel: [1, 3, 5], pad: [0, 1, 2]),
    window(input: [3, 4, 5], kernel: [2, 3, 3], pad: [1, 1, 1]),
    window(input: [4, 5, 7], kernel: [3, 2, 3], stride: [2, 1, 2], dilation: [1, 2, 1], pad: [1, 1, 1]),
]

func window(
    input: Window.Axes, kernel: Window.Axes, stride: Window.Axes = [1, 1, 1], dilation: Window.Axes = [1, 1, 1],
    pad: Window.Axes = [0, 0, 0]
) -> Window {
    let reach = dilation &* (kernel &- 1) &+ 1
    let output = (input &+ 2 &* pad &- reach) / stride &+ 1
    return Window(input: input, output: output, kernel: kernel, stride: stride, dilation: dilation, before: pad)
}

let channelCounts = [1, 3, 8, 16, 17, 33]

extension Window {
    /// A tap inside the input, as numbers of the output position, the tap and the input position.
    struct Place {
        let output: Int
        let tap: Int
        let input: Int
    }

    /// In order of the outputs, then of the taps.
    var places: [Place] {
        var places: [Place] = []
        for outputNumber in 0..<outputPositions {
            for tapNumber in 0..<taps {
                let (at, tap) = (Window.axes(outputNumber, of: output), Window.axes(tapNumber, of: kernel))
                let place = at &* stride &+ tap &* dilation &- before
                guard (0..<3).allSatisfy({ place[$0] >= 0 && place[$0] < input[$0] }) else { continue }
                let inputNumber = (place[0] * input[1] + place[1]) * input[2] + place[2]
                places.append(Place(output: outputNumber, tap: tapNumber, input: inputNumber))
            }
        }
        return places
    }

    private static func axes(_ number: Int, of lengths: Axes) -> Axes {
        Axes(number / (lengths[1] * lengths[2]), number / lengths[2] % lengths[1], number % lengths[2])
    }
}

/// Rows of some columns that lie a distance apart, as a kernel sees the channels of positions.
struct Rows {
    let rows: Int
    let columns: Int
    let stride: Int
    var elements: [Float]

    /// - Parameter gap: the floats between two rows, which hold NaN.
    init(_ rows: Int, _ columns: Int, gap: Int, _ values: (_ count: Int) -> [Float]) {
        self.rows = rows
        self.columns = columns
        stride = columns + gap
        elements = [Float](repeating: .nan, count: rows * stride)
        let values = values(rows * columns)
        for row in 0..<rows {
            for column in 0..<columns { elements[row * stride + column] = values[row * columns + column] }
        }
    }

    subscript(row: Int, column: Int) -> Float {
        get { elements[row * stride + column] }
        set { elements[row * stride + column] = newValue }
    }

    /// Some of the columns, with the stride that they have.
    func columns(_ range: Range<Int>) -> Rows {
        var part = Rows(rows, range.count, gap: stride - range.count) { [Float](repeating: .nan, count: $0) }
        for row in 0..<rows { for column in range { part[row, column - range.lowerBound] = self[row, column] } }
        return part
    }

    func rows(_ range: Range<Int>) -> Rows {
        var part = Rows(range.count, columns, gap: stride - columns) { [Float](repeating: .nan, count: $0) }
        part.elements = Array(elements[range.lowerBound * stride..<range.upperBound * stride])
        return part
    }

    func filled(with value: Float) -> Rows {
        Rows(rows, columns, gap: stride - columns) { [Float](repeating: value, count: $0) }
    }

    /// Whether nothing was written between the rows.
    var gapsAreNaN: Bool {
        elements.indices.allSatisfy { $0 % stride < columns || elements[$0].isNaN }
    }

    /// Bit by bit, between the rows too.
    func isSame(as other: Rows) -> Bool { bits(elements) == bits(other.elements) }
}
