// Operators of the domain ai.onnx.ml: linear models, what is done to their inputs, and the labels of classes.
extension ONNXOperators {
    static let learned: [ONNXOperator] = [
        ONNXOperator("Scaler", build: scaler), ONNXOperator("Normalizer", build: normalizer),
        ONNXOperator("Binarizer", build: binarizer), ONNXOperator("LinearRegressor", build: linearRegressor),
        ONNXOperator("LinearClassifier", build: linearClassifier),
        ONNXOperator("ArrayFeatureExtractor", build: arrayFeatureExtractor), ONNXOperator("ZipMap", build: zipMap),
        ONNXOperator("LabelEncoder", build: labelEncoder),
    ]

    /// A table's rows: the columns lie along the last axis. Integers are held as floats.
    private static func table(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) -> ONNXLayer {
        var layer = try importer.withOwnAxes(importer.layer(node))
        guard layer.rank == 2 && layer.batch != 1 else {
            throw ChainruleError(.format, "\(layer.dims.shown) is no table whose rows are those of the batch")
        }
        layer.isInteger = false
        return layer
    }

    /// A setting of floats as a tensor.
    private static func floats(
        _ importer: ONNXImporter, _ node: ONNXNode, _ name: StaticString
    ) throws(ChainruleError) -> ONNXTensor {
        let list = node.attribute(name)?.floats ?? []
        return try importer.folder.floats([list.count]) { list[$0] }
    }

    // MARK: Tables

    /// `(x − offset) · scale`.
    private static func scaler(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try table(importer, node)
        for (name, combination) in [("offset", .difference), ("scale", .product)] as [(StaticString, Combination)] {
            let numbers = try floats(importer, node, name)
            guard numbers.count == 1 || numbers.count == layer.dims[1] else {
                throw ChainruleError(
                    .format, "\(name) has \(numbers.count) numbers; the table has \(layer.dims[1]) columns")
            }
            // These are no weights: they belong to the data.
            layer = try combined(layer, constant(numbers, importer), combination, importer)
        }
        importer.give(layer, node)
    }

    /// Each row divided by its norm, unless that is 0.
    private static func normalizer(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let layer = try table(importer, node)
        let norm = try node.text("norm")
        var divisor: ONNXLayer
        if norm?.isSame(as: "MAX") ?? true {
            divisor = try reduced(layer, .maximum, [1], keepsAxes: true, importer)
        } else if let norm, norm.isSame(as: "L1") || norm.isSame(as: "L2") {
            let isRoot = norm.isSame(as: "L2")
            divisor = try reduced(
                applied(isRoot ? .square : .absolute, layer, importer), .sum, [1], keepsAxes: true, importer)
            if isRoot { divisor = try applied(.squareRoot, divisor, importer) }
        } else {
            throw ChainruleError(.format, "the norm \(norm?.shown ?? "") is not supported")
        }
        divisor = try combined(divisor, isZero(divisor, importer), .sum, importer)
        importer.give(try combined(layer, divisor, .quotient, importer), node)
    }

    /// 1 where an element is 0, otherwise 0.
    static func isZero(_ layer: ONNXLayer, _ importer: ONNXImporter) throws(ChainruleError) -> ONNXLayer {
        let notBelow = try applied(.step, layer, importer)
        let notAbove = try applied(.step, applied(.affine(factor: -1, offset: 0), layer, importer), importer)
        return try combined(notBelow, notAbove, .product, importer)
    }

    /// 1 above the threshold, otherwise 0.
    private static func binarizer(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let threshold = try node.float("threshold", otherwise: 0)
        let difference = try applied(.affine(factor: -1, offset: threshold), table(importer, node), importer)
        let isBelow = try applied(.step, difference, importer)
        let result = try applied(.affine(factor: -1, offset: 1), isBelow, importer)
        // Behind the outputs of a classifier of several labels, these are which of them hold.
        importer.give(.label([], result), node)
    }

    /// The columns of a table, or the labels of the places of maxima.
    private static func arrayFeatureExtractor(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        switch importer.value(node, 0) {
        case .tensor(let classes), .names(let classes):
            let place = try importer.layer(node, 1)
            guard importer.isPlaceOfMaximum(place) else {
                throw ChainruleError(.format, "it looks up what is not the place of a maximum, which is not supported")
            }
            importer.give(.label(try classes.labels(), nil), node)
        default:
            let layer = try table(importer, node)
            let places = try gathered(importer.requiredConstant(node, 1), length: layer.dims[1])
            importer.give(try picked(layer, 1, places, importer), node)
        }
    }

    // MARK: Linear models

    private static func linearRegressor(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let targets = try node.integer("targets") ?? 1
        let transform = try PostTransform.of(node)
        guard targets > 1 || transform == .none else {
            // ONNX says one thing here, ONNX Runtime does another.
            throw ChainruleError(.format, "post_transform with one target is not supported")
        }
        try linear(importer, node, rows: targets, giving: 0) { scores throws(ChainruleError) in
            try transform.applied(scores, importer)
        }
    }

    private static func linearClassifier(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let labels = try labels(node, "classlabels_strings", "classlabels_ints")
        let rows = node.attribute("intercepts")?.floats.count ?? 0
        let transform = try PostTransform.of(node)
        let isOfOneRow = rows == 1 && labels.count == 2
        guard isOfOneRow || labels.count == rows else {
            throw ChainruleError(.format, "it has \(labels.count) labels and \(rows) intercepts")
        }
        guard !isOfOneRow || transform == .logistic else {
            // Its label would not be that of the larger score.
            throw ChainruleError(.format, "one row of coefficients is supported with post_transform LOGISTIC alone")
        }
        importer.give(.label(labels, nil), node)
        if node.outputs.count > 1, let scores = node.outputs[1], importer.model.outputs.contains(scores) {
            importer.classLabels = labels
        }
        try linear(importer, node, rows: rows, giving: 1) { scores throws(ChainruleError) in
            if !isOfOneRow { return try transform.applied(scores, importer) }
            let opposite = try applied(.affine(factor: -1, offset: 0), scores, importer)
            return try transform.applied(joined([opposite, scores], along: 1, importer), importer)
        }
    }

    /// `coefficients x + intercepts`.
    private static func linear(
        _ importer: ONNXImporter, _ node: ONNXNode, rows: Int, giving place: Int,
        _ more: @escaping (ONNXLayer) throws(ChainruleError) -> ONNXLayer
    ) throws(ChainruleError) {
        let layer = try table(importer, node)
        let (weights, given) = (try floats(importer, node, "coefficients"), try floats(importer, node, "intercepts"))
        guard rows > 0 && weights.count / rows == layer.dims[1] && weights.count % rows == 0,
            given.count == rows || given.count == 0
        else {
            throw ChainruleError(
                .format,
                """
                it has \(weights.count) coefficients and \(given.count) intercepts for \(rows) rows; the table has \
                \(layer.dims[1]) columns
                """)
        }
        let bias = given.count == rows ? given : nil
        try dense(
            layer, weights.reshaped([rows, layer.dims[1]]), bias: bias, importer, node, giving: place, more: more)
    }

    private enum PostTransform {
        case none, softmax, logistic

        static func of(_ node: ONNXNode) throws(ChainruleError) -> PostTransform {
            guard let text = try node.text("post_transform"), !text.isSame(as: "NONE") else { return .none }
            if text.isSame(as: "SOFTMAX") { return .softmax }
            if text.isSame(as: "LOGISTIC") { return .logistic }
            throw ChainruleError(.format, "post_transform \(text.shown) is not supported")
        }

        func applied(_ scores: ONNXLayer, _ importer: ONNXImporter) throws(ChainruleError) -> ONNXLayer {
            if self == .none { return scores }
            var result = scores
            if self == .softmax && scores.dims[1] == 1 { throw ChainruleError(.format, "a softmax is over 1 element") }
            result.name = try importer.add { name throws(ChainruleError) in
                try importer.architecture.activation(
                    self == .softmax ? .softmax : .sigmoid, name: name, input: scores.name)
            }
            return result
        }
    }

    // MARK: Labels

    /// Whether the largest of y is known to be that of the scores of which a model takes its label: y is not turned round, reordered,
    /// or divided by what may be negative.
    static func givesScores(_ architecture: Architecture) -> Bool {
        var position = architecture.nodes.count
        while position > 0 {
            let node = architecture.nodes[position - 1]
            switch node.settings {
            case .reshape, .slice: position = node.inputs[0]
            case .function(.affine(let factor, _)): return factor > 0
            case .quotient: return isPositive(node.inputs[1], architecture)
            case .take, .transpose: return false
            default: return true
            }
        }
        return true
    }

    /// Whether a layer is made of magnitudes, squares, probabilities or numbers within limits, as divisors of scores are.
    private static func isPositive(_ position: Int, _ architecture: Architecture) -> Bool {
        var position = position
        while position > 0 {
            let node = architecture.nodes[position - 1]
            if let activation = node.layer.outputActivation?.identifier,
                (["sigmoid", "softmax", "exponential"] as [StaticString]).contains(where: activation.isSameText)
            {
                return true
            }
            switch node.settings {
            case .function(.absolute), .function(.square), .function(.clip): return true
            case .function(.squareRoot), .function(.reciprocal), .function(.affine), .sum, .reduction, .concatenation,
                .reshape, .slice,
                .broadcast:
                position = node.inputs[0]
            default: return false
            }
        }
        return false
    }

    /// Numbers with the names of classes: the numbers.
    private static func zipMap(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let layer = try table(importer, node)
        let labels = try labels(node, "classlabels_strings", "classlabels_int64s")
        guard labels.count == layer.dims[1] else {
            throw ChainruleError(.format, "it has \(labels.count) labels; the table has \(layer.dims[1]) columns")
        }
        importer.classLabels = labels
        importer.give(layer, node)
    }

    /// Other names for labels.
    private static func labelEncoder(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        guard case .label(let labels, nil) = importer.value(node, 0) else {
            throw ChainruleError(.format, "it reads no label of a classifier, which is not supported")
        }
        if node.attribute("keys_tensor") != nil || node.attribute("values_tensor") != nil || node.opset < 2 {
            throw ChainruleError(.format, "its keys and values are supported as lists alone")
        }
        let keys = try self.labels(node, "keys_strings", "keys_int64s")
        let values = try self.labels(node, "values_strings", "values_int64s")
        guard keys.count == values.count && keys.count <= (1 << 24) / max(labels.count, 1) else {
            throw ChainruleError(.format, "it has \(keys.count) keys and \(values.count) values")
        }
        var renamed: [String] = []
        for label in labels {
            let known = renamed.count
            for (key, value) in zip(keys, values) where key.utf8.elementsEqual(label.utf8) && renamed.count == known {
                renamed.append(value)
            }
            guard renamed.count > known else { throw ChainruleError(.format, "it has no key '\(label)'") }
        }
        importer.give(.label(renamed, nil), node)
    }

    /// A setting of texts or of integers.
    private static func labels(
        _ node: ONNXNode, _ texts: StaticString, _ integers: StaticString
    ) throws(ChainruleError) -> [String] {
        let (texts, integers) = (node.attribute(texts)?.texts ?? [], node.attribute(integers)?.integers ?? [])
        let count = max(texts.count, integers.count)
        try ONNXTensor.checkLabels(count)
        var labels: [String] = []
        for index in 0..<count {
            labels.append(texts.isEmpty ? integers[index].description : try texts[index].label(index))
        }
        return labels
    }

    /// Whether a node gives a label as it reads it.
    static func keepsLabel(_ node: ONNXNode, hasLayer: Bool) -> Bool {
        let names: [StaticString] =
            hasLayer ? ["Identity", "Cast"] : ["Identity", "Cast", "Reshape", "Squeeze", "Unsqueeze", "Flatten"]
        return names.contains { node.operation.isSame(as: $0) }
    }

    // MARK: Of the domain ai.onnx

    /// The product of the elements along axes.
    static func reduceProduct(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        var layer = try importer.withOwnAxes(importer.floatLayer(node))
        var axes = try ONNXShapes.axes(importer.list(node, "axes", input: 1) ?? [], layer.rank)
        if axes.isEmpty, try !node.flag("noop_with_empty_axes") { axes = Array(0..<layer.rank) }
        for axis in axes where layer.dims[axis] != 1 || axis == layer.batch {
            try layer.checkIsNotBatch(axis)
            guard layer.dims[axis] <= 64 else {
                throw ChainruleError(.format, "a product of \(layer.dims[axis]) elements is not supported; at most 64")
            }
            var product = try part(layer, axis, from: 0, count: 1, importer)
            for place in 1..<layer.dims[axis] {
                product = try combined(product, part(layer, axis, from: place, count: 1, importer), .product, importer)
            }
            layer = product
        }
        let keepsAxes = try node.flag("keepdims", otherwise: true)
        importer.give(keepsAxes ? layer : layer.without(axes), node)
    }

    /// Whether numbers are not below a constant number.
    static func notBelow(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let number = try importer.requiredConstant(node, 1)
        var layer = try importer.floatLayer(node)
        guard number.count == 1 && number.dims.count <= layer.rank && number.float(0).isFinite else {
            throw ChainruleError(
                .format, "it compares with a constant \(number.dims.shown); a finite number is supported")
        }
        if number.float(0) != 0 {
            layer = try applied(.affine(factor: 1, offset: -number.float(0)), layer, importer)
        }
        layer = try applied(.step, layer, importer)
        layer.isInteger = true
        importer.give(layer, node)
    }

    /// Not, of truth values.
    static func not(_ importer: ONNXImporter, _ node: ONNXNode) throws(ChainruleError) {
        let layer = try importer.layer(node)
        guard layer.isInteger else { throw ChainruleError(.format, "it reads floats") }
        importer.give(try applied(.affine(factor: -1, offset: 1), layer, importer), node)
    }

    /// A cast to truth values: whether a number is not 0.
    static func truth(_ layer: ONNXLayer, _ importer: ONNXImporter) throws(ChainruleError) -> ONNXLayer {
        try applied(.affine(factor: -1, offset: 1), isZero(layer, importer), importer)
    }
}

extension ONNXImporter {
    /// Whether a layer gives the place of a maximum.
    fileprivate func isPlaceOfMaximum(_ layer: ONNXLayer) -> Bool {
        guard let position = architecture.position(of: LayerName(unchecked: layer.name)), position > 0,
            case .reduction(.argmax, _, _) = architecture.nodes[position - 1].settings
        else { return false }
        return true
    }
}

extension ONNXTensor {
    fileprivate static func checkLabels(_ count: Int) throws(ChainruleError) {
        guard 1...ClassLabels.most ~= count else {
            throw ChainruleError(.format, "it has \(count) labels; 1 to \(ClassLabels.most) are possible")
        }
        try Reserve.setAside(count * (64 + 4 * ClassLabels.longest))
    }

    /// Texts, or numbers as texts.
    fileprivate func labels() throws(ChainruleError) -> [String] {
        try ONNXTensor.checkLabels(count)
        var labels: [String] = []
        guard case .texts(let bytes) = content else {
            for place in 0..<count {
                labels.append(isInteger ? integer(place).description : float(place).description)
            }
            return labels
        }
        var reader = ProtobufReader(bytes)
        while let field = try reader.next() {
            if field.number == 6 { labels.append(try field.bytes().label(labels.count)) }
        }
        return labels
    }
}

extension ProtobufBytes {
    /// The name of a class.
    fileprivate func label(_ index: Int) throws(ChainruleError) -> String {
        var bytes: [UInt8] = []
        for place in 0..<min(count, ClassLabels.longest + 1) { bytes.append(self[place]) }
        let label = try ClassLabels.text(bytes, index)
        try ClassLabels.validate(label, index)
        return label
    }
}
