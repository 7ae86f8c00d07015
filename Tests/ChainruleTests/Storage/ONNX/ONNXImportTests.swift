import Foundation
import Chainrule
import Testing

/// Models that are read are the networks that they describe.
@Suite struct ONNXImportTests {
    private typealias Writer = ONNXWriter

    private func relu(_ value: Float) -> Float { max(0, value) }

    private func product(_ x: [Float], _ w: [Float], columns: Int) -> [Float] {
        (0..<columns).map { column in
            x.indices.reduce(0) { $0 + x[$1] * w[$1 * columns + column] }
        }
    }

    private func refused(_ bytes: [UInt8], _ words: String..., location: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: ChainruleError.self, sourceLocation: location) { try Network(onnxBytes: bytes) }
        for words in words {
            #expect(
                error?.message.contains(words) == true, "\(words): \(error?.message ?? "")", sourceLocation: location)
        }
    }

    @Test func perceptron() throws {
        let network = try Network(onnxBytes: Writer.perceptron)
        #expect(network.architecture.nodes.map { $0.name.text } == ["first", "second"])
        #expect(network.parameterCount == 12 + 4 + 8 + 2)
        let x: [Float] = [0.5, -1, 2]
        let (w1, w2) = (Writer.numbers(12), Writer.numbers(8, from: 2))
        let hidden = zip(product(x, w1, columns: 4), Writer.numbers(4, from: 1)).map { relu($0 + $1) }
        let wanted = (0..<2).map { unit in
            (0..<4).reduce(Writer.numbers(2, from: 3)[unit]) { $0 + w2[4 * unit + $1] * hidden[$1] }
        }
        #expect(try network.predict(x) == wanted)
    }

    /// Channels are last in the network, and the dense layer's columns are rearranged: only the input is transposed.
    @Test func convolutional() throws {
        var signature = ONNXSignature()
        let network = try Network(onnxBytes: Writer.convolutional, signature: &signature)
        #expect(signature.inputs.map { $0.dims } == [[1, 2, 4, 6]] && signature.inputs[0].batchAxis == 0)
        #expect(signature.outputs.map { $0.name } == ["y"] && signature.outputs[0].dims == [1, 5])
        #expect(network.architecture.nodes.map { $0.name.text }.filter { $0.contains("transpose") }.count == 1)
        let x = Writer.numbers(48, from: 9)
        let (w, b) = (Writer.numbers(54), Writer.numbers(3, from: 4))
        func convolved(_ u: Int, _ row: Int, _ column: Int) -> Float {
            var sum = b[u]
            for c in 0..<2 {
                for i in 0..<3 where 0..<4 ~= row + i - 1 {
                    for j in 0..<3 where 0..<6 ~= column + j - 1 {
                        sum += w[((u * 2 + c) * 3 + i) * 3 + j] * x[(c * 4 + row + i - 1) * 6 + column + j - 1]
                    }
                }
            }
            return sum
        }
        var flat: [Float] = []
        for u in 0..<3 {
            for row in 0..<2 {
                for column in 0..<3 {
                    flat.append(
                        [(0, 0), (0, 1), (1, 0), (1, 1)].map { convolved(u, 2 * row + $0, 2 * column + $1) }.max()!)
                }
            }
        }
        let wanted = zip(product(flat, Writer.numbers(90, from: 5), columns: 5), Writer.numbers(5, from: 6)).map(+)
        let y = try network.predict(x)
        #expect(zip(y, wanted).allSatisfy { ($0 - $1).magnitude <= 1e-5 * max(1, $1.magnitude) }, "\(y) \(wanted)")
    }

    @Test func theBatchCanBeTheSecondAxis() throws {
        var signature = ONNXSignature()
        let network = try Network(onnxBytes: Writer.recurrent, signature: &signature)
        #expect(signature.inputs[0].batchAxis == 1 && signature.inputs[0].dims == [3, 1, 2])
        #expect(signature.outputs[0].batchAxis == 0 && signature.outputs[0].dims == [1, 4])
        #expect(try network.predict([1, 2, 3, 4, 5, 6]).allSatisfy { $0.isFinite })
    }

    @Test func whatIsReadIsSavedAndTrained() throws {
        let network = try Network(onnxBytes: Writer.convolutional)
        let copy = try Network(savedBytes: network.savedBytes())
        let x = Writer.numbers(96)
        #expect(try copy.predict(x) == network.predict(x))
        let before = network.parameterVector
        let optimizer = try Optimizer(GradientDescent(), learningRate: 1e-4, for: network)
        var options = TrainingOptions(cost: .meanSquaredError())
        options.epochs = 1
        try network.fit(
            x, targets: .values([Float](repeating: 0, count: 10), columns: 5), optimizer: optimizer, options: options)
        #expect(network.parameterVector != before)
    }

    /// Lengths that the model leaves open.
    @Test func shapesOfInputs() throws {
        let open = Writer.model(
            [Writer.node("Relu", ["x"], ["y"])], inputs: [Writer.value("x", [0, 2, 0])],
            outputs: [Writer.value("y", [0, 2, 0])])
        func read(_ shapes: ONNXInputShape...) throws -> Network { try Network(onnxBytes: open, inputShapes: shapes) }
        let network = try read(ONNXInputShape("x", [nil, nil, 3]))
        #expect(network.inputs == 6)
        #expect(try network.predict([1, -2, 3, -4, 5, -6]) == [1, 0, 3, 0, 5, 0])
        for (shapes, code, words) in [
            ([], .format, "axis 2 of the input 'x' has no fixed length: give the shape"),
            ([ONNXInputShape("z", [nil, 2, 3])], .name, "no input 'z'; it has 1, first 'x'"),
            ([ONNXInputShape("x", [nil, 2])], .size, "has 3 axes; 2 lengths were given"),
            ([ONNXInputShape("x", [nil, 4, 3])], .size, "has the length 2; 4 was given"),
            ([ONNXInputShape("x", [nil, 2, 0])], .size, "gets the length 0"),
            ([ONNXInputShape("x", [nil, 2, -1])], .size, "gets the length -1"),
            ([ONNXInputShape("x", [nil, 2, .max])], .memory, "overflow"),
            ([ONNXInputShape("x", [nil, 2, 3]), ONNXInputShape("x", [nil, 2, 3])], .name, "twice"),
        ] as [([ONNXInputShape], ChainruleError.Code, String)] {
            expectError(code, words) { _ = try Network(onnxBytes: open, inputShapes: shapes) }
        }
    }

    @Test func errorsNameTheNode() {
        let x = [Writer.value("x", [0, 3])]
        func one(_ operation: String, _ attributes: [(String, Writer.Attribute)] = [], opset: Int = 17) -> [UInt8] {
            Writer.model(
                [Writer.node(operation, ["x"], ["y"], name: "it", attributes)], inputs: x,
                outputs: [Writer.value("y", [0, 3])], opset: opset)
        }
        refused(one("Unknown"), "node 'it' (Unknown, opset 17)", "not supported")
        refused(one("Pad", [("mode", .text("mirror"))], opset: 12), "node 'it' (Pad, opset 12)", "the mode mirror")
        refused(one("Relu", opset: 0), "opset is 0")
        refused(one("Relu", opset: 1000), "opset is 1000")
        refused(one("Transpose", [("perm", .integers([0, 0]))]), "axis 0 twice")
        refused(one("Flatten", [("axis", .integer(7))]), "axis 7")
        refused([], "no ONNX model")
        refused([8, 8], "no ONNX model")
    }

    @Test func graphsAreInOrderAndNamesAreUnique() {
        let (x, y) = ([Writer.value("x", [0, 3])], [Writer.value("y", [0, 3])])
        let first = Writer.node("Relu", ["x"], ["h"], name: "a")
        let second = Writer.node("Relu", ["h"], ["y"], name: "b")
        refused(Writer.model([second, first], inputs: x, outputs: y), "node 'b'", "'h'", "order")
        refused(Writer.model([first, first, second], inputs: x, outputs: y), "gives 'h', which there is already")
        refused(Writer.model([Writer.node("Add", ["x", "y"], ["y"])], inputs: x, outputs: y), "'y'", "order")
        refused(Writer.model([first], inputs: x, outputs: y), "nothing gives the graph's output 'y'")
        refused(Writer.model([first, second], inputs: x + x, outputs: y), "two inputs 'x'")
        refused(
            Writer.model(
                [first, second], inputs: x, outputs: y,
                tensors: [Writer.tensor("t", [1], [1]), Writer.tensor("t", [1], [1])]), "two tensors 't'")
        refused(Writer.model([first, second], inputs: [Writer.value("x", [0, -3])], outputs: y), "length -3")
        refused(Writer.model([first, second], inputs: [Writer.value("x", [0, 0])], outputs: y), "no fixed length")
    }

    /// What the rows of a batch would mix is refused; or the whole tensor is one row.
    @Test func rowsAreIndependent() throws {
        func softmax(_ rows: Int) -> [UInt8] {
            Writer.model(
                [Writer.node("Softmax", ["x"], ["y"], name: "it", [("axis", .integer(0))])],
                inputs: [Writer.value("x", [rows, 3])], outputs: [Writer.value("y", [rows, 3])])
        }
        refused(softmax(0), "node 'it' (Softmax, opset 17)", "batch")
        var signature = ONNXSignature()
        let network = try Network(onnxBytes: softmax(2), signature: &signature)
        #expect(network.inputs == 6 && signature.inputs[0].batchAxis == nil)
        #expect(try network.predict([1, 2, 3, 1, 2, 3]) == [Float](repeating: 0.5, count: 6))
    }

    @Test func memoryIsLimited() {
        let huge = Writer.model(
            [
                Writer.node("ConstantOfShape", ["shape"], ["t"], name: "fill"),
                Writer.node("MatMul", ["x", "t"], ["y"]),
            ], inputs: [Writer.value("x", [0, 3])], outputs: [Writer.value("y", [0, 3])],
            tensors: [Writer.integers("shape", [3, 1 << 38])])
        let error = #expect(throws: ChainruleError.self) { try Network(onnxBytes: huge) }
        #expect(error?.code == .memory && error?.message.contains("node 'fill'") == true, "\(error?.message ?? "")")
        let small = #expect(throws: ChainruleError.self) { try Network(onnxBytes: Writer.perceptron, memoryLimit: 50) }
        #expect(small?.code == .memory)
    }

    /// Numbers are constants; constants of several elements are parameters where layers add or multiply with them.
    @Test func numbersAreNotTrained() throws {
        let network = try Network(
            onnxBytes: Writer.model(
                [
                    Writer.node("Mul", ["x", "two"], ["a"]), Writer.node("Add", ["a", "row"], ["b"]),
                    Writer.node("Max", ["b", "least"], ["c"]), Writer.node("Div", ["c", "row"], ["d"]),
                    Writer.node("Pow", ["d", "two"], ["y"]),
                ], inputs: [Writer.value("x", [0, 3])], outputs: [Writer.value("y", [0, 3])],
                tensors: [
                    Writer.tensor("two", [], [2]), Writer.tensor("row", [3], [1, 2, 4]),
                    Writer.tensor("least", [1], [3]),
                ]))
        #expect(network.parameterCount == 3)
        #expect(try network.predict([1, 2, 4]) == [9, 9, 9])
        #expect(try network.predict([0, 0, 0]) == [9, 2.25, 1])
    }

    /// Values of channels are repeated at every position, wherever the channels lie.
    @Test func valuesAreRepeated() throws {
        func network(_ operation: String, _ dims: [Int]) throws -> Network {
            try Network(
                onnxBytes: Writer.model(
                    [
                        Writer.node("GlobalAveragePool", ["x"], ["p"]), Writer.node(operation, ["x", "p"], ["a"]),
                        Writer.node("Sub", ["a", "c"], ["y"]),
                    ], inputs: [Writer.value("x", [0, 2, 1, 3])], outputs: [Writer.value("y", [0, 2, 1, 3])],
                    tensors: [Writer.tensor("c", dims, Writer.numbers(dims.reduce(1, *)))]))
        }
        let x: [Float] = [1, 2, 3, 4, 5, 6]
        let c = Writer.numbers(6)
        #expect(
            try network("Mul", [3]).predict(x) == (0..<6).map { x[$0] * (x[$0] > 3 ? 5 : 2) - c[$0 % 3] })
        #expect(
            try network("Add", [2, 1, 1]).predict(x) == (0..<6).map { x[$0] + (x[$0] > 3 ? 5 : 2) - c[$0 / 3] })
        #expect(
            try network("Add", [2, 1, 3]).predict(x) == (0..<6).map { x[$0] + (x[$0] > 3 ? 5 : 2) - c[$0] })
    }

    /// Layers compute what constants alone give.
    @Test func constantsAreComputed() throws {
        let network = try Network(
            onnxBytes: Writer.model(
                [
                    Writer.node("MatMul", ["row", "matrix"], ["a"]), Writer.node("Split", ["a"], ["b", "c"]),
                    Writer.node("Relu", ["b"], ["d"]), Writer.node("Add", ["c", "d"], ["e"]),
                    Writer.node("Mul", ["x", "e"], ["y"]),
                ], inputs: [Writer.value("x", [0, 2])], outputs: [Writer.value("y", [0, 2])],
                tensors: [
                    Writer.tensor("row", [2], [1, 2]), Writer.tensor("matrix", [2, 4], [1, 2, 3, 4, -1, -2, 5, 6]),
                ], opset: 12))
        // [−1, −2 | 13, 16]
        #expect(try network.predict([1, 10]) == [13, 160])
        #expect(network.parameterCount == 2)
    }

    /// The number of rows that a model fixes stands in its shapes; the network takes any.
    @Test func rowsMayBeFixed() throws {
        func model(_ lengths: [Int]) -> [UInt8] {
            Writer.model(
                [Writer.node("Reshape", ["x", "s"], ["a"], name: "it"), Writer.node("Softmax", ["a"], ["y"])],
                inputs: [Writer.value("x", [3, 4])], outputs: [Writer.value("y", lengths)],
                tensors: [Writer.integers("s", lengths)])
        }
        var signature = ONNXSignature()
        let network = try Network(onnxBytes: model([3, 2, 2]), signature: &signature)
        #expect(network.inputs == 4 && signature.inputs[0].batchAxis == 0 && signature.outputs[0].dims == [1, 2, 2])
        #expect(try network.predict([1, 1, 2, 2, 3, 3, 4, 4]) == [Float](repeating: 0.5, count: 8))
        #expect(try Network(onnxBytes: model([2, 6])).inputs == 12)
        refused(model([5, 2]), "node 'it'", "cannot become [5, 2]")
    }

    @Test func sumsAlongAxes() throws {
        func network(_ operation: String, _ axes: [Int], keeps: Bool) throws -> [Float] {
            try Network(
                onnxBytes: Writer.model(
                    [
                        Writer.node(
                            operation, ["x"], ["y"],
                            [("axes", .integers(axes)), ("keepdims", .integer(keeps ? 1 : 0))])
                    ], inputs: [Writer.value("x", [0, 2, 3])], outputs: [Writer.value("y", [0, 2])], opset: 11)
            ).predict([1, 2, 3, 4, 5, 9])
        }
        #expect(try network("ReduceSum", [2], keeps: false) == [6, 18])
        #expect(try network("ReduceMean", [-1], keeps: true) == [2, 6])
        #expect(try network("ReduceMax", [1], keeps: true) == [4, 5, 9])
        #expect(try network("ReduceMin", [1, 2], keeps: false) == [1])
        #expect(try network("ReduceSumSquare", [1], keeps: false) == [17, 29, 90])
        let error = #expect(throws: ChainruleError.self) { try network("ReduceSum", [0], keeps: true) }
        #expect(error?.message.contains("batch") == true)
    }

    @Test func labelsOfAClassifier() throws {
        var signature = ONNXSignature()
        let network = try Network(onnxBytes: ONNXWriter.classifier, signature: &signature)
        // The last label that is an output names the classes.
        #expect(network.classLabels == ["off", "on"])
        #expect(signature.outputs.map { $0.name } == ["y"] && network.outputs == 2)
        let y = try network.predict([3, 2, 4])
        // Scaled: (4, 0, 2); divided by its norm: (2, 0, 1) / √5.
        let weights = ONNXWriter.numbers(6, from: 3)
        let x = [2, 0, 1].map { Float($0) / Float(5).squareRoot() }
        let scores = [0, 1].map { row in (0..<3).reduce(Float(row)) { $0 + weights[3 * row + $1] * x[$1] } }
        let share = exp(scores[1]) / (exp(scores[0]) + exp(scores[1]))
        #expect((y[1] - share).magnitude < 1e-6 && (y[0] + y[1] - 1).magnitude < 1e-6)
    }

    @Test func quantizedNumbers() throws {
        let network = try Network(onnxBytes: ONNXWriter.quantized)
        // x in steps of 1/8, from −100/8 to 155/8.
        func step(_ x: Float) -> Float { min(max((x * 8).rounded(.toNearestOrEven), -100), 155) / 8 }
        for x in [[0.3, -0.3, 1], [100, -100, 0.0625], [-7, 3.3, 2.2]] as [[Float]] {
            let d = x.map(step)
            let m = [0.25 * (d[0] + 3 * d[1] - d[2]), 0.5 * (d[0] + 3 * d[1] + 5 * d[2])].map(step)
            let r = step(m[0] - m[1] / 4)
            #expect(try network.predict(x) == [3 * r, -4 * r])
        }
    }
}
