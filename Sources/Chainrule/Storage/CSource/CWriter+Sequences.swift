import Kernels

// Layers of sequences: recurrent ones, attention, and products of matrices.
extension CWriter {
    /// A recurrent layer's cell in C.
    private struct Cell {
        /// Begins the names of its functions.
        var name: StaticString = "simple"
        var (gates, states, variant, hasMore) = (1, 1, false, false)
        /// How many parts of a step are kept.
        var parts = 2

        init(_ settings: RecurrentSettings) {
            switch settings.cell {
            case .simple(let rectifies): variant = rectifies
            case .gru(let resetsFirst):
                (name, gates, variant, hasMore) = ("gru", 3, resetsFirst, settings.hasBias && !resetsFirst)
                parts = 3
            case .lstm(let hasPeepholes):
                (name, gates, states, hasMore) = ("lstm", 4, 2, hasPeepholes)
                parts = hasPeepholes ? 5 : 4
            }
        }
    }

    private func flag(_ isSet: Bool) -> String { isSet ? "1" : "0" }

    func recur(_ settings: RecurrentSettings) throws(ChainruleError) {
        let (cell, units, steps, inputs) = (Cell(settings), settings.units, inputShape()[0], inputShape().channels)
        var (product, roundedCount) = ("product_float" as StaticString, 0)
        let (weights, stateWeights): (String, String)
        if let (input, state) = try packedCell(units: units, gates: cell.gates) {
            (weights, stateWeights) = (input, state)
            (product, roundedCount) = ("product_of_int8", (max(inputs, units) + 3) / 4)
        } else {
            weights = CWriter.text("\(try table(0, "weight")!), 0")
            stateWeights = CWriter.text("\(try table(1, "state_weight")!), 0")
        }
        let bias = settings.hasBias ? try table(2, "bias")! : "0"
        let more = cell.hasMore ? try table(settings.hasBias ? 3 : 2, "more")! : "0"
        tables.add(
            """
            static const recurrent cell_\(index) = {
                \(product), \(weights), \(stateWeights), \(bias), \(more), \(inputs), \(units), \(cell.gates), \
            \(cell.states * units), \(steps), \(flag(cell.variant)), \(flag(settings.isBackwards)), \
            \(flag(settings.givesSequence)), \(flag(settings.givesCell)),
            };

            """)
        let first = settings.hasInitialState ? input(1) : "0"
        let length = settings.lengthsInput.map { input($0) } ?? "0"
        let room = try room((cell.states + 2 * cell.gates) * units + roundedCount)
        let kept = trains ? try kept(Plan.checkedProduct((cell.gates + cell.parts - 1) * units, steps)) : "0"
        call(
            """
            run_cell(\(cell.name)_cell, &cell_\(index), \(input()), \(first), \(length), \(output), \(room), \(kept), \
            \(trains ? cell.parts : 0));
            """)
    }

    func recurBack(_ settings: RecurrentSettings, _ delta: String) throws(ChainruleError) {
        let (cell, units, steps, inputs) = (Cell(settings), settings.units, inputShape()[0], inputShape().channels)
        let (kept, state) = (try kept(0), try room(cell.states * units))
        let length = settings.lengthsInput.map { input($0) } ?? "0"
        call(
            """
            run_back(\(cell.name)_back, &cell_\(index), \(length), \(delta), \(state), \(kept), \(try room(units)));
            """)
        if let (to, adds) = try inputDelta() {
            let sizes = CWriter.text("\(steps), \(inputs), \(cell.gates * units)")
            call("dense_back(\(kept), \(try table(0, "")!), \(to), \(sizes), \(adds ? 1 : 0));")
        }
        if settings.hasInitialState { try moveBack(.identity(cell.states * units), state, 1) }
        if let place = settings.lengthsInput { _ = try clearedInputDelta(place) }
        call("recur_step(&cell_\(index), \(input()), \(kept), rates);")
    }

    func multiply(_ transposesB: Bool) {
        let (depth, columns) = (inputShape(0).channels, shape.channels)
        let (places, indent) = forEachMatrix([input(0), input(1), output])
        call(
            """
            \(indent)multiply(\(places[0]), \(places[1]), \(places[2]), \(shape[shape.rank - 2]), \(depth), \
            \(columns), \(transposesB ? 1 : columns), \(transposesB ? depth : 1));
            """)
    }

    /// `Δ_A += Δ Bᵀ` and `Δ_B += Aᵀ Δ`; of A Bᵀ `Δ_A += Δ B` and `Δ_B += Δᵀ A`.
    func multiplyBack(_ transposesB: Bool, _ delta: String) throws(ChainruleError) {
        let (rows, depth, columns) = (shape[shape.rank - 2], inputShape(0).channels, shape.channels)
        if let to = try clearedInputDelta(0) {
            let (places, indent) = forEachMatrix([to, input(1), delta])
            let steps = transposesB ? CWriter.text("\(depth), 1") : CWriter.text("1, \(columns)")
            call(
                """
                \(indent)add_product(\(places[2]), \(columns), 1, \(places[1]), \(steps), \(places[0]), \(rows), \(columns), \
                \(depth), \(transposesB ? 0 : 1));
                """)
        }
        if let to = try clearedInputDelta(1) {
            let (places, indent) = forEachMatrix([input(0), to, delta])
            let (a, b) = transposesB ? (places[2], places[0]) : (places[0], places[2])
            let (aColumns, bColumns) = transposesB ? (columns, depth) : (depth, columns)
            call(
                """
                \(indent)add_product(\(a), 1, \(aColumns), \(b), \(bColumns), 1, \(places[1]), \(aColumns), \(rows), \
                \(bColumns), 0);
                """)
        }
    }

    /// Begins loops over the axes before the matrices, along which an input of length 1 is repeated.
    /// - Parameter places: of two inputs and the output.
    /// - Returns: where the matrices lie, and how far a call in the loops is indented.
    private func forEachMatrix(_ places: [String]) -> (places: [String], indent: StaticString) {
        var places = places
        for (axis, index) in zip(0..<shape.rank - 2, ["i", "j"]) {
            call("for (int32_t \(index) = 0; \(index) < \(shape[axis]); \(index)++)")
            for (place, of) in [inputShape(0), inputShape(1), shape].enumerated() {
                let own = of.rank - (shape.rank - axis)
                let step = own >= 0 && of[own] > 1 ? of.stride(ofAxis: own) : 0
                places[place] = CWriter.text("\(places[place]) + \(index) * \(step)")
            }
        }
        return (places, shape.rank > 2 ? "    " : "")
    }

    func attend(_ settings: AttentionSettings) throws(ChainruleError) {
        let (channels, steps) = (shape.channels / settings.heads, keySteps(settings))
        let (q, k, v) = (operand(0, settings), operand(1, settings), operand(2, settings))
        let scale = CText.number(Float(1 / Double(channels).squareRoot()))
        tables.add(
            """
            static const attention head_\(index) = {
                \(channels), \(q.step), \(k.step), \(v.step), \(shape.channels), \(scale), \(flag(settings.isCausal)),
            };

            """)
        if settings.hasLengths { call("clear(\(output), \(shape.count));") }
        let room = try room(min(steps, 256))
        let kept =
            trains
            ? CWriter.text("\(try kept(2 * settings.heads * shape[0])) + i / \(channels) * \(2 * shape[0])") : "0"
        call("for (int32_t i = 0; i < \(shape.channels); i += \(channels))")
        call(
            """
                attend(&head_\(index), \(q.place) + i, \(k.place) + i, \(v.place) + i, \(output) + i, \(counts(settings)), \(room), \
            \(kept));
            """)
    }

    func attendBack(_ settings: AttentionSettings, _ delta: String) throws(ChainruleError) {
        let channels = shape.channels / settings.heads
        let (q, k, v) = (operand(0, settings), operand(1, settings), operand(2, settings))
        var deltas = [String?]()
        for source in node.inputs.indices { deltas.append(try clearedInputDelta(source)) }
        /// Where δ of queries, keys or values goes.
        func to(_ operand: (source: Int, offset: Int, place: String, step: Int)) -> String {
            deltas[operand.source].map { CWriter.text("\($0) + \(operand.offset) + i") } ?? "0"
        }
        call("for (int32_t i = 0; i < \(shape.channels); i += \(channels))")
        call(
            """
                attend_back(&head_\(index), \(q.place) + i, \(k.place) + i, \(v.place) + i, \(output) + i, \(delta) + i, \(to(q)), \
            \(to(k)), \(to(v)), \(counts(settings)), \(try kept(0)) + i / \(channels) * \(2 * shape[0]));
            """)
    }

    /// How many inputs an attention layer has besides the lengths.
    private func sources(_ settings: AttentionSettings) -> Int { node.inputs.count - (settings.hasLengths ? 1 : 0) }

    private func keySteps(_ settings: AttentionSettings) -> Int { inputShape(sources(settings) - 1)[0] }

    /// Where queries, keys or values begin, and how far apart their steps lie.
    private func operand(
        _ index: Int, _ settings: AttentionSettings
    ) -> (source: Int, offset: Int, place: String, step: Int) {
        let source = min(index, sources(settings) - 1)
        let offset = (index - source) * shape.channels
        return (source, offset, CWriter.text("\(input(source)) + \(offset)"), inputShape(source).channels)
    }

    /// The numbers of queries and keys, as arguments.
    private func counts(_ settings: AttentionSettings) -> String {
        let (sources, steps) = (sources(settings), keySteps(settings))
        let keys = settings.hasLengths ? CWriter.text("steps_of(\(input(sources)), \(steps))") : steps.description
        return CWriter.text("\(sources == 1 ? keys : shape[0].description), \(keys)")
    }
}
