/// A formula that a graph spells out in several nodes.
///
/// Written in prefix form: `x` is a value, the same wherever it stands; `*` and `+` take their operands in either order; `-`, `/` and
/// `^` do not; `S`, `T`, `P`, `E`, `Q` are Sigmoid, Tanh, Softplus, Erf and Sqrt; `C` clips to [0, 6]; `H` is the usual HardSigmoid;
/// `M` is a mean along one axis; `e` is any number above 0. Digits are the numbers of ``numbers``. A quotient by a number is a product with its inverse.
struct ONNXPattern {
    private let formula: [UInt8]
    private let importer: ONNXImporter
    private var place = 0
    /// The value that x is.
    private var x: Int?
    /// The axis of the means.
    private(set) var axis = 0
    /// The number that e is.
    private(set) var number: Float = 0
    /// The most axes that a number has.
    private var rank = 0

    /// How far a graph's numbers may be from the formula's: a few roundings of 32 bits.
    private static let tolerance = 1e-6
    private static let numbers: [Double] = [
        0.5, 1, 2, 3, 0.5.squareRoot(), 0.044715, (2 / Double.pi).squareRoot(), 1 / 6,
    ]

    init(_ formula: [UInt8], _ importer: ONNXImporter) {
        self.formula = formula
        self.importer = importer
    }

    /// What x is, if the first output of a node is the formula.
    mutating func match(_ node: ONNXNode) -> ONNXLayer? {
        (place, x, axis, rank) = (0, nil, -1, 0)
        guard matches(node: node), let x, case .layer(let layer) = importer.values[x] else { return nil }
        // A number with more axes than x adds them to what follows, and means are along other axes.
        return layer.isInteger || rank > layer.rank ? nil : layer
    }

    /// A constant of one element.
    private mutating func number(_ value: Int) -> Float? {
        guard case .tensor(let tensor) = importer.values[value], tensor.count == 1, !tensor.isInteger else {
            return nil
        }
        rank = max(rank, tensor.dims.count)
        return tensor.float(0)
    }

    private mutating func matches(_ value: Int?) -> Bool {
        guard let value else { return false }
        let symbol = formula[place]
        switch symbol {
        case UInt8(ascii: "x"):
            place += 1
            x = x ?? value
            return x == value
        case UInt8(ascii: "e"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            place += 1
            guard let given = number(value) else { return false }
            return isNumber(given, symbol)
        default:
            guard let node = importer.producer(of: value), node.outputs.first == value else { return false }
            return matches(node: node)
        }
    }

    private mutating func isNumber(_ given: Float, _ symbol: UInt8) -> Bool {
        guard symbol != UInt8(ascii: "e") else {
            number = given
            return given > 0 && given.isFinite
        }
        let wanted = ONNXPattern.numbers[Int(symbol) - 48]
        return (Double(given) - wanted).magnitude <= ONNXPattern.tolerance * wanted
    }

    private mutating func matches(node: ONNXNode) -> Bool {
        let symbol = formula[place]
        place += 1
        func isOperation(_ name: StaticString) -> Bool { node.operation.isSame(as: name) }
        func isActivation(_ wanted: Activation) -> Bool {
            guard let activation = try? ONNXOperators.activation(importer, node) else { return false }
            return activation.identifier.isSameText(as: wanted.identifier) && activation.alpha == wanted.alpha
        }
        func input(_ index: Int) -> Int? { index < node.inputs.count ? node.inputs[index] : nil }
        let unary: [(UInt8, StaticString)] = [
            (UInt8(ascii: "S"), "Sigmoid"), (UInt8(ascii: "T"), "Tanh"), (UInt8(ascii: "P"), "Softplus"),
            (UInt8(ascii: "E"), "Erf"), (UInt8(ascii: "Q"), "Sqrt"),
        ]
        for (each, name) in unary where each == symbol { return isOperation(name) && matches(input(0)) }
        let start = self
        switch symbol {
        case UInt8(ascii: "*"), UInt8(ascii: "+"):
            if symbol == UInt8(ascii: "*") && isOperation("Div"), let second = input(1), let divisor = number(second) {
                let divided = self
                // The number stands first, or last.
                for isFirst in [false, true] {
                    self = divided
                    if isFirst {
                        place += 1
                        if isInverse(divisor, formula[place - 1]) && matches(input(0)) { return true }
                    } else if matches(input(0)) {
                        place += 1
                        if isInverse(divisor, formula[place - 1]) { return true }
                    }
                }
                return false
            }
            guard isOperation(symbol == UInt8(ascii: "*") ? "Mul" : "Add") else { return false }
            if matches(input(0)) && matches(input(1)) { return true }
            self = start
            return matches(input(1)) && matches(input(0))
        case UInt8(ascii: "-"): return isOperation("Sub") && matches(input(0)) && matches(input(1))
        case UInt8(ascii: "/"): return isOperation("Div") && matches(input(0)) && matches(input(1))
        case UInt8(ascii: "C"): return isActivation(.clippedReLU()) && matches(input(0))
        case UInt8(ascii: "H"): return isActivation(.hardSigmoid) && matches(input(0))
        case UInt8(ascii: "^"): return isOperation("Pow") && matches(input(0)) && matches(input(1))
        default:
            guard isOperation("ReduceMean"), let along = importer.meanAxis(node), matches(input(0)) else {
                return false
            }
            defer { axis = along }
            return axis == -1 || axis == along
        }
    }

    private func isInverse(_ divisor: Float, _ symbol: UInt8) -> Bool {
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= symbol else { return false }
        return (Double(divisor) * ONNXPattern.numbers[Int(symbol) - 48] - 1).magnitude <= ONNXPattern.tolerance
    }
}

extension ONNXImporter {
    /// The axis that a mean is along, if that is one, which stays.
    fileprivate func meanAxis(_ node: ONNXNode) -> Int? {
        guard case .layer(let layer) = value(node, 0), let axes = try? list(node, "axes", input: 1), axes.count == 1,
            (try? node.flag("keepdims", otherwise: true)) ?? false
        else { return nil }
        return try? layer.axis(axes[0])
    }

    /// Makes one layer of a formula that a node ends, if it is one. The layers that its parts became are then left out, unless others
    /// read them.
    func recognize(_ node: ONNXNode) throws(ChainruleError) -> Bool {
        let isQuotient = node.operation.isSame(as: "Div")
        if isQuotient || node.operation.isSame(as: "Mul") {
            for (activation, gate) in ONNXPattern.gates {
                for formula in gate {
                    var pattern = ONNXPattern(formula, self)
                    if var layer = pattern.match(node) {
                        layer.name = try add { name throws(ChainruleError) in
                            try architecture.activation(activation, name: name, input: layer.name)
                        }
                        give(layer, node)
                        return true
                    }
                }
            }
        }
        guard isQuotient else { return false }
        for (formula, method) in ONNXPattern.normalizations {
            var pattern = ONNXPattern(Array(formula.utf8), self)
            if let layer = pattern.match(node) {
                return try ONNXOperators.normalization(
                    method, pattern.number, of: layer, along: pattern.axis, self, node)
            }
        }
        return false
    }
}

extension ONNXPattern {
    /// Activations that multiply x by a gate, and how graphs spell them.
    fileprivate static var gates: [(Activation, [[UInt8]])] {
        /// x (1 + t) / 2.
        func gelu(_ t: String) -> [[UInt8]] {
            ["**x0+1" + t, "**x+1" + t + "0", "*x*0+1" + t].map { Array($0.utf8) }
        }
        let cubes = ["+x*5**xxx", "+x*5*x*xx", "+x*5^x3", "*x+1*5*xx"]
        return [
            (.silu, [Array("*xSx".utf8)]), (.mish, [Array("*xTPx".utf8)]), (.gelu, gelu("E*x4")),
            (.hardSwish, ["**xC+x37", "*x*C+x37", "*xHx"].map { Array($0.utf8) }),
            (.geluTanh, cubes.flatMap { gelu("T*6" + $0) }),
        ]
    }

    fileprivate static var normalizations: [(String, NormalizationMethod)] {
        [
            ("/-xMxQ+M^-xMx2e", .layer), ("/-xMxQ+M*-xMx-xMxe", .layer), ("/xQ+M*xxe", .rootMeanSquare),
            ("/xQ+M^x2e", .rootMeanSquare),
        ]
    }
}
