/// How a network is trained, as far as a file can hold it: with it, a program can go on training a network that it was sent.
///
/// ```swift
/// try network.setRecipe(TrainingRecipe(optimizer, options))
/// if let recipe = try network.recipe {
///     try network.fit(x, targets: targets, optimizer: recipe.optimizer(for: network), options: recipe.options)
/// }
/// ```
public struct TrainingRecipe {
    /// Without callbacks and threads, which no file holds.
    public var options: TrainingOptions
    public var method: any OptimizationMethod
    /// η
    public var learningRate: Float
    public var regularization: Regularization

    /// What a trainer with these does. Settings of single layers, ``Optimizer/set(layer:_:)``, are left out.
    public init(_ optimizer: Optimizer, _ options: TrainingOptions) {
        self.options = options
        method = optimizer.method
        learningRate = optimizer.learningRate
        regularization = optimizer.regularization
    }

    /// A new optimizer, as the recipe's.
    public func optimizer(for network: Network) throws(ChainruleError) -> Optimizer {
        try Optimizer(method, learningRate: learningRate, regularization: regularization, for: network)
    }
}

extension Network {
    private static var recipeKey: StaticString { "chainrule.recipe" }

    /// How the network is trained, from ``setRecipe(_:)`` or its file; nil: nothing is known. Throws
    /// ``ChainruleError/Code/format`` if the file's recipe is damaged, or has something that this version does not know.
    public var recipe: TrainingRecipe? {
        get throws(ChainruleError) {
            guard let text = metadata.own(Network.recipeKey) else { return nil }
            try Reserve.setAside(64 * text.count + 4096)
            do throws(ChainruleError) {
                guard let json = try JSONText(text).value.object() else {
                    throw ChainruleError(.format, "it is no JSON object")
                }
                let recipe = try TrainingRecipe(json)
                try recipe.validate(for: self)
                return recipe
            } catch {
                throw ChainruleError(error.code == .memory ? .memory : .format, "the recipe: \(error.message)")
            }
        }
    }

    /// Keeps how the network is trained, for its copies and its files; nil: forgets it. Files hold no functions: a cost, a
    /// schedule or a method of your own is an error.
    public func setRecipe(_ recipe: TrainingRecipe?) throws(ChainruleError) {
        guard let recipe else { return try metadata.setOwn(Network.recipeKey, nil) }
        try recipe.validate(for: self)
        try Reserve.setAside(64 * (recipe.options.classWeights?.count ?? 0) + 4096)
        var json = JSONWriter(limit: Metadata.mostBytes)
        try recipe.encode(to: &json)
        try metadata.setOwn(Network.recipeKey, json.bytes)
    }
}

extension TrainingRecipe {
    fileprivate func validate(for network: Network) throws(ChainruleError) {
        try options.validate(outputs: network.outputs)
        try method.validate()
        try Optimizer.check(learningRate)
        try regularization.validate()
    }

    // MARK: JSON

    private static var regularizationNames: [StaticString] {
        ["weight_decay", "l1", "l2", "max_norm", "clip_norm", "clip_value"]
    }

    fileprivate func encode(to json: inout JSONWriter) throws(ChainruleError) {
        func fail(_ what: StaticString) -> ChainruleError {
            ChainruleError(.value, "the \(what) is a function of the program, which no recipe can hold")
        }
        if options.cost.isCustom { throw fail("cost") }
        if method.kernel == nil { throw fail("optimizer's method") }
        json.beginObject()
        json.member("cost", options.cost.identifier.description)
        json.member("reduction", options.cost.reduction == .sum ? "sum" : "mean")
        if options.cost.parameter != 0 { json.member("cost_parameter", options.cost.parameter) }
        json.member("optimizer", method.identifier.description)
        json.member("learning_rate", learningRate)
        let numbers = method.hyperparameters.all
        for (place, name) in Hyperparameters.names.enumerated() { json.member(known: name, numbers[place]) }
        let penalties = regularization.numbers
        for (place, name) in TrainingRecipe.regularizationNames.enumerated() {
            json.member(known: name, penalties[place])
        }
        json.member("regularize_biases", regularization.includesBiases)
        if let schedule = options.schedule {
            if case .custom = schedule.source { throw fail("schedule") }
            json.key("schedule")
            json.beginObject()
            json.member("kind", schedule.source.identifier.description)
            json.member("warmup", schedule.warmup)
            json.member("warmup_start", schedule.warmupStart)
            json.member("per_epoch", schedule.isPerEpoch)
            let numbers = schedule.source.numbers
            for (place, name) in ScheduleNumbers.countNames.enumerated() where numbers.counts[place] >= 0 {
                json.member(name.description, numbers.counts[place])
            }
            for (place, name) in ScheduleNumbers.realNames.enumerated() {
                json.member(known: name, numbers.reals[place])
            }
            json.endObject()
        }
        json.member("epochs", options.epochs)
        json.member("batch_size", options.batchSize)
        json.member("shuffle", options.shuffles)
        json.member("carry_states", options.carriesStates)
        json.member("seed", options.seed.description)
        json.member("validation_split", options.validationSplit)
        if let patience = options.patience { json.member("patience", patience) }
        json.member("min_delta", options.minDelta)
        if let weights = options.classWeights {
            json.key("class_weights")
            json.beginArray()
            for weight in weights { json.number(weight) }
            json.endArray()
        }
        json.endObject()
    }

    fileprivate init(_ json: JSONObject) throws(ChainruleError) {
        let isSum = json["reduction"] == nil ? false : try json.text("reduction").isSame(as: "sum")
        guard isSum || json["reduction"] == nil || json["reduction"]?.string?.isSame(as: "mean") == true else {
            throw ChainruleError(.format, "its 'reduction' is neither 'mean' nor 'sum'")
        }
        options = TrainingOptions(
            cost: try Cost(named: json.text("cost"), parameter: json.float("cost_parameter", 0), isSum ? .sum : .mean))
        let name = try json.text("optimizer")
        guard let known = OptimizationMethods.all.first(where: { name.isSame(as: $0.identifier.description) }) else {
            throw ChainruleError(
                .format, "it has the optimizer '\(name.content)', which this version does not know")
        }
        var numbers = Hyperparameters()
        for (place, name) in Hyperparameters.names.enumerated() {
            numbers.all[place] = try json.float(name.description, Hyperparameters.none)
        }
        method = try OptimizationMethods.method(known, numbers)
        learningRate = try json.float("learning_rate", 0.001)
        regularization = Regularization()
        var penalties = regularization.numbers
        for (place, name) in TrainingRecipe.regularizationNames.enumerated() {
            penalties[place] = try json.float(name.description, penalties[place])
        }
        regularization = Regularization(penalties, includesBiases: try json.flag("regularize_biases", false))
        if json["schedule"] != nil {
            let schedule = try json.object("schedule")
            var numbers = ScheduleNumbers()
            for (place, name) in ScheduleNumbers.countNames.enumerated() {
                numbers.counts[place] = try schedule.count(name.description, -1)
            }
            for (place, name) in ScheduleNumbers.realNames.enumerated() {
                numbers.reals[place] = try schedule.float(name.description, Hyperparameters.none)
            }
            options.schedule = Schedule(
                try Schedule.Source(named: schedule.text("kind"), numbers), warmup: try schedule.count("warmup", 0),
                warmupStart: try schedule.float("warmup_start", 1 / 3),
                perEpoch: try schedule.flag("per_epoch", false))
        }
        options.epochs = try json.count("epochs", options.epochs)
        options.batchSize = try json.count("batch_size", options.batchSize)
        options.shuffles = try json.flag("shuffle", true)
        options.carriesStates = try json.flag("carry_states", false)
        if json["seed"] != nil { options.seed = try json.bits("seed") }
        options.validationSplit = try json.real("validation_split", 0)
        if json["patience"] != nil { options.patience = try json.integer("patience") }
        options.minDelta = try json.real("min_delta", 0)
        if json["class_weights"] != nil {
            var weights: [Float] = []
            for value in try json.array("class_weights") {
                guard let number = value.number else {
                    throw ChainruleError(.format, "its 'class_weights' hold something that is no number")
                }
                weights.append(Float(number))
            }
            options.classWeights = weights
        }
    }
}

extension Cost {
    /// A built-in cost.
    fileprivate init(
        named name: JSONString, parameter: Float, _ reduction: Reduction
    ) throws(ChainruleError) {
        if name.isSame(as: "huber") {
            self = try .huber(delta: parameter, reduction)
        } else if name.isSame(as: "cross_entropy") {
            self = try .crossEntropy(smoothing: parameter, reduction)
        } else {
            for cost in [
                .meanSquaredError(reduction), .meanAbsoluteError(reduction), .binaryCrossEntropy(reduction),
                .binaryCrossEntropyOfLogits(reduction),
            ] as [Cost] where name.isSame(as: cost.identifier.description) {
                self = cost
                return
            }
            throw ChainruleError(
                .format, "it has the cost '\(name.content)', which this version does not know")
        }
    }
}

extension Regularization {
    /// In the order of a recipe's names.
    fileprivate var numbers: SIMD8<Float> {
        SIMD8(weightDecay ?? Hyperparameters.none, l1, l2, maxNorm, clipNorm, clipValue, 0, 0)
    }

    fileprivate init(_ numbers: SIMD8<Float>, includesBiases: Bool) {
        self.init(
            weightDecay: numbers[0] == Hyperparameters.none ? nil : numbers[0], l1: numbers[1], l2: numbers[2],
            maxNorm: numbers[3], clipNorm: numbers[4], clipValue: numbers[5], includesBiases: includesBiases)
    }
}

extension JSONWriter {
    /// A number, unless there is none or no limit.
    fileprivate mutating func member(known name: StaticString, _ number: Float) {
        if number != Hyperparameters.none && number != .infinity { member(name.description, number) }
    }
}

extension JSONObject {
    fileprivate func float(_ name: String, _ usual: Float) throws(ChainruleError) -> Float {
        self[name] == nil ? usual : Float(try number(name))
    }

    fileprivate func real(_ name: String, _ usual: Double) throws(ChainruleError) -> Double {
        self[name] == nil ? usual : try number(name)
    }

    fileprivate func count(_ name: String, _ usual: Int) throws(ChainruleError) -> Int {
        self[name] == nil ? usual : try integer(name)
    }

    fileprivate func flag(_ name: String, _ usual: Bool) throws(ChainruleError) -> Bool {
        self[name] == nil ? usual : try boolean(name)
    }
}
