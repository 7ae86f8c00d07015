import Kernels

// Layers of sequences: recurrent ones, attention, and products of matrices.
extension CWriter {
    func recur(_ settings: RecurrentSettings) throws(ChainruleError) {
        if trains { throw refusal(" that trains") }
        if predictor != nil { throw refusal(" in int8") }
        let (units, steps) = (settings.units, inputShape()[0])
        let cell: StaticString
        var (gates, states, variant, hasMore) = (1, units, false, false)
        switch settings.cell {
        case .simple(let rectifies): (cell, variant) = ("simple_cell", rectifies)
        case .gru(let resetsFirst):
            (cell, gates, variant, hasMore) = ("gru_cell", 3, resetsFirst, settings.hasBias && !resetsFirst)
        case .lstm(let hasPeepholes):
            (cell, gates, states, hasMore) = ("lstm_cell", 4, 2 * units, hasPeepholes)
        }
        let (weight, state) = (try table(0, "weight")!, try table(1, "state_weight")!)
        let bias = settings.hasBias ? try table(2, "bias")! : "0"
        let more = hasMore ? try table(settings.hasBias ? 3 : 2, "more")! : "0"
        tables.add(
            """
            static const recurrent cell_\(index) = {
                \(weight), \(bias), \(state), \(more), \(inputShape().channels), \(units), \(variant ? 1 : 0),
            };

            """)
        let first = settings.hasInitialState ? input(1) : "0"
        let length = settings.lengthsInput.map { input($0) } ?? "0"
        let room = try room(states + 2 * gates * units)
        call(
            """
            run_cell(\(cell), &cell_\(index), \(input()), \(first), \(length), \(output), \(steps), \
            \(settings.isBackwards ? 1 : 0), \(settings.givesSequence ? 1 : 0), \(settings.givesCell ? 1 : 0), \(states), \(room));
            """)
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
        let sources = settings.hasLengths ? node.inputs.count - 1 : node.inputs.count
        let (width, channels) = (shape.channels, shape.channels / settings.heads)
        /// Where queries, keys or values begin, and how far apart their steps lie.
        func operand(_ index: Int) -> (place: String, step: Int) {
            let source = min(index, sources - 1)
            return (CWriter.text("\(input(source)) + \((index - source) * width)"), inputShape(source).channels)
        }
        let (q, k, v) = (operand(0), operand(1), operand(2))
        let steps = inputShape(sources - 1)[0]
        let keys = settings.hasLengths ? CWriter.text("steps_of(\(input(sources)), \(steps))") : steps.description
        if settings.hasLengths { call("clear(\(output), \(shape.count));") }
        let scale = CText.number(Float(1 / Double(channels).squareRoot()))
        let room = try room(min(steps, 256))
        call("for (int32_t i = 0; i < \(width); i += \(channels))")
        call(
            """
                attend(\(q.place) + i, \(k.place) + i, \(v.place) + i, \(output) + i, \
            \(sources == 1 ? keys : shape[0].description), \(keys), \(channels), \(q.step), \(k.step), \(v.step), \(width), \
            \(scale), \(settings.isCausal ? 1 : 0), \(room));
            """)
    }
}
