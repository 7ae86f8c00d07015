import Chainrule

/// A network described once, from which both the library's architecture and a float64 reference are made.
package struct TestNetwork: Sendable {
    package enum Kind: Sendable {
        case dense(Int, Activation, bias: Bool)
        case activation(Activation)
        case sum
        case concatenation
        case reshape([Int])
        case other(ReferenceLayer)
    }

    package struct Layer: Sendable {
        package let name: String
        package let kind: Kind
        package let reads: [String]

        package init(name: String, kind: Kind, reads: [String]) {
            self.name = name
            self.kind = kind
            self.reads = reads
        }
    }

    package let inputs: Int
    package var layers: [Layer] = []

    package init(inputs: Int, _ layers: [Layer] = []) {
        self.inputs = inputs
        self.layers = layers
    }

    package var architecture: Architecture {
        get throws {
            var architecture = try Architecture(inputs: inputs)
            for layer in layers {
                switch layer.kind {
                case .dense(let units, let activation, let bias):
                    try architecture.dense(
                        units, activation, name: layer.name, input: layer.reads[0], bias: bias,
                        biases: .uniform(low: -0.5, high: 0.5))
                case .activation(let activation):
                    try architecture.activation(activation, name: layer.name, input: layer.reads[0])
                case .sum:
                    try architecture.sum(of: layer.reads, name: layer.name)
                case .concatenation:
                    try architecture.concatenation(of: layer.reads, name: layer.name)
                case .reshape(let extents):
                    try architecture.reshape(Shape(extents), name: layer.name, input: layer.reads[0])
                case .other(let reference):
                    try reference.add(&architecture, layer.name, layer.reads)
                }
            }
            return architecture
        }
    }

    /// z and h of every layer by name, and x as the h of "input"; by rows. Straight from the definitions.
    /// - Parameters:
    ///   - parameters: in the library's order: by layers, W by rows and then b.
    ///   - nudge: added to the h of one layer, for the derivative with respect to it.
    package func forward(
        _ x: [[Double]], _ parameters: [Double], nudge: (layer: String, by: [[Double]])? = nil
    ) -> (z: [String: [[Double]]], h: [String: [[Double]]]) {
        var z: [String: [[Double]]] = [:]
        var h = ["input": nudged(x, "input", nudge)]
        var shapes = ["input": [inputs]]
        var next = 0
        for layer in layers {
            if case .other(let reference) = layer.kind {
                let batches = layer.reads.map { ReferenceLayer.Batch(shapes[$0]!, h[$0]!) }
                let count = reference.parameters(batches.map { $0.shape })
                let result = reference.compute(batches, Array(parameters[next..<next + count]))
                next += count
                shapes[layer.name] = result.h.shape
                z[layer.name] = result.z.samples
                h[layer.name] = nudged(result.h.samples, layer.name, nudge)
                continue
            }
            // A row for each position of each sample.
            let read = layer.reads.map { name in h[name]!.flatMap { splitRow($0, of: shapes[name]!.last!) } }
            let before: [[Double]]
            var after: [[Double]]
            switch layer.kind {
            case .dense(let units, let activation, let bias):
                let width = read[0][0].count
                let weights = (0..<units).map { Array(parameters[next + $0 * width..<next + ($0 + 1) * width]) }
                next += units * width
                let biases = bias ? Array(parameters[next..<next + units]) : [Double](repeating: 0, count: units)
                next += bias ? units : 0
                before = read[0].map { row in
                    (0..<units).map { u in zip(weights[u], row).reduce(biases[u]) { $0 + $1.0 * $1.1 } }
                }
                after = before.map(ReferenceActivation.of(activation)!)
            case .activation(let activation):
                before = read[0]
                after = before.map(ReferenceActivation.of(activation)!)
            case .sum:
                before = read[0].indices.map { row in
                    read[0][row].indices.map { column in read.reduce(0) { $0 + $1[row][column] } }
                }
                after = before
            case .concatenation:
                before = read[0].indices.map { row in read.flatMap { $0[row] } }
                after = before
            case .reshape:
                before = read[0]
                after = before
            case .other: preconditionFailure("computed above")
            }
            shapes[layer.name] = Array(shapes[layer.reads[0]]!.dropLast()) + [before[0].count]
            if case .reshape(let extents) = layer.kind { shapes[layer.name] = extents }
            let positions = before.count / x.count
            func samples(_ rows: [[Double]]) -> [[Double]] {
                x.indices.map { Array(rows[$0 * positions..<($0 + 1) * positions].joined()) }
            }
            z[layer.name] = samples(before)
            h[layer.name] = nudged(samples(after), layer.name, nudge)
        }
        precondition(next == parameters.count)
        return (z, h)
    }

    private func nudged(_ h: [[Double]], _ name: String, _ nudge: (layer: String, by: [[Double]])?) -> [[Double]] {
        guard let nudge, nudge.layer == name else { return h }
        return zip(h, nudge.by).map { zip($0, $1).map { $0 + $1 } }
    }

    package func outputs(_ x: [[Double]], _ parameters: [Double], nudge: (layer: String, by: [[Double]])? = nil)
        -> [[Double]]
    {
        forward(x, parameters, nudge: nudge).h[layers[layers.count - 1].name]!
    }
}

package func splitRow(_ row: [Double], of columns: Int) -> [[Double]] {
    stride(from: 0, to: row.count, by: columns).map { Array(row[$0..<$0 + columns]) }
}

/// The rows of a row-major array, in float64.
package func splitRows(_ values: [Float], of columns: Int) -> [[Double]] {
    stride(from: 0, to: values.count, by: columns).map { values[$0..<$0 + columns].map { Double($0) } }
}

extension TestNetwork.Layer {
    package static func dense(
        _ name: String, _ units: Int, _ activation: Activation = .identity, from input: String, bias: Bool = true
    ) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .dense(units, activation, bias: bias), reads: [input])
    }

    package static func activation(_ name: String, _ activation: Activation, from input: String) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .activation(activation), reads: [input])
    }

    package static func sum(_ name: String, of inputs: String...) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .sum, reads: inputs)
    }

    package static func reshape(_ name: String, _ extents: [Int], from input: String) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .reshape(extents), reads: [input])
    }

    package static func concatenation(_ name: String, of inputs: String...) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .concatenation, reads: inputs)
    }

    package static func other(_ name: String, _ layer: ReferenceLayer, from inputs: String...) -> TestNetwork.Layer {
        TestNetwork.Layer(name: name, kind: .other(layer), reads: inputs)
    }
}

extension TestNetwork {
    /// Every kind of layer that works along the last axis, with this activation at every position.
    package static func shaped(_ activation: Activation) -> TestNetwork {
        TestNetwork(
            inputs: 24,
            [
                .reshape("s", [2, 3, 4], from: "input"), .dense("a", 4, activation, from: "s"),
                .activation("b", activation, from: "s"), .sum("c", of: "a", "b"), .concatenation("d", of: "c", "s"),
                .dense("e", 3, activation, from: "d", bias: false), .reshape("f", [18], from: "e"),
                .dense("g", 4, .tanh, from: "f"), .reshape("h", [4, 1], from: "g"), .dense("i", 2, from: "h"),
            ])
    }

    /// Small networks with every kind of layer that works on shapes, in several settings. The layer in question reads a dense
    /// layer, so that its input's δ matters, and another dense layer reads it.
    package static var ofShapes: [(name: String, network: TestNetwork)] {
        func around(_ shape: [Int], _ layers: [Layer]) -> TestNetwork {
            let count = shape.reduce(1, *)
            return TestNetwork(
                inputs: 5,
                [.dense("a", count, .tanh, from: "input"), .reshape("x", shape, from: "a")] + layers
                    + [
                        .reshape("r", [TestNetwork.count(shape, layers)], from: layers.last!.name),
                        .dense("y", 2, from: "r"),
                    ])
        }
        func one(_ shape: [Int], _ layer: ReferenceLayer) -> TestNetwork {
            around(shape, [.other("l", layer, from: "x")])
        }
        func convolution(
            _ channels: Int, _ window: WindowSettings, _ activation: Activation = .tanh, groups: Int = 1,
            bias: Bool = true,
            transposed: Bool = false
        ) -> ReferenceLayer {
            var settings = ConvolutionSettings(channels, window, activation)
            (settings.groups, settings.hasBias, settings.isTransposed) = (groups, bias, transposed)
            return .convolution(settings)
        }
        var cases: [(String, TestNetwork)] = []
        let windows: [(String, [Int], WindowSettings)] = [
            ("1d", [6], WindowSettings([3])), ("1d causal", [6], WindowSettings([3], dilation: [2], padding: .causal)),
            ("1d stride", [7], WindowSettings([3], stride: [2], padding: .same)),
            ("2d", [4, 5], WindowSettings([3, 2])), ("2d same", [4, 3], WindowSettings([3, 3], padding: .same)),
            ("2d stride", [5, 4], WindowSettings([2, 3], stride: [2, 3], padding: .same)),
            ("2d dilated", [5, 6], WindowSettings([2, 3], dilation: [3, 2])),
            (
                "2d padded", [3, 4],
                WindowSettings([3, 2], stride: [1, 2], padding: .explicit(before: [2, 0], after: [1, 1]))
            ),
            ("2d pointwise", [3, 2], WindowSettings([1, 1])),
            ("2d pointwise stride", [3, 4], WindowSettings([1, 1], stride: [2, 2])),
            ("3d", [2, 3, 3], WindowSettings([2, 2, 3], padding: .same)),
        ]
        for (index, (name, shape, window)) in windows.enumerated() {
            for isTransposed in [false, true] {
                let kind = "\(name) \(isTransposed ? "transposed " : "")convolution"
                cases.append((kind, one(shape + [2], convolution(3, window, transposed: isTransposed))))
                // Groups of one kind or the other with each window.
                if (index % 2 == 0) == isTransposed {
                    let grouped = convolution(6, window, .identity, groups: 2, bias: false, transposed: isTransposed)
                    cases.append(("grouped \(kind)", one(shape + [4], grouped)))
                } else {
                    let depthwise = convolution(3, window, .softplus, groups: 3, transposed: isTransposed)
                    cases.append(("depthwise \(kind)", one(shape + [3], depthwise)))
                }
            }
            if name.hasSuffix("padded") { continue }
            for method in [PoolingMethod.maximum, index % 2 == 0 ? .mean : .meanWithPadding] {
                cases.append(("\(name) pooling \(method)", one(shape + [3], .pooling(method, window))))
            }
        }
        let wider = WindowSettings([2, 2], stride: [3, 2], padding: .explicit(before: [0, 1], after: [-2, -1]))
        cases += [
            ("output padding", one([3, 2, 2], convolution(3, wider, transposed: true))),
            ("output padding of groups", one([2, 3, 4], convolution(6, wider, groups: 2, transposed: true))),
            ("output padding, depthwise", one([3, 2, 3], convolution(3, wider, groups: 3, transposed: true))),
        ]
        for method in PoolingMethod.allCases {
            cases.append(("global pooling \(method)", one([2, 3, 4], .pooling(method, nil))))
        }
        for isAffine in [true, false] {
            for (name, method) in [
                ("layer", .layer), ("rms", .rootMeanSquare), ("group", .group(2)), ("instance", .group(4)),
                ("batch", .batch(momentum: 0.1)),
            ] as [(String, NormalizationMethod)] {
                cases.append(
                    (
                        "\(name) normalization, affine \(isAffine)",
                        one([2, 3, 4], .normalization(method, isAffine: isAffine))
                    ))
            }
        }
        cases += [
            ("prelu", one([3, 4], .prelu)), ("transpose", one([2, 3, 4], .transpose([2, 0, 1]))),
            ("transpose of two", one([3, 4], .transpose([1, 0]))),
            ("transpose of four", one([2, 3, 2, 2], .transpose([3, 1, 0, 2]))),
            ("slice", one([3, 4, 2], .slice([1, 0, 1], [3, 3, 2]))),
            ("zero padding", one([2, 3, 2], .zeroPadding([1, 0], [2, 1]))),
            ("upsampling", one([2, 3, 2], .upsampling([3, 2]))),
            ("take of rows", one([4, 3], .take([2, 1, 0, 1, 2, 3, 3, 3, 0], axis: 0))),
            ("take along the middle", one([2, 4, 3], .take([3, 1], axis: 1))),
            ("take of channels", one([2, 3], .take([0, 0, 2, 1, 0], axis: 1))),
            ("broadcast", one([2, 1, 3], .broadcast([4, 2, 5, 3]))),
            ("broadcast of one", one([1], .broadcast([2, 3]))),
            ("broadcast of all", one([3, 2], .broadcast([1, 3, 2]))),
        ]
        for axis in 0..<4 {
            cases.append(("softmax along \(axis)", one([2, 3, 2, 4], .softmax(axis: axis))))
        }
        let parts: [Layer] = [
            .other("t", .transpose([1, 0, 2]), from: "x"), .other("o", .pooling(.mean, nil), from: "x"),
            .dense("s", 1, .tanh, from: "o"), .other("row", .slice([1, 0, 0], [2, 3, 1]), from: "x"),
            .other("column", .slice([0, 0, 0], [3, 1, 2]), from: "t"),
        ]
        for (name, layer) in [("sum", ReferenceLayer.sum), ("mean", .mean)] {
            cases.append((name, around([3, 3, 2], parts + [.other("l", layer, from: "row", "t", "o", "s", "column")])))
        }
        for (name, layer) in [("difference", ReferenceLayer.difference), ("product", .product)] {
            for (a, b) in [("x", "t"), ("x", "o"), ("s", "x"), ("x", "x"), ("row", "column")] {
                let layers: [Layer] = [
                    .other("l", layer, from: a, b), .other("m", .mean, from: "l", "t", "o", "s", "row", "column"),
                ]
                cases.append(("\(name) of \(a) and \(b)", around([3, 3, 2], parts + layers)))
            }
        }
        // Matrices: [2, 3, 4], a transpose of it, a single one of its rows, and the same repeated.
        let matrices: [Layer] = [
            .other("t", .transpose([0, 2, 1]), from: "x"), .other("one", .slice([0, 0, 0], [1, 3, 4]), from: "x"),
            .dense("d", 4, .tanh, from: "x"), .reshape("flat", [4, 6], from: "x"),
            .reshape("four", [2, 1, 3, 4], from: "x"),
        ]
        for (a, b, transposesB) in [
            ("x", "t", false), ("x", "x", true), ("x", "d", true), ("one", "t", false), ("d", "one", true),
            ("x", "flat", false), ("four", "t", false), ("d", "four", true), ("t", "one", false),
        ] {
            let layer = ReferenceLayer.matrixProduct(transposesB: transposesB)
            let read = matrices.filter { $0.name == a || $0.name == b }
            cases.append(
                (
                    "matrix product of \(a) and \(b), transposed \(transposesB)",
                    around([2, 3, 4], read + [.other("l", layer, from: a, b)])
                ))
        }
        // Numbers above 0, and a row and a column of them.
        let positive: [Layer] = [
            .activation("e", .exponential, from: "x"), .other("c", .slice([0, 0, 0], [3, 1, 2]), from: "e"),
            .dense("d", 1, .tanh, from: "x"), .activation("f", .exponential, from: "d"),
            .other("r0", .slice([1, 0, 0], [2, 3, 1]), from: "f"),
        ]
        for (name, layer) in [
            ("quotient", ReferenceLayer.quotient), ("power", .power), ("maximum", .maximum), ("minimum", .minimum),
        ] {
            for (a, b) in [("e", "x"), ("x", "e"), ("c", "r0"), ("e", "e")] {
                if name == "quotient" && b == "x" || name == "power" && a == "x" { continue }
                let layers = positive + [.other("l", layer, from: a, b), .other("m", .mean, from: "l", "x", "c", "r0")]
                cases.append(("\(name) of \(a) and \(b)", around([3, 3, 2], layers)))
            }
        }
        for function in ElementFunction.all + [
            .affine(factor: -1.5, offset: 0.25), .clip(low: -0.25, high: 0.375), .clip(low: -.infinity, high: 0.125),
        ] {
            let layers =
                positive + [.other("l", .function(function), from: "e"), .other("m", .mean, from: "l", "c", "r0")]
            cases.append(("function \(function)", around([3, 3, 2], layers)))
            guard ReferenceLayer.value(of: function, -1).isFinite, function != .reciprocal else { continue }
            cases.append(("function \(function) of any number", one([3, 2], .function(function))))
        }
        for method in ReductionMethod.allCases {
            for (index, axes) in [[0], [1], [2], [3], [0, 1], [3, 1], [0, 2, 3], [0, 1, 2, 3]].enumerated() {
                let layers: [Layer] = [
                    .dense("d", 2, .tanh, from: "x"),
                    .other("l", .reduction(method, axes, keepsAxes: index % 2 == 0), from: "d"),
                    .other("s", .function(.affine(factor: 0.0625, offset: 0)), from: "l"),
                    .reshape("f", [36 / axes.reduce(1) { $0 * [3, 2, 3, 2][$1] }], from: "s"),
                    .reshape("g", [36], from: "x"), .concatenation("j", of: "f", "g"),
                ]
                cases.append(("\(method) along \(axes)", around([3, 2, 3, 2], layers)))
            }
        }
        let constant: [Layer] = [
            .other("k", .constant([3, 1, 2]), from: "input"), .other("l", .product, from: "k", "x"),
        ]
        cases.append(("constant", around([3, 2], constant)))
        for axis in 0..<3 {
            cases.append(
                (
                    "concatenation along \(axis)",
                    around([3, 3, 2], [parts[0], .other("l", .concatenation(axis: axis), from: "x", "t", "x")])
                ))
        }
        cases.append(
            (
                "named inputs",
                TestNetwork(
                    inputs: 9,
                    [
                        .other("image", .input([2, 2, 1], from: 0), from: "input"),
                        .other("more", .input([5], from: 4), from: "input"),
                        .other("c", convolution(2, WindowSettings([2, 2], padding: .same)), from: "image"),
                        .reshape("f", [8], from: "c"), .concatenation("j", of: "f", "more"), .dense("y", 2, from: "j"),
                    ])
            ))
        return cases + sequences(around)
    }

    /// Every recurrent cell, with what it can read and give. Rows have 3 steps of 4 where there are lengths: that number comes from
    /// layers whose results no parameter changes.
    private static func sequences(
        _ around: (_ shape: [Int], _ layers: [Layer]) -> TestNetwork
    ) -> [(String, TestNetwork)] {
        let cells: [(String, RecurrentSettings.Cell)] = [
            ("simple tanh", .simple(rectifies: false)), ("simple relu", .simple(rectifies: true)),
            ("gru", .gru(resetsFirst: false)), ("gru that resets first", .gru(resetsFirst: true)),
            ("lstm", .lstm(hasPeepholes: false)), ("lstm with peepholes", .lstm(hasPeepholes: true)),
        ]
        let three: [Layer] = [
            .dense("d", 1, from: "input"), .other("zero", .difference, from: "d", "d"),
            .activation("one", .exponential, from: "zero"), .sum("three", of: "one", "one", "one"),
        ]
        let tokens: [Layer] = three + [.concatenation("tokens", of: "one", "three", "zero", "one")]
        var cases: [(String, TestNetwork)] = [
            (
                "embedding",
                around(
                    [4, 2],
                    tokens + [
                        .other("l", .embedding(tokens: 5, width: 3), from: "tokens"), .concatenation("c", of: "l", "x"),
                    ])
            ),
            (
                "embedding of a last axis of 1, read twice",
                around(
                    [4, 2],
                    tokens + [
                        .reshape("t", [2, 2, 1], from: "tokens"),
                        .other("l", .embedding(tokens: 4, width: 2), from: "t"),
                        .reshape("e", [4, 2], from: "l"), .sum("s", of: "e", "x", "e"),
                    ])
            ),
            ("positions", around([4, 5], [.other("l", .positions, from: "x")])),
        ]
        for (name, isCausal) in [("attention", false), ("causal attention", true)] {
            let two = AttentionSettings(heads: 2, isCausal: isCausal)
            cases += [
                ("\(name) of one layer", around([4, 12], [.other("l", .attention(two), from: "x")])),
                (
                    "\(name) of one layer with lengths",
                    around([4, 12], three + [.other("l", .attention(two, lengths: true), from: "x", "three")])
                ),
                (
                    "\(name) of two layers",
                    around(
                        [4, 4],
                        three + [
                            .dense("k", 48, .tanh, from: "input"), .reshape("kv", [6, 8], from: "k"),
                            .other("l", .attention(two, lengths: true), from: "x", "kv", "three"),
                        ])
                ),
                (
                    "\(name) of three layers",
                    around(
                        [4, 6],
                        [
                            .dense("k", 6, .tanh, from: "x"), .dense("v", 6, from: "x"),
                            .other(
                                "l", .attention(AttentionSettings(heads: 3, isCausal: isCausal)), from: "x", "k", "v"),
                        ])
                ),
                (
                    "\(name) of a layer three times",
                    around([5, 4], [.other("l", .attention(two), from: "x", "x", "x")])
                ),
            ]
        }
        for (index, (name, cell)) in cells.enumerated() {
            var settings = RecurrentSettings(cell, units: 3)
            settings.biases = .uniform(low: -0.5, high: 0.5)
            cases.append((name, around([4, 2], [.other("l", .recurrent(settings), from: "x")])))
            settings.isBackwards = index % 2 == 0
            settings.givesSequence = index % 3 == 0
            var states = 3
            if case .lstm(let hasPeepholes) = cell {
                states = 6
                settings.givesCell = true
                settings.givesSequence = hasPeepholes
            }
            cases.append(
                (
                    "\(name) with a first state and lengths",
                    around(
                        [4, 2],
                        three + [
                            .dense("s", states, .tanh, from: "input"),
                            .other(
                                "l", .recurrent(settings, initialState: true, lengths: true), from: "x", "s", "three"),
                        ])
                ))
            settings.isBackwards.toggle()
            settings.givesSequence.toggle()
            settings.hasBias = false
            cases.append(
                (
                    "\(name) without biases, with a learned first state and lengths",
                    around(
                        [4, 2],
                        three + [
                            .other("s", .parameter([states]), from: "input"),
                            .other(
                                "l", .recurrent(settings, initialState: true, lengths: true), from: "x", "s", "three"),
                        ])
                ))
        }
        return cases
    }

    /// How many elements the last of some layers has, for an x of this shape.
    private static func count(_ shape: [Int], _ layers: [Layer]) -> Int {
        let count = shape.reduce(1, *)
        let network = TestNetwork(inputs: count, [.reshape("x", shape, from: "input")] + layers)
        return (try? network.architecture.outputs) ?? 0
    }
}
