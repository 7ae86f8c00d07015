/// Numbers as a layer: h is the same for every row, `h = w`. It reads the network's input only to have a place.
///
/// Learned numbers are parameters: `∂C/∂w = Σ δ` over the rows. A recurrent layer reads a learned first state from such a layer.
/// Constant ones are state: the caller sets them, and no training changes them.
final class Parameter: GradientWritingLayer {
    static let kind: StaticString = "parameter"
    static let constantKind: StaticString = "constant"
    var kind: StaticString { isConstant ? Parameter.constantKind : Parameter.kind }
    var settings: LayerSettings { isConstant ? .constant(shape, initializer) : .parameter(shape, initializer) }

    private let shape: Shape
    private let initializer: Initializer
    private let isConstant: Bool

    init(_ shape: Shape, _ initializer: Initializer = .standard, isConstant: Bool = false) {
        self.shape = shape
        self.initializer = initializer
        self.isConstant = isConstant
    }

    func shape(named name: LayerName, ofInputs inputs: [Shape]) throws(ChainruleError) -> Shape {
        _ = try onlyInput(inputs, of: name)
        try initializer.validate(layer: name, tensor: "value")
        return shape
    }

    func tensors(shape: Shape, inputs: [Shape]) -> [TensorShape] { isConstant ? [] : [value(.bias)] }

    func state(shape: Shape) -> [TensorShape] { isConstant ? [value(.constant)] : [] }

    private func value(_ role: ParameterRole) -> TensorShape {
        TensorShape(name: "value", extents: shape.extents, role: role, initializer: initializer)
    }

    func uses(shape: Shape, inputs: [Shape]) -> Int { 1 }

    var preactivation: Preactivation { .activation }
    var signal: Signal { .none }
    var needsActivation: Bool { false }

    func timeDependence(shape: Shape, inputs: [Shape]) -> TimeDependence { .constant }

    func forward(_ pass: LayerPass) throws(ChainruleError) {
        repeatRows(isConstant ? pass.state(0, count: shape.count) : pass.vector(0), pass)
    }

    private func repeatRows(_ value: Matrix, _ pass: LayerPass) {
        let h = pass.samples(of: pass.h)
        for row in 0..<h.rows { h.row(row).assign(value) }
    }

    /// The input has no share of δ.
    func backward(_ pass: LayerPass) throws(ChainruleError) {
        if !pass.accumulatesInputDelta(0) { pass.inputDelta(0)?.fill { 0 } }
    }

    func tangent(_ pass: TangentPass) throws(ChainruleError) {
        if !isConstant, let tangent = pass.vectorTangent(0) {
            repeatRows(tangent, pass.tangents)
        } else {
            pass.tangents.h.fill { 0 }
        }
    }

    func tangentBackward(_ pass: TangentPass) throws(ChainruleError) { try backward(pass.tangents) }

    func writeGradient(
        ofTensor index: Int, into gradient: Matrix, accumulating: Bool, _ pass: GradientPass, _ part: GradientPart
    ) {
        part.sumColumns(
            pass.delta.reshaped(columns: shape.count), into: gradient, accumulating: accumulating)
    }

    func writeGradientTangent(
        ofTensor index: Int, into tangent: Matrix, accumulating: Bool, _ pass: TangentGradientPass, _ part: GradientPart
    ) {
        part.sumColumns(
            pass.tangents.delta.reshaped(columns: shape.count), into: tangent, accumulating: accumulating)
    }

    func encode(to json: inout JSONWriter) { json.member("shape", shape) }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Parameter(try object.shape("shape"))
    }

    static func decodeConstant(_ object: JSONObject) throws(ChainruleError) -> any Layer {
        Parameter(try object.shape("shape"), isConstant: true)
    }
}
