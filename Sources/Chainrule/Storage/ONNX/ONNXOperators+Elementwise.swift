// Activations, and what combines values element by element.
extension ONNXOperators {
    static func activate(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try node.operation.isSame(as: "Clip") ? importer.layer(node) : importer.floatLayer(node)
        if let activation = try activation(importer, node) {
            layer.name = try importer.add { name throws(ChainruleError) in
                try importer.architecture.activation(activation, name: name, input: layer.name)
            }
        } else if let steps = try stepsBelow(node) {
            var below = layer
            for step in steps { below = try applied(step, below, importer) }
            layer = try combined(applied(.clip(low: 0, high: .infinity), layer, importer), below, .sum, importer)
            if node.operation.isSame(as: "Selu") {
                let gamma = try node.float("gamma", otherwise: 1.050_701)
                layer = try applied(.affine(factor: gamma, offset: 0), layer, importer)
            }
        } else {
            for function in try functions(importer, node) { layer = try applied(function, layer, importer) }
        }
        importer.give(layer, node)
    }

    /// The activation that a node is; nil if it is none.
    static func activation(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> Activation? {
        func isOperation(_ name: StaticString) -> Bool { node.operation.isSame(as: name) }
        func isUsual(_ name: StaticString, _ value: Float, otherwise usual: Float) throws(ChainruleError) -> Bool {
            (try node.float(name, otherwise: usual) - value).magnitude <= 1e-6 * value.magnitude
        }
        if isOperation("Relu") { return .relu }
        if isOperation("Sigmoid") { return .sigmoid }
        if isOperation("Tanh") { return .tanh }
        if isOperation("LeakyRelu") {
            let alpha = try node.float("alpha", otherwise: 0.01)
            return alpha < 0 ? nil : .leakyReLU(alpha: alpha)
        }
        if isOperation("Elu") {
            let alpha = try node.float("alpha", otherwise: 1)
            return alpha < 0 ? nil : .elu(alpha: alpha)
        }
        if isOperation("Celu") { return try isUsual("alpha", 1, otherwise: 1) ? .elu() : nil }
        if isOperation("Selu") {
            let hasAlpha = try isUsual("alpha", 1.673_263_2, otherwise: 1.673_263_2)
            let hasGamma = try isUsual("gamma", 1.050_701, otherwise: 1.050_701)
            return hasAlpha && hasGamma ? .selu : nil
        }
        if isOperation("HardSigmoid") {
            let hasAlpha = try isUsual("alpha", 1 / 6, otherwise: 0.2)
            let hasBeta = try isUsual("beta", 0.5, otherwise: 0.5)
            return hasAlpha && hasBeta ? .hardSigmoid : nil
        }
        if isOperation("HardSwish") { return .hardSwish }
        if isOperation("Softplus") { return .softplus }
        if isOperation("Softsign") { return .softsign }
        if isOperation("Mish") { return .mish }
        if isOperation("Exp") { return .exponential }
        if isOperation("Gelu") {
            return try node.text("approximate")?.isSame(as: "tanh") ?? false ? .geluTanh : .gelu
        }
        if isOperation("Clip") {
            let (low, high) = try limits(importer, node)
            guard low == 0 && high > 0 else { return nil }
            return high == .infinity ? .relu : .clippedReLU(alpha: high)
        }
        return nil
    }

    /// Clip's. The largest floats stand for no limit.
    private static func limits(
        _ importer: ONNXImporter, _ node: ONNXNode
    ) throws(ChainruleError) -> (low: Float, high: Float) {
        func limit(_ name: StaticString, _ index: Int, otherwise value: Float) throws(ChainruleError) -> Float {
            if let tensor = try importer.constant(node, index), tensor.count == 1 { return tensor.float(0) }
            return try node.float(name, otherwise: value)
        }
        let (low, high) = (try limit("min", 1, otherwise: -.infinity), try limit("max", 2, otherwise: .infinity))
        let most = Float.greatestFiniteMagnitude
        return (low <= -most ? -.infinity : low, high >= most ? .infinity : high)
    }

    /// A function of each element that is one of the library's, or an activation between others.
    private enum Step {
        case function(ElementFunction)
        case activation(Activation)
    }

    /// Of an activation whose alpha is below 0, which the library's activations do not take: what is added to the part of x above 0.
    private static func stepsBelow(_ node: ONNXNode) throws(ChainruleError) -> [Step]? {
        func isOperation(_ name: StaticString) -> Bool { node.operation.isSame(as: name) }
        let isOne = isOperation("LeakyRelu") || isOperation("Elu") || isOperation("Selu") || isOperation("Celu")
        guard isOne, case let alpha = try node.float("alpha", otherwise: 1), alpha < 0 else { return nil }
        let part = Step.function(.clip(low: -.infinity, high: 0))
        let scaled = Step.function(.affine(factor: alpha, offset: 0))
        if isOperation("LeakyRelu") { return [part, scaled] }
        let exponential: [Step] = [.activation(.exponential), .function(.affine(factor: alpha, offset: -alpha))]
        return isOperation("Celu")
            ? [.function(.affine(factor: 1 / alpha, offset: 0))] + exponential + [part] : [part] + exponential
    }

    private static func functions(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> [Step] {
        func isOperation(_ name: StaticString) -> Bool { node.operation.isSame(as: name) }
        func scaled(by factor: Float, plus offset: Float = 0) -> Step {
            .function(.affine(factor: factor, offset: offset))
        }
        if isOperation("Neg") { return [scaled(by: -1)] }
        if isOperation("Sqrt") { return [.function(.squareRoot)] }
        if isOperation("Log") { return [.function(.log)] }
        if isOperation("Abs") { return [.function(.absolute)] }
        if isOperation("Reciprocal") { return [.function(.reciprocal)] }
        if isOperation("Erf") { return [.function(.erf)] }
        if isOperation("Sin") { return [.function(.sine)] }
        if isOperation("Clip") {
            let (low, high) = try limits(importer, node)
            // Where the bounds cross, the upper one holds.
            return low == -.infinity && high == .infinity ? [] : [.function(.clip(low: min(low, high), high: high))]
        }
        if isOperation("Celu") {
            let alpha = try node.float("alpha", otherwise: 1)
            return [scaled(by: 1 / alpha), .activation(.elu()), scaled(by: alpha)]
        }
        if isOperation("Selu") {
            let alpha = try node.float("alpha", otherwise: 1.673_263_2)
            return [.activation(.elu(alpha: alpha)), scaled(by: try node.float("gamma", otherwise: 1.050_701))]
        }
        let (factor, offset) = (try node.float("alpha", otherwise: 0.2), try node.float("beta", otherwise: 0.5))
        return [scaled(by: factor, plus: offset), .function(.clip(low: 0, high: 1))]
    }

    @inline(never)
    private static func applied(
        _ step: Step, _ layer: ONNXLayer, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        var layer = layer
        layer.name = try importer.add { name throws(ChainruleError) in
            switch step {
            case .function(let function): try importer.architecture.function(function, name: name, input: layer.name)
            case .activation(let activation):
                try importer.architecture.activation(activation, name: name, input: layer.name)
            }
        }
        return layer
    }

    /// The layer with a function of each element.
    static func applied(
        _ function: ElementFunction, _ layer: ONNXLayer, _ importer: ONNXImporter
    ) throws(ChainruleError) -> ONNXLayer {
        try applied(.function(function), layer, importer)
    }

    static func softmax(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let isLogarithm = node.operation.isSame(as: "LogSoftmax")
        var layer = try importer.floatLayer(node)
        let axis = try layer.axis(node.integer("axis") ?? (node.opset < 13 ? 1 : -1))
        var (source, place, extents) = (layer.name, 0, [Int]())
        // Before set 13 it is over all axes from this one on.
        if node.opset < 13, let batch = layer.batch, batch >= axis { try layer.checkIsNotBatch(batch) }
        if node.opset < 13 && layer.dims[axis...].filter({ $0 != 1 }).count > 1 {
            layer = try importer.plain(layer)
            let flat = try ONNXShapes.flattened(layer.dims, at: axis)
            extents = flat[0] == 1 ? [flat[1]] : flat
            place = extents.count - 1
            source = try importer.shaped(layer.name, extents)
        } else {
            layer = try importer.withOwnAxes(layer)
            let along = node.opset < 13 ? layer.dims[axis...].firstIndex { $0 != 1 } ?? axis : axis
            try layer.checkIsNotBatch(along)
            if isLogarithm && layer.long.last != along {
                layer = try importer.arranged(layer, layer.order.filter { $0 != along } + [along])
            }
            (source, place, extents) = try importer.around(along, layer)
        }
        if extents[place] == 1 {
            // Of one element it is 1, whatever that is.
            return importer.give(
                try applied(.affine(factor: 0, offset: isLogarithm ? 0 : 1), layer, importer), node)
        }
        layer.name = try importer.add { name throws(ChainruleError) in
            if isLogarithm {
                try importer.architecture.activation(.logSoftmax, name: name, input: source)
            } else {
                try importer.architecture.softmax(axis: place, name: name, input: source)
            }
        }
        importer.give(layer, node)
    }
}
