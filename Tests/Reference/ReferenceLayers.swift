import Chainrule
import Foundation

/// A kind of layer beside the basic ones: how the library adds it, and what it computes, in float64 and straight from its
/// definition.
package struct ReferenceLayer: Sendable {
    /// A batch in a shape: a row for each sample.
    package struct Batch {
        package var shape: [Int]
        package var samples: [[Double]]

        package var channels: Int { shape[shape.count - 1] }

        package init(_ shape: [Int], _ samples: [[Double]]) {
            self.shape = shape
            self.samples = samples
        }

        /// The batch of this function of each place, by sample.
        package init(_ shape: [Int], samples: Int, _ element: (_ sample: Int, _ place: [Int]) -> Double) {
            let places = Batch.places(shape)
            self.init(shape, (0..<samples).map { sample in places.map { element(sample, $0) } })
        }

        /// All places of a shape, in the order of memory.
        package static func places(_ shape: [Int]) -> [[Int]] {
            shape.reduce([[]]) { places, length in places.flatMap { place in (0..<length).map { place + [$0] } } }
        }

        /// An element; 0 outside the shape.
        package subscript(sample: Int, place: [Int]) -> Double {
            var index = 0
            for (length, coordinate) in zip(shape, place) {
                guard 0..<length ~= coordinate else { return 0 }
                index = index * length + coordinate
            }
            return samples[sample][index]
        }

        /// The element at a place of a larger shape, by numpy's rules.
        func repeated(_ sample: Int, _ place: [Int]) -> Double {
            self[sample, zip(shape, place.suffix(shape.count)).map { $0 == 1 ? 0 : $1 }]
        }
    }

    package let add: @Sendable (inout Architecture, _ name: String, _ inputs: [String]) throws -> Void
    /// How many parameters it has, for inputs of these shapes.
    package var parameters: @Sendable (_ shapes: [[Int]]) -> Int = { _ in 0 }
    /// z and h.
    package let compute: @Sendable (_ inputs: [Batch], _ parameters: [Double]) -> (z: Batch, h: Batch)

    /// A layer without parameters whose z is h.
    private static func plain(
        _ add: @escaping @Sendable (inout Architecture, String, [String]) throws -> Void,
        _ compute: @escaping @Sendable ([Batch]) -> Batch
    ) -> ReferenceLayer {
        ReferenceLayer(add: add) { inputs, _ in
            let h = compute(inputs)
            return (h, h)
        }
    }

    // MARK: Moving elements

    package static func transpose(_ axes: [Int]) -> ReferenceLayer {
        plain({ try $0.transpose(axes, name: $1, input: $2[0]) }) { inputs in
            let x = inputs[0]
            return Batch(axes.map { x.shape[$0] }, samples: x.samples.count) { sample, place in
                var source = place
                for (axis, from) in axes.enumerated() { source[from] = place[axis] }
                return x[sample, source]
            }
        }
    }

    package static func slice(_ begin: [Int], _ end: [Int]) -> ReferenceLayer {
        plain({ try $0.slice(from: begin, to: end, name: $1, input: $2[0]) }) { inputs in
            let x = inputs[0]
            return Batch(zip(begin, end).map { $1 - $0 }, samples: x.samples.count) { sample, place in
                x[sample, zip(place, begin).map { $0 + $1 }]
            }
        }
    }

    package static func zeroPadding(_ before: [Int], _ after: [Int]) -> ReferenceLayer {
        plain({ try $0.zeroPadding(before: before, after: after, name: $1, input: $2[0]) }) { inputs in
            let x = inputs[0]
            let (first, last) = (before + [0], after + [0])
            let shape = x.shape.indices.map { x.shape[$0] + first[$0] + last[$0] }
            return Batch(shape, samples: x.samples.count) { sample, place in
                x[sample, zip(place, first).map { $0 - $1 }]
            }
        }
    }

    package static func take(_ indices: [Int], axis: Int) -> ReferenceLayer {
        plain({ try $0.take(indices, axis: axis, name: $1, input: $2[0]) }) { inputs in
            let x = inputs[0]
            var shape = x.shape
            shape[axis] = indices.count
            return Batch(shape, samples: x.samples.count) { sample, place in
                var source = place
                source[axis] = indices[place[axis]]
                return x[sample, source]
            }
        }
    }

    package static func matrixProduct(transposesB: Bool) -> ReferenceLayer {
        plain({ try $0.matrixProduct(of: $2[0], $2[1], transposesB: transposesB, name: $1) }) { inputs in
            let (a, b) = (inputs[0], inputs[1])
            let rank = max(a.shape.count, b.shape.count)
            let outer = (0..<rank - 2).map { axis in
                [a, b].map { $0.shape.count < rank - axis ? 1 : $0.shape[axis - rank + $0.shape.count] }.max()!
            }
            let columns = transposesB ? b.shape[b.shape.count - 2] : b.shape.last!
            let shape = outer + [a.shape[a.shape.count - 2], columns]
            return Batch(shape, samples: a.samples.count) { sample, place in
                (0..<a.shape.last!).reduce(0) { sum, depth in
                    let (row, column) = (place[rank - 2], place[rank - 1])
                    let (left, right) = ([row, depth], transposesB ? [column, depth] : [depth, column])
                    return sum + a.repeated(sample, Array(place.dropLast(2)) + left)
                        * b.repeated(sample, Array(place.dropLast(2)) + right)
                }
            }
        }
    }

    package static func upsampling(_ factors: [Int]) -> ReferenceLayer {
        plain({ try $0.upsampling(factors, name: $1, input: $2[0]) }) { inputs in
            let x = inputs[0]
            let all = factors + [1]
            return Batch(zip(x.shape, all).map { $0 * $1 }, samples: x.samples.count) { sample, place in
                x[sample, zip(place, all).map { $0 / $1 }]
            }
        }
    }

    package static func broadcast(_ shape: [Int]) -> ReferenceLayer {
        plain({ try $0.broadcast(Shape(shape), name: $1, input: $2[0]) }) { inputs in
            Batch(shape, samples: inputs[0].samples.count) { inputs[0].repeated($0, $1) }
        }
    }

    package static func softmax(axis: Int) -> ReferenceLayer {
        ReferenceLayer(add: { try $0.softmax(axis: axis, name: $1, input: $2[0]) }) { inputs, _ in
            let x = inputs[0]
            let h = Batch(x.shape, samples: x.samples.count) { sample, place in
                let line = (0..<x.shape[axis]).map { index in
                    var other = place
                    other[axis] = index
                    return exp(x[sample, other])
                }
                return line[place[axis]] / line.reduce(0, +)
            }
            return (x, h)
        }
    }

    package static func input(_ shape: [Int], from first: Int) -> ReferenceLayer {
        plain({ architecture, name, _ in try architecture.input(name, Shape(shape)) }) { inputs in
            let count = shape.reduce(1, *)
            return Batch(shape, inputs[0].samples.map { Array($0[first..<first + count]) })
        }
    }

    // MARK: Combining layers

    private static func combining(
        _ add: @escaping @Sendable (inout Architecture, String, [String]) throws -> Void,
        _ combine: @escaping @Sendable ([Double]) -> Double
    ) -> ReferenceLayer {
        plain(add) { inputs in
            let rank = inputs.map { $0.shape.count }.max()!
            let shape = (0..<rank).map { axis in
                inputs.map { $0.shape.count < rank - axis ? 1 : $0.shape[axis - rank + $0.shape.count] }.max()!
            }
            return Batch(shape, samples: inputs[0].samples.count) { sample, place in
                combine(inputs.map { $0.repeated(sample, place) })
            }
        }
    }

    package static var sum: ReferenceLayer { combining({ try $0.sum(of: $2, name: $1) }) { $0.reduce(0, +) } }
    package static var mean: ReferenceLayer {
        combining({ try $0.mean(of: $2, name: $1) }) { $0.reduce(0, +) / Double($0.count) }
    }
    package static var difference: ReferenceLayer {
        combining({ try $0.difference(of: $2[0], $2[1], name: $1) }) { $0[0] - $0[1] }
    }
    package static var product: ReferenceLayer {
        combining({ try $0.product(of: $2[0], $2[1], name: $1) }) { $0[0] * $0[1] }
    }
    package static var quotient: ReferenceLayer {
        combining({ try $0.quotient(of: $2[0], $2[1], name: $1) }) { $0[0] / $0[1] }
    }
    package static var maximum: ReferenceLayer {
        combining({ try $0.maximum(of: $2[0], $2[1], name: $1) }) { max($0[0], $0[1]) }
    }
    package static var minimum: ReferenceLayer {
        combining({ try $0.minimum(of: $2[0], $2[1], name: $1) }) { min($0[0], $0[1]) }
    }
    package static var power: ReferenceLayer {
        combining({ try $0.power(of: $2[0], $2[1], name: $1) }) { pow($0[0], $0[1]) }
    }

    package static func function(_ function: ElementFunction) -> ReferenceLayer {
        combining({ try $0.function(function, name: $1, input: $2[0]) }) { value(of: function, $0[0]) }
    }

    package static func value(of function: ElementFunction, _ x: Double) -> Double {
        switch function {
        case .affine(let factor, let offset): Double(factor) * x + Double(offset)
        case .clip(let low, let high): min(max(x, Double(low)), Double(high))
        case .log: log(x)
        case .squareRoot: x.squareRoot()
        case .absolute: abs(x)
        case .reciprocal: 1 / x
        case .square: x * x
        case .erf: erf(x)
        case .sine: sin(x)
        case .step: x < 0 ? 0 : 1
        case .stepwiseSigmoid: stepwiseSigmoid(x)
        case .quantize(let scale, let zero): (x / Double(scale)).rounded(.toNearestOrEven) + Double(zero)
        case .floor: x.rounded(.down)
        }
    }

    /// Straight lines between the values of 1 / (1 + e^(−2x)) at half of these logits.
    private static func stepwiseSigmoid(_ x: Double) -> Double {
        let values = [0.005, 0.05, 0.25, 0.75, 0.95, 0.995]
        let places = values.map { log($0 / (1 - $0)) / 2 }
        if x < places[0] { return 0 }
        for index in 1..<values.count where x < places[index] {
            let share = (x - places[index - 1]) / (places[index] - places[index - 1])
            return values[index - 1] + share * (values[index] - values[index - 1])
        }
        return 1
    }

    package static func reduction(_ method: ReductionMethod, _ axes: [Int], keepsAxes: Bool) -> ReferenceLayer {
        plain({ try $0.reduction(method, axes: axes, keepsAxes: keepsAxes, name: $1, input: $2[0]) }) { inputs in
            let x = inputs[0]
            let whole = x.shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
            var h = Batch(whole, samples: x.samples.count) { sample, place in
                let line = Batch.places(x.shape)
                    .filter { other in place.indices.allSatisfy { axes.contains($0) || other[$0] == place[$0] } }
                    .map { x[sample, $0] }
                switch method {
                case .sum: return line.reduce(0, +)
                case .mean: return line.reduce(0, +) / Double(line.count)
                case .maximum: return line.max()!
                case .minimum: return line.min()!
                case .argmax: return Double(line.firstIndex(of: line.max()!)!)
                }
            }
            if !keepsAxes { h.shape = x.shape.indices.filter { !axes.contains($0) }.map { x.shape[$0] } }
            if h.shape.isEmpty { h.shape = [1] }
            return h
        }
    }

    package static func concatenation(axis: Int) -> ReferenceLayer {
        plain({ try $0.concatenation(of: $2, axis: axis, name: $1) }) { inputs in
            var shape = inputs[0].shape
            shape[axis] = inputs.reduce(0) { $0 + $1.shape[axis] }
            return Batch(shape, samples: inputs[0].samples.count) { sample, place in
                var place = place
                for input in inputs {
                    if place[axis] < input.shape[axis] { return input[sample, place] }
                    place[axis] -= input.shape[axis]
                }
                return .nan
            }
        }
    }

    // MARK: Windows

    /// The positions before each axis, and how many windows it has.
    private static func windows(
        _ window: WindowSettings, over shape: [Int], isTransposed: Bool = false
    ) -> (before: [Int], counts: [Int]) {
        var (before, counts) = ([Int](), [Int]())
        for axis in window.kernel.indices {
            let (n, s) = (shape[axis], window.stride[axis])
            let reach = (window.kernel[axis] - 1) * window.dilation[axis] + 1
            let sameCount = isTransposed ? n * s : (n + s - 1) / s
            let missing = isTransposed ? max(0, reach - s) : max(0, (sameCount - 1) * s + reach - n)
            switch window.padding {
            case .valid:
                before.append(0)
                counts.append(isTransposed ? (n - 1) * s + reach : (n - reach) / s + 1)
            case .same:
                before.append(missing / 2)
                counts.append(sameCount)
            case .causal:
                before.append(isTransposed ? 0 : missing)
                counts.append(sameCount)
            case .explicit(let first, let last):
                let sum = first[axis] + last[axis]
                before.append(first[axis])
                counts.append(isTransposed ? (n - 1) * s + reach - sum : (n + sum - reach) / s + 1)
            }
        }
        return (before, counts)
    }

    package static func convolution(_ settings: ConvolutionSettings) -> ReferenceLayer {
        let (window, units) = (settings.window, settings.channels)
        let taps = Batch.places(window.kernel)
        @Sendable func weightCount(_ channels: Int) -> Int { units * taps.count * channels / settings.groups }
        var settings = settings
        settings.biases = .uniform(low: -0.5, high: 0.5)
        let library = settings
        return ReferenceLayer(
            add: { try $0.convolution(library, name: $1, input: $2[0]) },
            parameters: { weightCount($0[0].last!) + (library.hasBias ? units : 0) }
        ) { inputs, parameters in
            let x = inputs[0]
            let (before, counts) = windows(window, over: x.shape, isTransposed: library.isTransposed)
            let biases = library.hasBias ? Array(parameters.suffix(units)) : [Double](repeating: 0, count: units)
            let (inGroup, outGroup) = (x.channels / library.groups, units / library.groups)
            var z = Batch(counts + [units], samples: x.samples.count) { _, place in biases[place.last!] }
            func index(_ place: [Int]) -> Int? {
                var index = 0
                for (length, coordinate) in zip(z.shape, place) {
                    guard 0..<length ~= coordinate else { return nil }
                    index = index * length + coordinate
                }
                return index
            }
            // Each product of a weight and an input, added to the output that it belongs to.
            let sources = library.isTransposed ? x.shape.dropLast() : counts[...]
            for sample in x.samples.indices {
                for position in Batch.places(Array(sources)) {
                    for (tap, offset) in taps.enumerated() {
                        let other = position.indices.map {
                            position[$0] * window.stride[$0] + offset[$0] * window.dilation[$0] - before[$0]
                        }
                        for unit in 0..<units {
                            let group = unit / outGroup
                            guard let target = index((library.isTransposed ? other : position) + [unit]) else {
                                continue
                            }
                            for channel in 0..<inGroup {
                                let source = (library.isTransposed ? position : other) + [group * inGroup + channel]
                                let weight =
                                    library.isTransposed
                                    ? ((group * inGroup + channel) * taps.count + tap) * outGroup + unit % outGroup
                                    : (unit * taps.count + tap) * inGroup + channel
                                z.samples[sample][target] += parameters[weight] * x[sample, source]
                            }
                        }
                    }
                }
            }
            let activation = ReferenceActivation.of(library.activation)!
            let h = z.samples.map { row in splitRow(row, of: units).flatMap(activation) }
            return (z, Batch(z.shape, h))
        }
    }

    package static func pooling(_ method: PoolingMethod, _ window: WindowSettings?) -> ReferenceLayer {
        plain({ try $0.pooling(method, window, name: $1, input: $2[0]) }) { inputs in
            let x = inputs[0]
            let positions = Batch.places(Array(x.shape.dropLast()))
            guard let window else {
                return Batch([x.channels], samples: x.samples.count) { sample, place in
                    let values = positions.map { x[sample, $0 + place] }
                    return method == .maximum ? values.max()! : values.reduce(0, +) / Double(values.count)
                }
            }
            let (before, counts) = windows(window, over: x.shape)
            let taps = Batch.places(window.kernel)
            return Batch(counts + [x.channels], samples: x.samples.count) { sample, place in
                let values = taps.compactMap { tap -> Double? in
                    let position = tap.indices.map {
                        place[$0] * window.stride[$0] + tap[$0] * window.dilation[$0] - before[$0]
                    }
                    guard zip(position, x.shape).allSatisfy({ 0..<$1 ~= $0 }) else { return nil }
                    return x[sample, position + [place.last!]]
                }
                switch method {
                case .maximum: return values.max()!
                case .mean: return values.reduce(0, +) / Double(values.count)
                case .meanWithPadding: return values.reduce(0, +) / Double(taps.count)
                }
            }
        }
    }

    // MARK: Normalisation

    /// - Parameter overBatch: whether batch normalisation takes the batch's statistics, not those of ``stateValue(_:of:)``.
    package static func normalization(
        _ method: NormalizationMethod, epsilon: Double = 1e-3, isAffine: Bool = true, overBatch: Bool = false
    ) -> ReferenceLayer {
        var hasOffset = isAffine
        if case .rootMeanSquare = method { hasOffset = false }
        let isShifted = hasOffset
        return ReferenceLayer(
            add: {
                try $0.normalization(method, epsilon: Float(epsilon), isAffine: isAffine, name: $1, input: $2[0])
            },
            parameters: { (isAffine ? $0[0].last! : 0) + (isShifted ? $0[0].last! : 0) }
        ) { inputs, parameters in
            let x = inputs[0]
            let places = Batch.places(x.shape)
            /// What is normalised together: places by sample.
            func together(_ sample: Int, _ place: [Int]) -> [Double] {
                switch method {
                case .batch:
                    return x.samples.indices.flatMap { other in
                        places.filter { $0.last == place.last }.map { x[other, $0] }
                    }
                case .layer, .rootMeanSquare:
                    return places.filter { $0.dropLast() == place.dropLast() }.map { x[sample, $0] }
                case .group(let groups):
                    let width = x.channels / groups
                    return places.filter { $0.last! / width == place.last! / width }.map { x[sample, $0] }
                }
            }
            let z = Batch(x.shape, samples: x.samples.count) { sample, place in
                if case .batch = method, !overBatch {
                    let mean = stateValue(place.last!, of: "running_mean")
                    let variance = stateValue(place.last!, of: "running_var")
                    return (x[sample, place] - mean) / (variance + epsilon).squareRoot()
                }
                let values = together(sample, place)
                let count = Double(values.count)
                var mean = values.reduce(0, +) / count
                if case .rootMeanSquare = method { mean = 0 }
                let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
                return (x[sample, place] - mean) / (variance + epsilon).squareRoot()
            }
            let h = Batch(x.shape, samples: x.samples.count) { sample, place in
                let channel = place.last!
                return (isAffine ? parameters[channel] : 1) * z[sample, place]
                    + (isShifted ? parameters[x.channels + channel] : 0)
            }
            return (z, h)
        }
    }

    /// What tests put into the running statistics.
    package static func stateValue(_ channel: Int, of tensor: String) -> Double {
        tensor.hasSuffix("running_mean") ? 0.25 * Double(channel) - 0.5 : 0.5 + 0.25 * Double(channel)
    }

    package static var prelu: ReferenceLayer {
        ReferenceLayer(add: { try $0.prelu(name: $1, input: $2[0]) }, parameters: { $0[0].last! }) {
            inputs, parameters in
            let x = inputs[0]
            return (
                x,
                Batch(x.shape, samples: x.samples.count) { sample, place in
                    let z = x[sample, place]
                    return z > 0 ? z : parameters[place.last!] * z
                }
            )
        }
    }
}

extension Network {
    /// Puts ``ReferenceLayer/stateValue(_:of:)`` into the running statistics.
    package func setState() {
        for tensor in plan.state {
            for channel in 0..<tensor.count {
                numbers.base[tensor.offset + channel] = Float(ReferenceLayer.stateValue(channel, of: tensor.name))
            }
        }
    }
}
