/// A checkpoint: a safetensors file with everything that a trainer's next step depends on, except the data and the
/// options.
///
/// Its tensors are the network's under their own names, "optimizer.0", "optimizer.1", … for the optimizer's state, and
/// "carried" for the states that are carried to the next batch, if there are any, and
/// "best" for the best parameters and state. "optimizer.…" have one row, with a column for each parameter; "best" has one
/// for each number of the state, too. The
/// metadata are those of a model file, with the format "chainrule-checkpoint" and a member "training": JSON, in which
/// numbers that must be restored to the last bit are the decimal digits of their bit patterns.
enum Checkpoint {
    static let format = "chainrule-checkpoint"
    static let version = 1

    static var isNoModelFile: ChainruleError {
        ChainruleError(.format, "the file is a checkpoint, not a model file: a trainer of the same network can load it")
    }
}

extension Trainer {
    /// Saves a checkpoint. Callbacks may call it; it then holds the training up to the batch or epoch that they report.
    /// Atomic: a reader, or a crash, finds the old file or the new one, never a piece.
    public func save(to path: FilePath) throws(ChainruleError) { try content().write(to: path) }

    public func save(to path: String) throws(ChainruleError) { try save(to: FilePath(path)) }

    /// The bytes that `save(to:)` writes to a file.
    public func savedBytes() throws(ChainruleError) -> [UInt8] { try content().bytes }

    /// Passes the bytes that `save(to:)` writes to a function, some at a time, from first to last.
    /// - Parameter write: must not train. An error that it throws ends the saving, and is thrown.
    public func save(with write: (RawSpan) throws(ChainruleError) -> Void) throws(ChainruleError) {
        try saveUnsafely { bytes throws(ChainruleError) in try write(bytes.bytes) }
    }

    package func saveUnsafely(
        with write: (UnsafeRawBufferPointer) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        try network.whileUnchanged { () throws(ChainruleError) in try content().write(with: write) }
    }

    /// Fills the beginning of a buffer with the bytes that `save(to:)` writes to a file; nil: only counts them.
    /// - Returns: the number of these bytes.
    package func save(to buffer: UnsafeMutableRawBufferPointer?) throws(ChainruleError) -> Int {
        try content().fill(buffer)
    }

    private func content() throws(ChainruleError) -> FileContent {
        try network.architecture.setAside()
        var json = JSONWriter()
        encode(to: &json)
        let header = try ModelHeader.encode(
            format: Checkpoint.format, version: Checkpoint.version, network.plan, members: [("training", json.bytes)],
            tensors: checkpointTensors)
        return FileContent(header: header, vectors: [network.numbers] + vectors)
    }

    /// Continues from a checkpoint saved by a trainer of the same network, optimizer and options. Only the number of
    /// epochs, the threads and the conditions that end training may differ. Sets the network's parameters to those of
    /// the checkpoint. After an error nothing has changed.
    public func load(from path: FilePath) throws(ChainruleError) {
        try checkIsNotBusy()
        try load(from: FileReader(path))
    }

    public func load(from path: String) throws(ChainruleError) { try load(from: FilePath(path)) }

    /// Continues from the bytes of a checkpoint, as from ``savedBytes()``.
    public func load(savedBytes: [UInt8]) throws(ChainruleError) {
        try savedBytes.span.withUnsafeBytes { bytes throws(ChainruleError) in try load(from: FileReader(bytes)) }
    }

    /// Continues from the bytes of a checkpoint, which a function supplies: see `Network.init(with:memoryLimit:)`.
    public func load(with read: (inout MutableRawSpan) throws(ChainruleError) -> Int) throws(ChainruleError) {
        try FileReader.reading(read) { reader throws(ChainruleError) in try load(from: reader) }
    }

    package func load(from reader: FileReader) throws(ChainruleError) {
        try whileBusy { () throws(ChainruleError) in
            let header = try reader.readHeader()
            var saved = SavedTraining()
            let tensors = try reader.explain { () throws(ChainruleError) in
                saved = try decode(header)
                return try header.match(checkpointTensors)
            }
            let total = try Plan.checkedSum([network.numbers.count] + vectors.map { $0.count })
            let loaded = try FloatMemory(count: total, for: "a checkpoint")
            try reader.read(tensors, into: loaded.vector)
            let numbers = loaded.matrix(at: 0, rows: 1, columns: network.numbers.count)
            try reader.explain { () throws(ChainruleError) in try network.plan.checkState(in: numbers) }
            let best = loaded.matrix(at: total - numbers.count, rows: 1, columns: numbers.count)
            try reader.explain { () throws(ChainruleError) in try network.plan.checkState(in: best) }
            for index in optimizer.states.indices {
                let state = loaded.matrix(at: vectorOffset(index), rows: 1, columns: vectors[index].count)
                saved.stateBounds[index] = try reader.explain { () throws(ChainruleError) in
                    try max(saved.stateBounds[index], largestMagnitude(ofState: index, state))
                }
            }
            if carriedStates != nil {
                let place = vectors.count - 2
                let states = loaded.matrix(at: vectorOffset(place), rows: 1, columns: vectors[place].count)
                try reader.explain { () throws(ChainruleError) in
                    guard let found = states.firstNotFinite() else { return }
                    throw ChainruleError(.format, "element \(found.column) of 'carried' is \(found.value)")
                }
            }
            network.parameterVersion += 1
            network.numbers.assign(numbers)
            for (index, vector) in vectors.enumerated() {
                vector.assign(loaded.matrix(at: vectorOffset(index), rows: 1, columns: vector.count))
            }
            // A schedule sets the rate before each step.
            optimizer.restore(
                learningRate: saved.schedule?.base ?? saved.learningRate, steps: saved.steps,
                epochs: saved.epochs,
                stepsMissed: saved.stepsMissed, stateBounds: saved.stateBounds)
            progress = saved.progress
            if let memory = saved.schedule { schedule?.memory = memory }
        }
    }

    /// The vectors saved besides the network's numbers.
    private var vectors: [Matrix] {
        optimizer.states.map { $0.vector } + (carriedStates.map { [$0.first] } ?? []) + [bestNumbers.vector]
    }

    private var vectorNames: [String] {
        optimizer.states.indices.map { "optimizer.\($0)" } + (carriedStates == nil ? [] : ["carried"]) + ["best"]
    }

    /// All tensors of a checkpoint, in their order in the file.
    private var checkpointTensors: [Plan.Tensor] {
        let own = network.plan.tensors + network.plan.state
        return own
            + vectorNames.enumerated().map { index, name in
                Plan.Tensor(
                    row: name, count: vectors[index].count, index: own.count + index, offset: vectorOffset(index))
            }
    }

    /// Where a vector begins in the data, in floats.
    private func vectorOffset(_ index: Int) -> Int {
        vectors.prefix(index).reduce(network.numbers.count) { $0 + $1.count }
    }

    /// The largest magnitude in a state vector from a file. Checks that a step can start from the vector.
    private func largestMagnitude(ofState index: Int, _ state: Matrix) throws(ChainruleError) -> Double {
        let areSquares = optimizer.method.squareStates.contains(index)
        for place in 0..<state.columns where !state[0, place].isFinite || (areSquares && state[0, place] < 0) {
            throw ChainruleError(.format, "element \(place) of 'optimizer.\(index)' is \(state[0, place])")
        }
        return Double(network.arithmetic.largestMagnitude(state))
    }

    // MARK: Numbers

    private func encode(to json: inout JSONWriter) {
        json.beginObject()
        json.member("cost", options.cost.identifier.description)
        json.member("reduction", reduction)
        json.member("cost_parameter", bits: UInt64(options.cost.parameter.bitPattern))
        json.member("batch_size", bits: UInt64(options.batchSize))
        json.member("shuffle", options.shuffles)
        if options.carriesStates { json.member("carry_states", true) }
        json.member("seed", bits: options.seed)
        json.member("validation_split", bits: options.validationSplit.bitPattern)
        json.member("method", optimizer.method.identifier.description)
        for (index, value) in hyperparameters.enumerated() {
            json.member("hyperparameter_\(index)", bits: UInt64(value.bitPattern))
        }
        for (index, value) in regularization.enumerated() {
            json.member("regularization_\(index)", bits: UInt64(value.bitPattern))
        }
        json.member("learning_rate", bits: UInt64(optimizer.learningRate.bitPattern))
        json.member("steps", optimizer.steps)
        json.member("epochs_of_optimizer", optimizer.epochs)
        json.key("steps_missed")
        json.beginArray()
        for count in optimizer.stepsMissed { json.integer(count) }
        json.endArray()
        for index in optimizer.stateBounds.indices {
            json.member("state_bound_\(index)", bits: optimizer.stateBounds[index].bitPattern)
        }
        json.member("epochs", progress.epochs)
        json.member("rows", progress.rows)
        json.member("batches", progress.batches)
        json.member("steps_of_trainer", progress.stepsTaken)
        json.member("awaits_best", progress.awaitsBest)
        json.member("rows_of_epoch", progress.rowsOfEpoch ?? 0)
        json.member("best_epoch", progress.bestEpoch)
        json.member("best_cost", bits: progress.bestCost.bitPattern)
        json.member("epochs_since_best", progress.epochsSinceBest)
        json.member("cost_sum", bits: progress.costSum.bitPattern)
        json.member("weight_sum", bits: progress.weightSum.bitPattern)
        json.member("decided_weight", bits: progress.decided.all.bitPattern)
        json.member("right_weight", bits: progress.decided.right.bitPattern)
        json.member("seconds", bits: progress.seconds.bitPattern)
        json.member("schedule", scheduleKind)
        if let memory = schedule?.memory {
            json.member("schedule_base", bits: UInt64(memory.base.bitPattern))
            json.member("schedule_cost", bits: memory.cost.bitPattern)
            json.member("plateau_rate", bits: UInt64(memory.plateauRate.bitPattern))
            json.member("plateau_lowest", bits: memory.plateau.lowest.bitPattern)
            json.member("plateau_waited", memory.plateau.waited)
            json.member("plateau_cooling", memory.plateau.cooling)
        }
        json.endObject()
    }

    private var reduction: String { options.cost.reduction == .sum ? "sum" : "mean" }

    /// All factors of the method's kernel, except what changes from step to step.
    private var hyperparameters: [Float] {
        let factors = optimizer.method.factors(learningRate: 1, step: 1)
        return factors.indices.map { factors[$0] }
    }

    private var regularization: [Float] {
        let all = optimizer.regularization
        let decay = all.weightDecay ?? optimizer.method.usualWeightDecay
        return [decay, all.l1, all.l2, all.maxNorm, all.clipNorm, all.clipValue, all.includesBiases ? 1 : 0]
    }

    private var scheduleKind: String { schedule?.identifier.description ?? "none" }

    private func decode(_ header: ModelHeader) throws(ChainruleError) -> SavedTraining {
        guard let metadata = header.metadata, try metadata.text("format").isSame(as: Checkpoint.format) else {
            throw ChainruleError(.format, "the file is no checkpoint")
        }
        try ModelHeader.checkVersion(metadata.string("format_version"), upTo: Checkpoint.version)
        guard let json = try JSONText(metadata.text("training")).value.object() else {
            throw ChainruleError(.format, "'training' is no JSON object")
        }
        guard try metadata.text("architecture").elementsEqual(ModelHeader.text(of: network.architecture)) else {
            throw ChainruleError(.mismatch, "the checkpoint is of another network")
        }
        try expect(json.string("method"), optimizer.method.identifier.description, "method")
        for (index, value) in hyperparameters.enumerated() {
            guard try json.bits("hyperparameter_\(index)") == UInt64(value.bitPattern) else {
                throw ChainruleError(
                    .mismatch,
                    "the checkpoint is of an optimizer '\(optimizer.method.identifier)' with other hyperparameters")
            }
        }
        for (index, value) in regularization.enumerated() {
            guard try json.bits("regularization_\(index)") == UInt64(value.bitPattern) else {
                throw ChainruleError(.mismatch, "the checkpoint is of an optimizer with another regularization")
            }
        }
        try expect(json.string("schedule"), scheduleKind, "schedule")
        try expect(json.string("cost"), options.cost.identifier.description, "cost")
        try expect(json.string("reduction"), reduction, "reduction")
        try expect(json.float("cost_parameter"), options.cost.parameter, "parameter of the cost")
        try expect(json.bits("batch_size"), UInt64(options.batchSize), "batch_size")
        try expect(json.boolean("shuffle"), options.shuffles, "shuffle")
        let carriesStates = json["carry_states"] == nil ? false : try json.boolean("carry_states")
        try expect(carriesStates, options.carriesStates, "carry_states")
        try expect(json.bits("seed"), options.seed, "seed")
        try expect(
            Double(bitPattern: json.bits("validation_split")), options.validationSplit, "validation_split")

        var saved = SavedTraining()
        saved.learningRate = try json.float("learning_rate")
        saved.steps = try json.wholeNumber("steps")
        for value in try json.array("steps_missed") {
            guard let count = value.wholeNumber else {
                throw ChainruleError(.format, "'steps_missed' holds what is no whole number")
            }
            saved.stepsMissed.append(count)
        }
        guard saved.stepsMissed.count == optimizer.stepsMissed.count else {
            throw ChainruleError(.format, "'steps_missed' holds \(saved.stepsMissed.count) numbers")
        }
        for index in saved.stateBounds.indices { saved.stateBounds[index] = try json.double("state_bound_\(index)") }
        saved.progress.epochs = try json.integer("epochs")
        // Files from version 0.1 before this was counted lack the member: their optimizer was new.
        saved.epochs =
            json["epochs_of_optimizer"] == nil ? saved.progress.epochs : try json.integer("epochs_of_optimizer")
        saved.progress.rows = try json.integer("rows")
        saved.progress.batches = try json.integer("batches")
        saved.progress.stepsTaken = try json.wholeNumber("steps_of_trainer")
        saved.progress.awaitsBest = try json.boolean("awaits_best")
        let rowsOfEpoch = try json.integer("rows_of_epoch")
        saved.progress.rowsOfEpoch = rowsOfEpoch == 0 ? nil : rowsOfEpoch
        saved.progress.bestEpoch = try json.integer("best_epoch")
        saved.progress.bestCost = try json.double("best_cost")
        saved.progress.epochsSinceBest = try json.integer("epochs_since_best")
        saved.progress.costSum = try json.double("cost_sum")
        saved.progress.weightSum = try json.double("weight_sum")
        // Files from version 0.1 before this was counted lack the members: how much of the epoch's rows was right is
        // unknown.
        saved.progress.decided =
            json["decided_weight"] == nil
            ? DecidedWeight(all: saved.progress.rows > 0 ? .nan : 0)
            : DecidedWeight(all: try json.double("decided_weight"), right: try json.double("right_weight"))
        saved.progress.seconds = try json.double("seconds")
        if schedule != nil {
            var memory = ScheduleRun.Memory(
                base: try json.float("schedule_base"), plateauRate: try json.float("plateau_rate"))
            memory.cost = try json.double("schedule_cost")
            memory.plateau.lowest = try json.double("plateau_lowest")
            memory.plateau.waited = try json.integer("plateau_waited")
            memory.plateau.cooling = try json.integer("plateau_cooling")
            saved.schedule = memory
        }
        try saved.validate()
        return saved
    }

    private func expect(_ saved: String, _ wanted: String, _ name: StaticString) throws(ChainruleError) {
        guard !saved.utf8.elementsEqual(wanted.utf8) else { return }
        throw ChainruleError(.mismatch, "the checkpoint has the \(name) '\(saved)'; the trainer has '\(wanted)'")
    }

    private func expect<Value: Equatable & CustomStringConvertible>(
        _ saved: Value, _ wanted: Value, _ name: StaticString
    ) throws(ChainruleError) {
        guard saved != wanted else { return }
        throw ChainruleError(
            .mismatch, "the checkpoint has the \(name) \(saved.description); the trainer has \(wanted.description)")
    }
}

/// What a checkpoint holds besides its tensors.
private struct SavedTraining {
    var progress = TrainingProgress()
    var learningRate: Float = 0
    var steps: Int64 = 0
    /// The optimizer's epochs.
    var epochs = 0
    var stepsMissed: [Int64] = []
    var stateBounds = SIMD4<Double>.zero
    var schedule: ScheduleRun.Memory?

    /// Rejects values that the trainer could not have reached itself.
    func validate() throws(ChainruleError) {
        let counts = [
            epochs, progress.epochs, progress.rows, progress.batches, progress.rowsOfEpoch ?? 0, progress.bestEpoch,
            progress.epochsSinceBest,
        ]
        // Enough for ever, and far from overflowing. A plateau may wait for any number that its schedule has.
        for count in [steps, progress.stepsTaken] + stepsMissed + counts.map({ Int64($0) }) where count > 1 << 51 {
            throw ChainruleError(.format, "a count in the checkpoint is \(count), which is too large")
        }
        guard
            progress.rows <= progress.rowsOfEpoch ?? .max && progress.batches <= progress.rows
                && progress.bestEpoch <= progress.epochs && progress.epochsSinceBest <= progress.epochs
        else { throw ChainruleError(.format, "the counts in the checkpoint contradict each other") }
        for missed in stepsMissed where missed > steps {
            throw ChainruleError(.format, "a layer in the checkpoint has missed \(missed) of \(steps) steps")
        }
        for rate in [learningRate, schedule?.base ?? 0, schedule?.plateauRate ?? 0] where !(rate.isFinite && rate >= 0)
        {
            throw ChainruleError(.format, "a learning rate in the checkpoint is \(rate)")
        }
        for index in stateBounds.indices where !(stateBounds[index].isFinite && stateBounds[index] >= 0) {
            throw ChainruleError(.format, "a bound in the checkpoint is \(stateBounds[index])")
        }
        let decided = progress.decided
        // NaN means unknown.
        guard decided.all.isNaN || 0 <= decided.right && decided.right <= decided.all && decided.all.isFinite else {
            throw ChainruleError(.format, "the weights in the checkpoint contradict each other")
        }
        guard
            progress.weightSum.isFinite && progress.seconds.isFinite
                && !progress.bestCost.isNaN && !(schedule?.plateau.lowest.isNaN ?? false)
        else { throw ChainruleError(.format, "a number in the checkpoint is not finite") }
    }
}

extension JSONWriter {
    /// Writes a 64-bit number, which does not fit in JSON's numbers.
    fileprivate mutating func member(_ name: String, bits: UInt64) { member(name, bits.description) }
}

extension JSONObject {
    func bits(_ name: String) throws(ChainruleError) -> UInt64 {
        let text = try text(name)
        var bits: UInt64 = 0
        var isNumber = false
        for byte in text {
            let (product, overflow) = bits.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte &- UInt8(ascii: "0")))
            isNumber = UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte && !overflow && !carry
            guard isNumber else { break }
            bits = sum
        }
        guard isNumber else { throw ChainruleError(.format, "'\(name)' is '\(text.content)', no number of 64 bits") }
        return bits
    }

    fileprivate func double(_ name: String) throws(ChainruleError) -> Double { Double(bitPattern: try bits(name)) }

    fileprivate func float(_ name: String) throws(ChainruleError) -> Float {
        Float(bitPattern: UInt32(truncatingIfNeeded: try bits(name)))
    }
}
