/// Writes the wire format, and ONNX's messages, for tests.
enum ONNXWriter {
    static func varint(_ value: UInt64) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), value)
        while rest > 0x7f {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }

    static func field(_ number: Int, _ value: Int) -> [UInt8] {
        varint(UInt64(number) << 3) + varint(UInt64(bitPattern: Int64(value)))
    }

    static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
        varint(UInt64(number) << 3 | 2) + varint(UInt64(bytes.count)) + bytes
    }

    static func field(_ number: Int, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    static func field(_ number: Int, _ value: Float) -> [UInt8] {
        varint(UInt64(number) << 3 | 5) + littleEndian(value.bitPattern)
    }

    static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    // MARK: Messages

    static func tensor(_ name: String, _ dims: [Int], _ values: [Float]) -> [UInt8] {
        dims.flatMap { field(1, $0) } + field(2, 1) + field(8, name)
            + field(9, values.flatMap { littleEndian($0.bitPattern) })
    }

    static func integers(_ name: String, _ values: [Int]) -> [UInt8] {
        field(1, values.count) + field(2, 7) + field(7, values.flatMap { varint(UInt64(bitPattern: Int64($0))) })
            + field(8, name)
    }

    enum Attribute {
        case integer(Int)
        case float(Float)
        case integers([Int])
        case floats([Float])
        case text(String)
        case texts([String])

        func bytes(_ name: String) -> [UInt8] {
            switch self {
            case .integer(let value): field(1, name) + field(3, value) + field(20, 2)
            case .float(let value): field(1, name) + field(2, value) + field(20, 1)
            case .integers(let values): field(1, name) + values.flatMap { field(8, $0) } + field(20, 7)
            case .floats(let values): field(1, name) + values.flatMap { field(7, $0) } + field(20, 6)
            case .text(let text): field(1, name) + field(4, text) + field(20, 3)
            case .texts(let texts): field(1, name) + texts.flatMap { field(9, $0) } + field(20, 8)
            }
        }
    }

    static func node(
        _ operation: String, _ inputs: [String], _ outputs: [String], name: String = "",
        _ attributes: [(String, Attribute)] = [], domain: String = ""
    ) -> [UInt8] {
        inputs.flatMap { field(1, $0) } + outputs.flatMap { field(2, $0) } + field(3, name) + field(4, operation)
            + attributes.flatMap { field(5, $1.bytes($0)) } + (domain.isEmpty ? [] : field(7, domain))
    }

    /// A tensor of bytes, of a type that each is an element of.
    static func bytes(_ name: String, _ dims: [Int], type: Int, _ values: [UInt8]) -> [UInt8] {
        dims.flatMap { field(1, $0) } + field(2, type) + field(8, name) + field(9, values)
    }

    static func texts(_ name: String, _ values: [String]) -> [UInt8] {
        field(1, values.count) + field(2, 8) + values.flatMap { field(6, $0) } + field(8, name)
    }

    /// An input or output of floats; 0 stands for a length that is not known.
    static func value(_ name: String, _ dims: [Int], type: Int = 1) -> [UInt8] {
        let shape = dims.flatMap { field(1, $0 == 0 ? field(2, "N") : field(1, $0)) }
        return field(1, name) + field(2, field(1, field(1, type) + field(2, shape)))
    }

    static func model(
        _ nodes: [[UInt8]], inputs: [[UInt8]], outputs: [[UInt8]], tensors: [[UInt8]] = [], opset: Int = 17
    ) -> [UInt8] {
        let graph =
            nodes.flatMap { field(1, $0) } + field(2, "graph") + tensors.flatMap { field(5, $0) }
            + inputs.flatMap { field(11, $0) } + outputs.flatMap { field(12, $0) }
        return field(1, 8) + field(2, "tests") + field(7, graph) + field(8, field(1, "") + field(2, opset))
    }

    // MARK: Models

    /// Whole numbers and halves, so that sums are exact.
    static func numbers(_ count: Int, from first: Int = 0) -> [Float] {
        (0..<count).map { Float(($0 * 7 + first) % 11 - 5) / 2 }
    }

    /// Two layers, the first with its weights turned.
    static var perceptron: [UInt8] {
        model(
            [
                node("Gemm", ["x", "w1", "b1"], ["z1"], name: "first"), node("Relu", ["z1"], ["h1"]),
                node("Gemm", ["h1", "w2", "b2"], ["y"], name: "second", [("transB", .integer(1))]),
            ], inputs: [value("x", [0, 3])], outputs: [value("y", [0, 2])],
            tensors: [
                tensor("w1", [3, 4], numbers(12)), tensor("b1", [4], numbers(4, from: 1)),
                tensor("w2", [2, 4], numbers(8, from: 2)), tensor("b2", [2], numbers(2, from: 3)),
            ])
    }

    /// A linear model of two classes on scaled columns, as skl2onnx writes it; and labels that are looked up.
    static var classifier: [UInt8] {
        let learned = "ai.onnx.ml"
        let coefficients = Attribute.floats(numbers(6, from: 3))
        return model(
            [
                node(
                    "Scaler", ["x"], ["a"], [("offset", .floats([1, 2, 3])), ("scale", .floats([2]))], domain: learned),
                node("Normalizer", ["a"], ["b"], [("norm", .text("L2"))], domain: learned),
                node(
                    "LinearClassifier", ["b"], ["l", "s"],
                    [
                        ("coefficients", coefficients), ("intercepts", .floats([0, 1])),
                        ("classlabels_strings", .texts(["no", "yes"])), ("post_transform", .text("SOFTMAX")),
                    ], domain: learned),
                node("ZipMap", ["s"], ["y"], [("classlabels_strings", .texts(["no", "yes"]))], domain: learned),
                node("ArgMax", ["s"], ["i"], [("axis", .integer(1))]),
                node("ArrayFeatureExtractor", ["names", "i"], ["looked"], domain: learned),
                node("Identity", ["looked"], ["again"]),
            ], inputs: [value("x", [0, 3])], outputs: [value("l", [0]), value("y", [0, 2]), value("again", [0])],
            tensors: [texts("names", ["off", "on"])])
    }

    /// A product of quantized numbers with quantized weights, and one of whole numbers.
    static var quantized: [UInt8] {
        model(
            [
                node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("DequantizeLinear", ["q", "s", "z"], ["d"]),
                node("DequantizeLinear", ["w", "t", "u"], ["v"], [("axis", .integer(1))]),
                node("MatMul", ["d", "v"], ["m"]), node("QuantizeLinear", ["m", "s", "z"], ["o"]),
                node("QLinearMatMul", ["o", "s", "z", "k", "s", "n", "s", "z"], ["p"]),
                node("DequantizeLinear", ["p", "s", "z"], ["r"]),
                node("DynamicQuantizeLinear", ["r"], ["c", "e", "f"]), node("MatMulInteger", ["c", "k2", "f"], ["g"]),
                node("Cast", ["g"], ["h"], [("to", .integer(1))]), node("Mul", ["h", "e"], ["y"]),
            ], inputs: [value("x", [0, 3])], outputs: [value("y", [0, 2])],
            tensors: [
                tensor("s", [], [0.125]), bytes("z", [], type: 2, [100]),
                bytes("w", [3, 2], type: 3, [1, 2, 3, 4, 255, 6]), tensor("t", [2], [0.25, 0.5]),
                bytes("u", [2], type: 3, [0, 1]), bytes("k", [2, 1], type: 3, [8, 254]), bytes("n", [], type: 3, [0]),
                bytes("k2", [1, 2], type: 3, [3, 252]),
            ])
    }

    /// A convolution, pooling, and a dense layer on what is flattened.
    static var convolutional: [UInt8] {
        model(
            [
                node("Conv", ["x", "w", "b"], ["c"], name: "conv", [("pads", .integers([1, 1, 1, 1]))]),
                node("MaxPool", ["c"], ["p"], [("kernel_shape", .integers([2, 2])), ("strides", .integers([2, 2]))]),
                node("Shape", ["p"], ["s"]), node("Gather", ["s", "zero"], ["n"]),
                node("Concat", ["n", "rest"], ["shape"], [("axis", .integer(0))]),
                node("Reshape", ["p", "shape"], ["f"]), node("MatMul", ["f", "v"], ["m"], name: "dense"),
                node("Add", ["m", "a"], ["y"]),
            ], inputs: [value("x", [0, 2, 4, 6])], outputs: [value("y", [0, 5])],
            tensors: [
                tensor("w", [3, 2, 3, 3], numbers(54)), tensor("b", [3], numbers(3, from: 4)), integers("zero", [0]),
                integers("rest", [-1]), tensor("v", [18, 5], numbers(90, from: 5)),
                tensor("a", [5], numbers(5, from: 6)),
            ])
    }

    /// A sequence whose batch is the second axis, normalized and summed with itself.
    static var recurrent: [UInt8] {
        model(
            [
                node("GRU", ["x", "w", "r", "b"], ["all", "last"], [("hidden_size", .integer(2))]),
                node("Squeeze", ["last", "zero"], ["h"]),
                node("LayerNormalization", ["h", "scale"], ["n"], [("epsilon", .float(1e-3))]),
                node("Concat", ["n", "h"], ["y"], [("axis", .integer(-1))]),
            ], inputs: [value("x", [3, 0, 2])], outputs: [value("y", [0, 4])],
            tensors: [
                tensor("w", [1, 6, 2], numbers(12)), tensor("r", [1, 6, 2], numbers(12, from: 3)),
                tensor("b", [1, 12], numbers(12, from: 5)), integers("zero", [0]), tensor("scale", [2], [1, 2]),
            ])
    }
}
