/// Elements along an axis in any order, some of them several times or not at all: along the axis, element i of the output is element
/// `indices[i]` of the input. So positions are picked, reversed, or repeated beyond the edges.
final class Take: ParameterlessLayer {
    static let kind: StaticString = "take"
    var kind: StaticString { Take.kind }
    var settings: LayerSettings { .take(axis: axis, indices: indices) }

    let axis: Int
    let indices: [Int]
    private let runs: [Run]

    /// Indices at the same distance from one to the next.
    private struct Run {
        /// Where they begin in the output.
        let first: Int
        /// The first index.
        let index: Int
        let step: Int
        var count: Int
    }

    init(axis: Int, indices: [Int]) {
        self.axis = axis
        self.indices = indices
        var (runs, place) = ([Run](), 0)
        while place < indices.count {
            // Indices that a shape refuses may lie anywhere.
            let step = place + 1 < indices.count ? indices[place + 1] &- indices[place] : 0
            var end = place + 1
            while end < indices.count && indices[end] &- indices[end - 1] == step { end += 1 }
            runs.append(Run(first: place, index: indices[place], step: step, count: end - place))
            place = end
        }
        self.runs = runs
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        let input = try onlyInput(inputs, of: name)
        guard axis >= 0 && axis < input.rank else {
            throw ChainruleError(.value, "take '\(name.text)': \(axis) is not among the axes of \(input.text)")
        }
        for index in indices where index < 0 || index >= input[axis] {
            throw ChainruleError(
                .value, "take '\(name.text)': the index \(index) is not among \(input[axis]) along axis \(axis)")
        }
        guard !indices.isEmpty else {
            throw ChainruleError(.size, "take '\(name.text)' takes at least 1 element of \(input.text); 0 were given")
        }
        return try input.with(indices.count, along: axis, in: name)
    }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { axis == 0 ? .allSteps : .step }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        let (x, h) = (pass.samples(of: pass.inputActivation(0)), pass.samples(of: pass.h))
        let input = pass.inputShape(0)
        for run in runs { move(run, input).apply(x, to: h, accumulating: false, pass.arithmetic) }
    }

    func backward(_ pass: LayerPass) throws(ChainruleError) {
        guard let inputDelta = pass.inputDelta(0).map(pass.samples) else { return }
        if !pass.accumulatesInputDelta(0) { inputDelta.clear() }
        let delta = pass.samples(of: pass.delta)
        let input = pass.inputShape(0)
        for run in runs { move(run, input).applyAdjoint(delta, to: inputDelta, accumulating: true, pass.arithmetic) }
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) { try forward(pass.tangents) }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    /// Each gives a part of the output.
    func moves(of input: Shape) -> [Rearrangement] { runs.map { move($0, input) } }

    private func move(_ run: Run, _ input: Shape) -> Rearrangement {
        let inner = input.stride(ofAxis: axis)
        var move = Rearrangement(sourceStart: run.index * inner, resultStart: run.first * inner)
        move.append(
            input.count / (input[axis] * inner), source: input[axis] * inner, result: indices.count * inner)
        move.append(run.count, source: run.step * inner, result: inner)
        move.append(inner, source: 1, result: 1)
        return move
    }

    func encode(to json: inout JSONWriter) {
        json.member("axis", axis)
        json.member("indices", indices)
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Take(axis: try object.integer("axis"), indices: try object.integers("indices", most: Shape.mostElements))
    }
}
