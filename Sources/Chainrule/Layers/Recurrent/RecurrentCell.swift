import Kernels

/// The cell of a recurrent layer: what it makes of z and of the state before.
protocol RecurrentCell: AnyObject, Sendable {
    /// The name of a layer of such cells.
    var kind: StaticString { get }
    var layout: RecurrentLayout { get }
    /// The place of the tensor after W_ih, W_hh and b.
    var firstOfMore: Int { get }
    /// That tensor, if there is one.
    var moreTensor: (name: StaticString, count: Int, role: ParameterRole)? { get }
    /// Which gates' rows of W_hh one product multiplies by, in the order of the products. Stored: passes read it at each step.
    var products: [Range<Int>] { get }
    /// What makes h of z.
    func forwardKernel(_ kernels: RecurrentKernels<Float>) -> RecurrentKernels<Float>.Step
    /// Where the input's signals of the gates from the third on begin, unless they follow the others.
    var laterInputSignals: Int? { get }
    /// What signals of W_hh's rows from the third gate on are multiplied with: columns of ``layout``.
    var laterValues: Range<Int> { get }

    /// Makes s of the step from δ, and then δ of the step before.
    func backward(_ step: RecurrentStep, _ pass: LayerPass)
    /// Makes the tangents of h, and of c.
    func tangent(_ step: RecurrentTangentStep)
    /// Makes the tangents of what ``backward(_:_:)`` makes.
    func tangentBackward(_ step: RecurrentTangentStep)

    /// Writes the gradient of ``moreTensor``, or adds it.
    /// - Parameter isTangent: whether the positions hold tangents: what does not depend on them is left out.
    func sumSignals(
        _ signals: Matrix, _ positions: Matrix, into gradient: Matrix, accumulating: Bool, isTangent: Bool,
        _ part: GradientPart)
}

extension RecurrentCell {
    var units: Int { layout.units }

    /// ``moreTensor``, for the kernels.
    func more(_ pass: LayerPass) -> Matrix? { moreTensor == nil ? nil : pass.vector(firstOfMore) }

    /// Makes h, and c, of the step: its products, and after each what the kernel makes of them.
    /// - Parameter weights: W_hhᵀ.
    func forward(_ step: RecurrentStep, _ pass: LayerPass, weights: Matrix) {
        let products = products
        for (index, gates) in products.enumerated() {
            let (first, count) = (gates.lowerBound * units, gates.count * units)
            step.arithmetic.product(
                index == 0 ? step.state : step.extra, weights.columns(from: first, count: count),
                into: step.recurrent.columns(from: first, count: count), accumulating: false, scratch: step.product)
            let part: CellStep<Float>.Part = products.count == 1 ? .whole : index == 0 ? .gates : .candidate
            step.arithmetic.run(
                step.cellStep(previous: step.state, weights: more(pass), part: part), by: forwardKernel)
        }
    }

    var moreTensor: (name: StaticString, count: Int, role: ParameterRole)? { nil }
    var laterInputSignals: Int? { nil }
    var laterValues: Range<Int> { layout.previous }
    func sumSignals(
        _ signals: Matrix, _ positions: Matrix, into gradient: Matrix, accumulating: Bool, isTangent: Bool,
        _ part: GradientPart
    ) { preconditionFailure("there is no such tensor") }
}
