import Chainrule
import Testing

/// Windows, shapes and normalisations that do not fit: an error that names the layer and the shapes.
@Suite struct WindowErrorTests {
    private func architecture() throws -> Architecture {
        var architecture = try Architecture(inputs: 24)
        try architecture.reshape(Shape([3, 4, 2]), name: "x")
        try architecture.reshape(Shape([12, 2]), name: "t")
        try architecture.reshape(Shape([24]), name: "flat")
        try architecture.reshape(Shape([1, 2, 3, 4]), name: "four")
        return architecture
    }

    private func convolution(
        _ window: WindowSettings, _ channels: Int = 2, groups: Int = 1, transposed: Bool = false,
        from input: String = "x"
    ) throws {
        var architecture = try architecture()
        var settings = ConvolutionSettings(channels, window)
        (settings.groups, settings.isTransposed) = (groups, transposed)
        try architecture.convolution(settings, name: "c", input: input)
    }

    @Test func windowsThatDoNotFit() {
        for isTransposed in [false, true] {
            let name = isTransposed ? "transposed_convolution 'c'" : "convolution 'c'"
            func refuse(
                _ parts: String, _ window: WindowSettings, code: ChainruleError.Code = .size, from input: String = "x"
            ) {
                expectError(code, name, parts) { try convolution(window, transposed: isTransposed, from: input) }
            }
            refuse("reads [3, 4, 2]: kernel holds 2 numbers", WindowSettings([3]))
            refuse("reads [3, 4, 2]: stride holds 2 numbers", WindowSettings([3, 3], stride: [1]))
            refuse("reads [3, 4, 2]: dilation holds 2 numbers", WindowSettings([3, 3], dilation: [1, 1, 1]))
            refuse("reads [24], which has no axis but the channels", WindowSettings([]), from: "flat")
            refuse("the stride along axis 1 is 0", WindowSettings([3, 3], stride: [1, 0]))
            refuse("the kernel along axis 0 is 0", WindowSettings([0, 3]))
            refuse("the kernel along axis 0 is -1", WindowSettings([-1, 3]))
            refuse("the dilation along axis 1 is 0", WindowSettings([2, 2], dilation: [1, 0]))
            refuse("the kernel along axis 0 is 1073741824", WindowSettings([1 << 30, 3]))
            refuse("reaches over", WindowSettings([1 << 28, 1], dilation: [2, 1]))
            refuse("only one axis has causal padding", WindowSettings([2, 2], padding: .causal), code: .value)
            refuse("1 before and 2 after", WindowSettings([2, 2], padding: .explicit(before: [1], after: [1, 1])))
            refuse(
                "the padding along axis 1 is -1",
                WindowSettings([2, 2], padding: .explicit(before: [0, -1], after: [0, 0])))
        }
        for transposed in [false, true] {
            let after = transposed ? -(1 << 28) - 1 : -1
            expectError(.size, "the padding along axis 1 is \(after)") {
                try convolution(
                    WindowSettings([2, 2], padding: .explicit(before: [0, 0], after: [0, after])),
                    transposed: transposed)
            }
        }
        expectError(.size, "pooling 'p'", "the padding along axis 0 is -1") {
            var architecture = try architecture()
            try architecture.pooling(
                .mean, WindowSettings([1, 1], padding: .explicit(before: [0, 0], after: [-1, 0])), name: "p", input: "x"
            )
        }
        expectError(.size, "convolution 'c' reads [3, 4, 2]", "along axis 0", "over 4 positions", "there are 3") {
            try convolution(WindowSettings([4, 1]))
        }
        expectError(.size, "convolution 'c' reads [12, 2]", "over 25 positions", "there are 14") {
            try convolution(WindowSettings([13], dilation: [2], padding: .explicit(before: [1], after: [1])), from: "t")
        }
        expectError(.size, "transposed_convolution 'c' reads [3, 4, 2]", "7 are cut off") {
            try convolution(
                WindowSettings([2, 2], padding: .explicit(before: [4, 0], after: [3, 0])), transposed: true)
        }
        expectError(.memory, "convolution 'c' reads [1, 2, 3, 4]", "overflows") {
            try convolution(WindowSettings([1 << 28, 1 << 28, 1 << 28], padding: .same), from: "four")
        }
    }

    @Test func channelsAndGroupsThatDoNotFit() {
        let window = WindowSettings([2, 2])
        expectError(.size, "convolution 'c' of 4 channels reads [3, 4, 2]: 3 groups") {
            try convolution(window, 4, groups: 3)
        }
        expectError(.size, "convolution 'c' of 3 channels reads [3, 4, 2]: 2 groups") {
            try convolution(window, 3, groups: 2)
        }
        expectError(.size, "0 groups") { try convolution(window, 2, groups: 0) }
        expectError(.size, "convolution 'c' has at least 1 channel; 0") { try convolution(window, 0) }
    }

    @Test func outputsThatOverflow() {
        let most = "at most 2147483647 elements"
        expectError(.size, "convolution 'c' reads [3, 4, 2]", most) {
            try convolution(WindowSettings([1, 1]), 1 << 30)
        }
        for (factor, code) in [(1 << 20, .size), (1 << 62, .memory)] as [(Int, ChainruleError.Code)] {
            expectError(code, "upsampling 'u' reads [3, 4, 2]", code == .size ? most : "overflows") {
                var architecture = try architecture()
                try architecture.upsampling([factor, factor], name: "u", input: "x")
            }
        }
        for (before, code) in [(1 << 30, .size), (.max, .memory)] as [(Int, ChainruleError.Code)] {
            expectError(code, "zero_padding 'u' reads [3, 4, 2]", code == .size ? most : "overflow") {
                var architecture = try architecture()
                try architecture.zeroPadding(before: [before, 0], after: [0, 0], name: "u", input: "x")
            }
        }
    }

    /// A file of a few hundred bytes can say this.
    @Test func windowsOverTooMuch() {
        expectError(.size, "pooling 'p' reads [1, 1, 2, 12]", "elements") {
            var architecture = try architecture()
            try architecture.reshape(Shape([1, 1, 2, 12]), name: "volume", input: "flat")
            try architecture.pooling(
                .mean, WindowSettings([1 << 16, 1 << 16, 1], padding: .same), name: "p", input: "volume")
        }
        expectError(.memory, "pooling 'p' reads [1, 1, 2, 12]", "overflows") {
            var architecture = try architecture()
            try architecture.reshape(Shape([1, 1, 2, 12]), name: "volume", input: "flat")
            try architecture.pooling(
                .mean, WindowSettings([1 << 20, 1 << 20, 1 << 20], padding: .same), name: "p", input: "volume")
        }
        expectError(.size, "pooling 'p'", "a maximum is of at most 16777216 elements") {
            var architecture = try architecture()
            try architecture.pooling(
                .maximum, WindowSettings([1 << 13, 1 << 12], padding: .same), name: "p", input: "x")
        }
    }

    /// Layers that write their gradients have no bound. If they are frozen, the step still looks at the others' gradients.
    @Test func aStepBesideAFrozenConvolutionMustNotOverflow() throws {
        var architecture = try Architecture(inputs: 4)
        try architecture.reshape(Shape([4, 1]))
        try architecture.convolution(ConvolutionSettings(2, WindowSettings([2])), name: "c")
        try architecture.reshape()
        try architecture.dense(1)
        let network = try Network(architecture, seed: 1)
        let before = network.parameterVector
        let optimizer = try Optimizer(GradientDescent(), learningRate: 1e30, for: network)
        try optimizer.set(layer: "c", LayerStep(isFrozen: true))
        var options = TrainingOptions(cost: .meanSquaredError())
        options.epochs = 1
        expectError(.notFinite) {
            try network.fit(
                [1, 2, 3, 4, 2, 3, 4, 5], targets: .values([1e18, -1e18], columns: 1), optimizer: optimizer,
                options: options)
        }
        #expect(network.parameterVector == before)
    }

    @Test func poolingThatSeesNothing() throws {
        var architecture = try architecture()
        expectError(.size, "pooling 'p' reads [3, 4, 2]", "see no element") {
            try architecture.pooling(
                .maximum, WindowSettings([2, 2], padding: .explicit(before: [2, 0], after: [0, 0])), name: "p",
                input: "x")
        }
        expectError(.size, "pooling 'p' reads [3, 4, 2]", "see no element") {
            try architecture.pooling(
                .mean, WindowSettings([2, 1], dilation: [4, 1], padding: .explicit(before: [1, 0], after: [1, 0])),
                name: "p", input: "x")
        }
        try architecture.pooling(
            .maximum, WindowSettings([2, 2], padding: .explicit(before: [1, 0], after: [1, 1])), name: "p", input: "x")
        #expect(try architecture.outputShape == Shape([4, 4, 2]))
    }

    @Test func movesThatDoNotFit() throws {
        var architecture = try architecture()
        expectError(.size, "transpose 't1' reads [3, 4, 2]: axes holds 3") {
            try architecture.transpose([0, 1], name: "t1", input: "x")
        }
        for axes in [[0, 1, 1], [0, 1, 3], [-1, 1, 2]] {
            expectError(.value, "transpose 't2'", "[3, 4, 2]") {
                try architecture.transpose(axes, name: "t2", input: "x")
            }
        }
        for (begin, end) in [
            ([0, 0, 0], [3, 5, 2]), ([0, 2, 0], [3, 2, 2]), ([-1, 0, 0], [3, 4, 2]), ([3, 0, 0], [4, 4, 2]),
        ] {
            expectError(.size, "slice 's'", "[3, 4, 2]") {
                try architecture.slice(from: begin, to: end, name: "s", input: "x")
            }
        }
        expectError(.size, "zero_padding 'z' reads [3, 4, 2]: before holds 2") {
            try architecture.zeroPadding(before: [1, 1, 1], after: [1, 1], name: "z", input: "x")
        }
        expectError(.size, "zero_padding 'z'", "-1") {
            try architecture.zeroPadding(before: [1, -1], after: [1, 1], name: "z", input: "x")
        }
        for (indices, axis, code, words) in [
            ([], 0, .size, "at least 1 element of [3, 4, 2]; 0"),
            ([0, 3], 0, .value, "index 3 is not among 3 along axis 0"),
            ([-1], 1, .value, "index -1"), ([.min, .max], 1, .value, "is not among 4 along axis 1"),
            ([0], 3, .value, "3 is not among the axes of [3, 4, 2]"), ([0], -1, .value, "-1 is not among the axes"),
        ] as [([Int], Int, ChainruleError.Code, String)] {
            expectError(code, "take 'i'", words) {
                try architecture.take(indices, axis: axis, name: "i", input: "x")
            }
        }
        for (a, b, transposesB, words) in [
            ("x", "x", false, "[..., m, k] and [..., k, n], not [3, 4, 2] and [3, 4, 2]"),
            ("x", "t", false, "not [3, 4, 2] and [12, 2]"), ("flat", "t", true, "not [24] and [12, 2]"),
        ] {
            expectError(.size, "matrix_product 'i' multiplies matrices", words) {
                try architecture.matrixProduct(of: a, b, transposesB: transposesB, name: "i")
            }
        }
        expectError(.size, "matrix_product 'i' reads [3, 4, 2] and [2, 2, 6]: the lengths before the last two axes") {
            var architecture = architecture
            try architecture.reshape(Shape([2, 2, 6]), name: "others", input: "flat")
            try architecture.matrixProduct(of: "x", "others", name: "i")
        }
        expectError(.value, "gru 'r' has no c to give") {
            var settings = RecurrentSettings(.gru(resetsFirst: false), units: 2)
            settings.givesCell = true
            try architecture.recurrent(settings, name: "r", input: "t")
        }
        expectError(.size, "upsampling 'u'", "0 times along axis 1") {
            try architecture.upsampling([1, 0], name: "u", input: "x")
        }
        expectError(.value, "concatenation 'j'", "axis 3", "[3, 4, 2]") {
            try architecture.concatenation(of: ["x", "x"], axis: 3, name: "j")
        }
        try architecture.reshape(Shape([1, 24]), name: "thin", input: "flat")
        for (axis, input, shape) in [
            (3, "x", "[3, 4, 2]"), (-1, "x", "[3, 4, 2]"), (Int.min, "x", "[3, 4, 2]"), (Int.max, "x", "[3, 4, 2]"),
            (0, "thin", "[1, 24]"),
        ] {
            expectError(.value, "softmax 'p' runs along axis \(axis); \(shape) has none") {
                try architecture.softmax(axis: axis, name: "p", input: input)
            }
        }
        expectError(.size, "'p' is 1 wide") {
            try architecture.reshape(Shape([24, 1]), name: "narrow", input: "flat")
            try architecture.softmax(axis: 1, name: "p")
        }
        expectError(.size, "product 'm'", "input 0 has [3, 4, 2], input 1 [12, 2]") {
            try architecture.product(of: "x", "t", name: "m")
        }
        expectError(.size, "difference 'd'", "input 0 has [3, 4, 2], input 1 [24]") {
            try architecture.difference(of: "x", "flat", name: "d")
        }
        expectError(.size, "mean 'd'", "input 0 has [3, 4, 2], input 1 [12, 2]") {
            try architecture.mean(of: ["x", "t"], name: "d")
        }
        expectError(.size, "mean 'd'", "input 1 has [3, 4, 2], input 2 [12, 2]") {
            try architecture.slice(from: [0, 0, 0], to: [1, 1, 2], name: "pixel", input: "x")
            try architecture.mean(of: ["pixel", "x", "t"], name: "d")
        }
        for shape in [[3, 4, 3], [4, 2], [3, 8, 2], [1, 3, 4, 1]] {
            expectError(.size, "broadcast 'b' reads [3, 4, 2], which does not fill \(try Shape(shape).text)") {
                try architecture.broadcast(Shape(shape), name: "b", input: "x")
            }
        }
        for axes in [[3], [-1], [0, 0], [1, 2, 1], [Int.max]] {
            expectError(.value, "reduction 'r'", "among the axes of [3, 4, 2]") {
                try architecture.reduction(.mean, axes: axes, name: "r", input: "x")
            }
        }
        expectError(.size, "reduction 'r' takes at least 1 axis of [3, 4, 2]; 0") {
            try architecture.reduction(.sum, axes: [], name: "r", input: "x")
        }
        expectError(.size, "reduction 'r' reads [20000000]: a maximum is of at most 16777216") {
            var long = try Architecture(inputs: 20_000_000)
            try long.reduction(.argmax, axes: [0], name: "r")
        }
        expectError(.size, "sum 'large' reads [1, 50000]: a shape holds at most") {
            var wide = try Architecture(inputs: 50_000)
            try wide.reshape(Shape([50_000, 1]), name: "a")
            try wide.reshape(Shape([1, 50_000]), name: "b")
            try wide.sum(of: ["a", "b"], name: "large")
        }
        expectError(.size, "mean 'd' reads at least 1") { try architecture.mean(of: [], name: "d") }
        try architecture.input("first", Shape([20]))
        expectError(.size, "input 'second' is 6 elements, [3, 2], from element 20 on; it reads 24") {
            try architecture.input("second", Shape([3, 2]))
        }
    }

    @Test func splitsThatDoNotFit() throws {
        var architecture = try architecture()
        func refuse(
            _ code: ChainruleError.Code, _ parts: String..., body: (inout Architecture) throws -> Void
        ) throws {
            let layers = architecture.nodes.count
            for part in parts { expectError(code, part, "[3, 4, 2]") { try body(&architecture) } }
            #expect(architecture.nodes.count == layers)
        }
        for axis in [3, -1, Int.min, Int.max] {
            try refuse(.value, "split 's' cuts along axis \(axis)") {
                try $0.split([1, 2], axis: axis, name: "s", input: "x")
            }
        }
        try refuse(.size, "split 's' cuts axis 1", "into 2 parts of 3 elements together") {
            try $0.split([1, 2], axis: 1, name: "s", input: "x")
        }
        try refuse(.size, "into 0 parts of 0 elements together") { try $0.split([], axis: 1, name: "s", input: "x") }
        for (sizes, range) in [
            ([1, 0, 3], "from 1 to before 1"), ([1, 4], "from 1 to before 5"), ([1, -1, 4], "from 1 to before 0"),
            ([1, .max], "from 1 to before \(Int.min)"),
        ] {
            try refuse(.size, "slice 's-1'", "\(range) along axis 1") {
                try $0.split(sizes, axis: 1, name: "s", input: "x")
            }
        }
        try refuse(.size, "slice '4'", "to before 0 along axis 1") { try $0.split([0, 4], axis: 1, input: "x") }
        try refuse(.size, "into 3 parts of 3 elements together") {
            try $0.split(into: 3, axis: 1, name: "s", input: "x")
        }
        for parts in [0, -1] {
            try refuse(.size, "into \(parts) parts") { try $0.split(into: parts, axis: 1, name: "s", input: "x") }
        }
        for parts in [5, Int.max] {
            try refuse(.size, "slice 's-0'") { try $0.split(into: parts, axis: 1, name: "s", input: "x") }
        }
        expectError(.name, "layer 's' reads 'absent'") {
            try architecture.split([1], axis: 0, name: "s", input: "absent")
        }
        expectError(.size, "10000 layers already") {
            var architecture = try Architecture(inputs: 20_000)
            try architecture.split(into: 20_000, axis: 0, name: "s")
        }
        // A name that is taken: none of the parts stays.
        try architecture.reshape(Shape([24]), name: "s-1", input: "flat")
        let layers = architecture.nodes.count
        expectError(.name, "'s-1' is already taken") { try architecture.split(into: 2, axis: 0, name: "s") }
        #expect(architecture.nodes.count == layers)
    }

    @Test func splitsAreSlices() throws {
        var architecture = try architecture()
        try architecture.split([1, 3], axis: 1, name: "s", input: "x")
        #expect(architecture.nodes.suffix(2).map { $0.name.text } == ["s-0", "s-1"])
        #expect(try architecture.nodes.suffix(2).map { $0.shape } == [Shape([3, 1, 2]), Shape([3, 3, 2])])
        // The layer before, into equal parts.
        try architecture.split(into: 3, axis: 1)
        #expect(architecture.nodes.suffix(3).map { $0.name.text } == ["6", "7", "8"])
        for (index, node) in architecture.nodes.suffix(3).enumerated() {
            guard case .slice(let begin, let end) = node.settings else { Issue.record("no slice"); return }
            #expect(begin == [0, index, 0] && end == [3, index + 1, 2])
        }
    }

    @Test func normalizationsThatDoNotFit() throws {
        var architecture = try architecture()
        expectError(.size, "group_normalization 'n' reads [3, 4, 2]: 3 groups") {
            try architecture.normalization(.group(3), name: "n", input: "x")
        }
        for epsilon in [0, -1, Float.nan, .infinity] {
            for method in [NormalizationMethod.batch(momentum: 0.1), .layer, .rootMeanSquare, .group(1)] {
                expectError(.value, "_normalization 'n': epsilon is \(epsilon)") {
                    try architecture.normalization(method, epsilon: epsilon, name: "n", input: "x")
                }
            }
        }
        for momentum in [-0.1, 1.5, Float.nan] {
            expectError(.value, "batch_normalization 'n': momentum is \(momentum)") {
                try architecture.normalization(.batch(momentum: momentum), name: "n", input: "x")
            }
        }
        expectError(.value, "dropout 'n'") { try architecture.dropout(1, wholeChannels: true, name: "n", input: "x") }
    }
}
