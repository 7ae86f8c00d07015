/// What one layer's tangent passes over some rows of a batch read and write (Pearlmutter 1994). R{·} is the derivative
/// of a quantity along a direction in the space of the parameters and of x.
package struct TangentPass {
    /// z, h, δ, s and the parameters, from the passes without tangents.
    let values: LayerPass
    /// Their tangents, in the same places: its z is R{z}, its parameters are R{W}, R{b}.
    let tangents: LayerPass
    /// If false, the parameters' tangents are 0 and not stored.
    let hasParameterTangents: Bool
    /// If false, R{x} is 0.
    let hasInputTangent: Bool

    var arithmetic: Arithmetic { values.arithmetic }

    /// R{W} or R{b}; nil: 0.
    func parameterTangent(_ index: Int) -> Matrix? { hasParameterTangents ? tangents.parameter(index) : nil }

    /// The same as a row, for a tensor of one axis.
    func vectorTangent(_ index: Int) -> Matrix? { hasParameterTangents ? tangents.vector(index) : nil }

    /// R{h} of an input; nil: 0.
    func inputTangent(_ index: Int) -> Matrix? {
        if tangents.memory.inputs[index].isNetworkInput && !hasInputTangent { return nil }
        return tangents.inputActivation(index)
    }
}

/// What the tangents of the gradients of one layer's parameters are computed from.
package struct TangentGradientPass {
    let values: GradientPass
    let tangents: GradientPass
    /// If false, R{x} is 0.
    let hasInputTangent: Bool

    /// R{h} of an input; nil: 0.
    func inputTangent(_ index: Int) -> Matrix? {
        if tangents.memory.inputs[index].isNetworkInput && !hasInputTangent { return nil }
        return tangents.inputActivation(index)
    }
}
