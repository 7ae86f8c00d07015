import Chainrule
import Testing

/// What a network's files hold beside it: texts, and how it is trained.
@Suite struct MetadataTests {
    private let network: Network

    init() throws {
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(4, .tanh)
        try architecture.dense(2)
        network = try Network(architecture, seed: 1)
    }

    @Test func textsAreKept() throws {
        #expect(network.metadata.keys.isEmpty && network.metadata["author"] == nil)
        try network.metadata.set("author", "Jörg \"\\\n")
        try network.metadata.set("empty", "")
        try network.metadata.set("author", "me")
        for other in [try network.copy(), try Network(savedBytes: network.savedBytes())] {
            #expect(other.metadata.keys == ["author", "empty"])
            #expect(other.metadata["author"] == "me" && other.metadata["empty"] == "")
        }
        try network.metadata.set("author", nil)
        #expect(network.metadata.keys == ["empty"])
    }

    @Test(arguments: ["", "format", "format_version", "architecture", "training", "chainrule.x", "a\0b"])
    func keysAreRefused(key: String) throws {
        #expect(throws: ChainruleError.self) { try network.metadata.set(key, "x") }
        #expect(network.metadata.keys.isEmpty)
    }

    @Test func sizesAreLimited() throws {
        let long = String(repeating: "x", count: 3_000_000)
        try network.metadata.set("a", long)
        #expect(throws: ChainruleError.self) { try network.metadata.set("b", long) }
        try network.metadata.set("a", String(long.dropLast()))
        #expect(throws: ChainruleError.self) { try network.metadata.set(String(repeating: "k", count: 256), "") }
        #expect(network.metadata.keys == ["a"])
    }

    // MARK: Recipes

    @Test func everyMethodHasARecipe() throws {
        #expect(try network.recipe == nil)
        for method in OptimizationMethods.all {
            var options = TrainingOptions(cost: try .huber(delta: 0.75, .sum))
            options.epochs = 7
            options.seed = .max
            options.patience = 3
            let optimizer = try Optimizer(
                method, learningRate: 0.125, regularization: Regularization(weightDecay: 0.25, l2: 0.5, clipNorm: 3),
                for: network)
            try network.setRecipe(TrainingRecipe(optimizer, options))
            let loaded = try Network(savedBytes: network.savedBytes())
            let recipe = try #require(try loaded.recipe)
            #expect(recipe.method.identifier.description == method.identifier.description)
            #expect(recipe.method.hyperparameters.momentum == method.hyperparameters.momentum)
            #expect(recipe.learningRate == 0.125 && recipe.regularization.weightDecay == 0.25)
            #expect(recipe.regularization.clipNorm == 3 && recipe.regularization.maxNorm == .infinity)
            #expect(recipe.options.epochs == 7 && recipe.options.seed == .max && recipe.options.patience == 3)
            #expect(recipe.options.cost.identifier.description == "huber" && recipe.options.cost.reduction == .sum)
            _ = try recipe.optimizer(for: loaded)
            // Kept again, it is the same.
            try loaded.setRecipe(recipe)
            #expect(try loaded.savedBytes() == network.savedBytes())
        }
        try network.setRecipe(nil)
        #expect(try network.recipe == nil)
    }

    @Test func everyScheduleHasARecipe() throws {
        for source in Schedules.all + [.plateau(Plateau(patience: 3, cooldown: 2))] {
            var options = TrainingOptions(cost: .crossEntropy())
            options.schedule = Schedule(source, warmup: 3, perEpoch: true)
            options.classWeights = [1, 0.5]
            try network.setRecipe(TrainingRecipe(Optimizer(Adam(), learningRate: 0.01, for: network), options))
            let recipe = try #require(try Network(savedBytes: network.savedBytes()).recipe)
            let schedule = try #require(recipe.options.schedule)
            #expect(schedule.source.identifier.description == source.identifier.description)
            #expect(schedule.source.numbers.counts == source.numbers.counts)
            #expect(schedule.source.numbers.reals == source.numbers.reals)
            #expect(schedule.warmup == 3 && schedule.isPerEpoch && recipe.options.classWeights == [1, 0.5])
        }
    }

    @Test func functionsAreRefused() throws {
        var options = TrainingOptions(cost: .meanSquaredError())
        options.schedule = Schedule(.custom(CustomSchedule { _, base, _ in base }))
        let optimizer = try Optimizer(Adam(), learningRate: 0.01, for: network)
        #expect(throws: ChainruleError.self) { try network.setRecipe(TrainingRecipe(optimizer, options)) }
        options.schedule = nil
        options.epochs = 0
        #expect(throws: ChainruleError.self) { try network.setRecipe(TrainingRecipe(optimizer, options)) }
        #expect(try network.recipe == nil)
    }
}
