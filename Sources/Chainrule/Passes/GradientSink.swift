import Kernels

/// Where the gradients of the parameters go.
package enum GradientSink {
    /// Into a vector of the shape of the parameters: sets it, or adds to it.
    /// - Parameter isClear: whether gradients of few rows (``Layer/hasFewGradientRows``) are 0 there: they are added, so that
    ///   the other rows are not touched.
    case vector(Matrix, accumulating: Bool, isClear: Bool = false)
    /// Into an optimizer step, a tile at a time while the tile is in the cache: the whole gradient never exists. Not
    /// for gradients of several terms: it would step along each term (``Optimizer/needsGradient``).
    case step(KernelStep, besides: Regularizer?)
}

/// What an optimizer does besides its method's kernel, for steps that never see a whole gradient.
package struct Regularizer {
    unowned(unsafe) let optimizer: Optimizer
    /// Room for each thread to put some rows of a tensor's gradient.
    let blocks: Matrix

    /// The room that a thread needs: at least for a tile's height of any tensor's rows. More rows make better products,
    /// up to a good part of a second-level cache.
    static func blockCount(for plan: Plan, tileRows: Int) throws(ChainruleError) -> Int {
        var count = 0
        for tensor in plan.tensors {
            let rows = try Plan.checkedProduct(min(tileRows, tensor.rows), tensor.columns)
            count = max(count, rows, min(tensor.count, 1 << 16))
        }
        return count
    }
}

/// One thread's part of the computation of parameter gradients: the gradients of some rows of each tensor.
package struct GradientPart {
    let sink: GradientSink
    let arithmetic: Arithmetic
    /// This thread's row of ``Plan/Layout/scratch``.
    let scratch: Matrix
    /// Which rows of the tensors.
    let share: Share

    /// Computes the gradients of a tensor's share.
    /// - Parameter term: the terms of the sum, by number; nil: 0, never in a step.
    @inline(__always)
    func compute(_ tensor: Plan.TensorPlace, terms: Int, _ term: (Int) -> GradientTerm?) {
        let rows = share.of(tensor.rows)
        if rows.isEmpty { return }
        switch sink {
        case .vector(let vector, var accumulating, _):
            let block = tensor.view(in: vector).rows(from: rows.lowerBound, count: rows.count)
            for number in 0..<terms {
                guard let term = term(number) else { continue }
                put(term.columns(rows), into: block, accumulating: accumulating)
                accumulating = true
            }
            if !accumulating { block.fill { 0 } }
        case .step(let step, besides: nil):
            precondition(terms == 1)
            take(step, tensor, rows, along: term(0)!.columns(rows))
        case .step(let step, besides: let regularizer?):
            precondition(terms == 1)
            take(step, besides: regularizer, tensor, rows, along: term(0)!)
        }
    }

    /// Lets a layer write the gradient of a tensor, or add it: never in a step.
    func write(
        _ tensor: Plan.TensorPlace, hasFewRows: Bool, _ body: (_ gradient: Matrix, _ accumulating: Bool) -> Void
    ) {
        guard case .vector(let vector, let accumulating, let isClear) = sink else {
            preconditionFailure("such a gradient has a vector")
        }
        body(tensor.view(in: vector), accumulating || isClear && hasFewRows)
    }

    /// Steps along a gradient of which only some rows exist at a time.
    /// - Parameter gradient: of the whole tensor.
    @inline(never)
    private func take(
        _ step: KernelStep, besides regularizer: Regularizer, _ tensor: Plan.TensorPlace, _ rows: Range<Int>,
        along gradient: GradientTerm
    ) {
        let room = regularizer.blocks.row(share.part)
        let most = max(room.count / max(tensor.columns, 1) / arithmetic.tileRows, 1) * arithmetic.tileRows
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: most) {
            let some = first..<min(first + most, rows.upperBound)
            let block = Matrix(base: room.base, rows: some.count, columns: tensor.columns)
            precondition(block.count <= room.count)
            put(gradient.columns(some), into: block, accumulating: false)
            regularizer.optimizer.take(
                step, tensor: tensor.index,
                tensor.view(in: step.parameters).rows(from: some.lowerBound, count: some.count), along: block,
                arithmetic)
        }
    }

    /// Computes the thread's share of `Aᵀ 1`, or adds it.
    func sumColumns(_ a: Matrix, into sums: Matrix, accumulating: Bool) {
        let units = share.of(a.columns)
        if units.isEmpty { return }
        let vector = Matrix(base: sums.base, rows: 1, columns: sums.count)
        arithmetic.sumColumns(
            a.columns(from: units.lowerBound, count: units.count),
            into: vector.columns(from: units.lowerBound, count: units.count), accumulating: accumulating)
    }

    /// Computes the thread's share of the sums of each column of `A ⊙ B`, or adds them.
    func columnProducts(_ a: Matrix, _ b: Matrix, into sums: Matrix, accumulating: Bool) {
        let units = share.of(a.columns)
        if units.isEmpty { return }
        func part(_ matrix: Matrix) -> Matrix { matrix.columns(from: units.lowerBound, count: units.count) }
        arithmetic.columnProducts(
            part(a), part(b), into: part(Matrix(base: sums.base, rows: 1, columns: sums.count)),
            accumulating: accumulating)
    }

    private func put(_ term: GradientTerm, into block: Matrix, accumulating: Bool) {
        switch term {
        case .transposedProduct(let a, let b):
            arithmetic.transposedProduct(a, b, into: block, accumulating: accumulating, scratch: scratch)
        case .columnSums(let a):
            arithmetic.sumColumns(a, into: block, accumulating: accumulating)
        }
    }

    private func take(_ step: KernelStep, _ tensor: Plan.TensorPlace, _ rows: Range<Int>, along gradient: GradientTerm)
    {
        let block = tensor.view(in: step.parameters).rows(from: rows.lowerBound, count: rows.count)
        switch gradient {
        case .transposedProduct(let a, let b):
            arithmetic.step(step, tensor: tensor.index, block, alongTransposedProduct: a, b, scratch: scratch)
        case .columnSums(let a):
            precondition(scratch.count >= block.count)
            let sums = Matrix(base: scratch.base, rows: 1, columns: block.count)
            arithmetic.sumColumns(a, into: sums, accumulating: false)
            arithmetic.step(
                step, tensor: tensor.index, Matrix(base: block.base, rows: 1, columns: block.count), along: sums)
        }
    }
}
