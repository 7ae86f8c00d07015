// What one thread does in a round of a step.

extension TrainingStep: SharedWork {
    /// Takes subnormal numbers for 0, unless the caller's functions would see that. In deep networks signals vanish, and
    /// many processors take a hundred times as long for products of such numbers.
    func work(thread: Int, of threads: Int) {
        if callsFunctions { return doWork(thread: thread, of: threads) }
        Cancellation.flushingSubnormals { doWork(thread: thread, of: threads) }
    }

    private func doWork(thread: Int, of threads: Int) {
        do throws(ChainruleError) {
            let share = Share(part: thread, parts: threads)
            switch round {
            case .passes(let stage, let isLast):
                try pass(stage, share)
                if isLast { measure(share) }
            case .parameters(let sink):
                try network.parameterGradients(
                    input, of: 0..<rows.count, share: share, in: workspace, into: sink, for: optimizer)
            }
        } catch {
            outcomes[thread].error = error
        }
    }

    /// One thread's share of a stage.
    private func pass(_ stage: PassStage, _ share: Share) throws(ChainruleError) {
        let all = 0..<rows.count
        switch stage {
        case .rows(let copies, let forward, let hasCost, let backward):
            let range = self.rows(of: share)
            if range.isEmpty { return }
            if copies {
                for place in range {
                    workspace.input.row(place).assign(data.x.row(rows[rows.startIndex + place]))
                }
            }
            for layer in forward { try run(.forward, layer, rows: range, share) }
            if hasCost { try evaluateCost(of: range) }
            for layer in backward.reversed() where workspace.layers[layer].delta != nil {
                let isSignalOnly = layerTreatments.base[layer].isByUnits && share.parts > 1
                try run(isSignalOnly ? .signal : .backward, layer, rows: range, share)
                if !isBounded && share.parts == 1 { try computeGradients(of: layer..<layer + 1, share) }
            }
        case .forward(let layer):
            try run(.forward, layer, units: share.of(workspace.layers[layer].channels), rows: all, share)
        case .inputDelta(let layer, let hasSignal):
            let source = workspace.layers[layer].inputs[0]
            let units = share.of(source.shape.channels)
            try run(.inputDelta, layer, units: units, rows: all, share)
            if hasSignal { try run(.signal, source.position - 1, units: units, rows: all, share) }
        case .gradients(let layers):
            try computeGradients(of: layers, share)
        }
    }

    private func computeGradients(of layers: Range<Int>, _ share: Share) throws(ChainruleError) {
        guard let sink else { preconditionFailure("gradients by layer have a vector") }
        try network.parameterGradients(
            input, of: 0..<rows.count, share: share, in: workspace, into: sink, layers: layers, for: optimizer)
    }

    private enum LayerWork {
        case forward
        case backward
        case signal
        case inputDelta
    }

    /// - Parameter units: of the layer, or of its input if the work is the input's δ; nil: all.
    private func run(_ work: LayerWork, _ layer: Int, units: Range<Int>? = nil, rows: Range<Int>, _ share: Share)
        throws(ChainruleError)
    {
        let isInput = if case .inputDelta = work { true } else { false }
        do throws(ChainruleError) {
            try network.run(
                layer, input, rows: rows, thread: share.part, in: workspace, units: isInput ? nil : units,
                inputUnits: isInput ? units : nil
            ) { layer, pass throws(ChainruleError) in
                switch work {
                case .forward: try layer.forward(pass)
                case .backward: try layer.backward(pass)
                case .signal: try layer.signal(pass)
                case .inputDelta: layer.inputDelta(pass)
                }
            }
        } catch {
            outcomes[share.part].isOfLayer = true
            throw error
        }
    }

    /// A thread's rows: whole groups of the cost.
    private func rows(of share: Share) -> Range<Int> {
        let groups = Cost.groups(of: rows.count)
        func bound(_ part: Int) -> Int { min(rows.count, groups * part / share.parts * Cost.groupRows) }
        return bound(share.part)..<bound(share.part + 1)
    }

    /// Computes C and ∇C of some whole groups of rows.
    private func evaluateCost(of range: Range<Int>) throws(ChainruleError) {
        batch.gather(rows, range, from: data.targets)
        let groups = range.lowerBound / Cost.groupRows..<Cost.groups(of: range.upperBound)
        let y = workspace.layers[workspace.layers.count - 1].activation.rows(from: 0, count: rows.count)
        let gradient = workspace.layers[workspace.layers.count - 1].delta!.rows(from: 0, count: rows.count)
        let targets = batch.targets(rows: rows.count)
        if cost.isCustom {
            self.groups.base[0].cost = try cost.evaluate(y, targets, gradient: gradient, network.arithmetic)
            for group in groups.dropFirst() { self.groups.base[group].cost = 0 }
            return
        }
        try cost.checkOutputs(
            y.rows(from: range.lowerBound, count: range.count), firstRow: workspace.firstRow + range.lowerBound)
        for group in groups {
            let decided = decision?.judge(y, targets, rows: Cost.rows(ofGroup: group, of: rows.count))
            let value = cost.evaluate(
                group: group, y, targets, gradient: gradient, normalizer: normalizer, network.arithmetic)
            self.groups.base[group] = RowsTotal(cost: value, decided: decided ?? DecidedWeight())
        }
    }

    /// Finds the largest magnitudes in what a thread computed of s and h.
    private func measure(_ share: Share) {
        let magnitudes = outcomes[share.part].magnitudes
        for layer in 0..<layerTreatments.count {
            let treatment = layerTreatments.base[layer]
            if treatment.measuresSignal {
                magnitudes.base[layer].signal = largestMagnitude(
                    workspace.layers[layer].signal!, of: layer, share, byUnits: treatment.hasSignalByUnits)
            }
            if treatment.measuresActivation {
                magnitudes.base[layer].activation = largestMagnitude(
                    workspace.layers[layer].activation, of: layer, share, byUnits: treatment.isByUnits)
            }
        }
    }

    private func largestMagnitude(_ matrix: Matrix, of layer: Int, _ share: Share, byUnits: Bool) -> Double {
        var part: Matrix
        if byUnits && share.parts > 1 {
            let channels = workspace.layers[layer].channels
            let units = share.of(channels)
            part = matrix.positions(ofRows: 0..<rows.count, channels: channels)
                .columns(from: units.lowerBound, count: units.count)
        } else {
            let range = rows(of: share)
            part = matrix.rows(from: range.lowerBound, count: range.count)
        }
        return Double(network.arithmetic.largestMagnitude(part))
    }
}
