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
    /// Which gates' rows of W_hh one product multiplies by, in the order of the products.
    var products: [Range<Int>] { get }
    /// What makes h of z.
    func forwardKernel(_ kernels: RecurrentKernels<Float>) -> RecurrentKernels<Float>.Step
    /// Where the input's signals of the gates from the third on begin, unless they follow the others.
    var laterInputSignals: Int? { get }
    /// What signals of W_hh's rows from the third gate on are multiplied with: columns of ``layout``.
    var laterValues: Range<Int> { get }

    /// Makes h, and c, of the step.
    /// - Parameter weights: W_hhᵀ.
    func forward(_ step: RecurrentStep, _ pass: LayerPass, weights: Matrix)
    /// Makes s of the step from δ, and then δ of the step before.
    func backward(_ step: RecurrentStep, _ pass: LayerPass)
    /// Makes the tangents of what ``forward(_:_:weights:)`` makes.
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
    var moreTensor: (name: StaticString, count: Int, role: ParameterRole)? { nil }
    var laterInputSignals: Int? { nil }
    var laterValues: Range<Int> { layout.previous }
    func sumSignals(
        _ signals: Matrix, _ positions: Matrix, into gradient: Matrix, accumulating: Bool, isTangent: Bool,
        _ part: GradientPart
    ) { preconditionFailure("there is no such tensor") }
}
