import CChainrule
import CPlatform
import Chainrule

// Readers of C arguments. Each checks everything that can be checked. Its errors name the argument.

/// A count that Swift can hold.
func count(_ value: UInt, _ name: StaticString) throws(ChainruleError) -> Int {
    guard let count = Int(exactly: value) else {
        throw ChainruleError(.size, "\(name) is \(value), which is too large")
    }
    return count
}

/// A matrix of `rows` rows of at least `columns` floats, `stride` apart.
/// - Parameter structure: the structure whose members say rows and stride; nil: the arguments `name`_rows and `name`_stride.
func matrix(
    _ base: UnsafePointer<Float>?, rows: UInt, columns: Int, stride: UInt, _ name: StaticString,
    of structure: StaticString? = nil
) throws(ChainruleError) -> Matrix {
    func error(_ size: StaticString, _ text: String) -> ChainruleError {
        ChainruleError(.size, structure.map { "\($0)->\(size) \(text)" } ?? "\(name)_\(size) \(text)")
    }
    guard let base else { throw nullArgument(name) }
    guard rows >= 1 else { throw error("rows", "is 0; at least 1 row is needed") }
    guard stride >= UInt(columns) else {
        throw error("stride", "is \(stride); the rows of \(name) have \(columns) floats")
    }
    let (floats, overflow) = rows.multipliedReportingOverflow(by: stride)
    guard !overflow && floats <= UInt(Int.max) / UInt(MemoryLayout<Float>.stride) else {
        throw ChainruleError(.size, "\(name) has \(rows) rows \(stride) floats apart, more than memory can hold")
    }
    return Matrix(reading: base, rows: Int(rows), columns: columns, stride: Int(stride))
}

/// The first `needed` rows of a matrix to write to. It must have at least that many.
func output(
    _ base: UnsafeMutablePointer<Float>?, rows: UInt, needed: Int, columns: Int, stride: UInt, _ name: StaticString
) throws(ChainruleError) -> Matrix {
    guard base == nil || rows >= UInt(needed) else {
        throw ChainruleError(.size, "\(name)_rows is \(rows); \(needed) rows will be written")
    }
    return try matrix(base, rows: UInt(needed), columns: columns, stride: stride, name)
}

/// A vector shaped like the parameters.
func parameterVector(
    _ base: UnsafePointer<Float>?, count: UInt, of network: Network, _ name: StaticString
) throws(ChainruleError) -> Matrix {
    guard let base else { throw nullArgument(name) }
    guard count == UInt(network.parameterCount) else {
        throw ChainruleError(
            .size, "\(name)_count is \(count); the network has \(network.parameterCount) parameters")
    }
    return Matrix(reading: base, rows: 1, columns: network.parameterCount, stride: network.parameterCount)
}

/// The lengths of axes; nil for NULL.
func shape(_ extents: UnsafePointer<UInt>?, count: UInt, _ name: StaticString) throws(ChainruleError) -> Shape? {
    guard let extents else {
        guard count == 0 else { throw nullArgument(name) }
        return nil
    }
    guard 1...UInt(Shape.mostAxes) ~= count else {
        throw ChainruleError(.size, "\(name)_count is \(count); a shape has 1 to \(Shape.mostAxes) axes")
    }
    var lengths: [Int] = []
    for axis in 0..<Int(count) { lengths.append(try ChainruleC.count(extents[axis], name)) }
    return try Shape(lengths)
}

/// A list of a few counts.
func numbers(_ pointer: UnsafePointer<UInt>?, count: UInt, _ name: StaticString) throws(ChainruleError) -> [Int] {
    guard let pointer else { throw nullArgument(name) }
    guard 1...UInt(Shape.mostAxes) ~= count else {
        throw ChainruleError(.size, "\(name) holds \(count) numbers; there are 1 to \(Shape.mostAxes) axes")
    }
    var numbers: [Int] = []
    for index in 0..<Int(count) { numbers.append(try ChainruleC.count(pointer[index], name)) }
    return numbers
}

/// A count; nil: left to the library.
func optionalCount(_ value: Int, _ name: StaticString) throws(ChainruleError) -> Int? {
    value == autoSize ? nil : try count(UInt(bitPattern: value), name)
}

/// CRL_AUTO_SIZE as Swift sees it in a structure's size_t.
let autoSize = -1

/// A number; nil for CRL_AUTO: left to the library.
func optionalNumber<Number: BinaryFloatingPoint>(_ value: Number) -> Number? {
    value == Number(auto) ? nil : value
}

/// CRL_AUTO.
let auto = -Float.greatestFiniteMagnitude

/// The bytes of a caller's string, at most PATH_MAX + 1: no name and no path is longer than PATH_MAX. A longer string
/// stays too long, and takes no memory.
private func bytes(_ pointer: UnsafePointer<CChar>) -> UnsafeRawBufferPointer {
    bytes(pointer, most: Int(PATH_MAX))
}

/// The bytes of a caller's string that has at most so many; of a longer one, one more.
func bytes(_ pointer: UnsafePointer<CChar>, most: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(UnsafeBufferPointer(start: pointer, count: strnlen(pointer, most + 1)))
}

func string(_ pointer: UnsafePointer<CChar>) -> String { String(decoding: bytes(pointer), as: UTF8.self) }

func optionalString(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map(string) }

func requiredString(_ pointer: UnsafePointer<CChar>?, _ name: StaticString) throws(ChainruleError) -> String {
    guard let pointer else { throw nullArgument(name) }
    return string(pointer)
}

func requiredPath(_ pointer: UnsafePointer<CChar>?) throws(ChainruleError) -> FilePath {
    guard let pointer else { throw nullArgument("path") }
    return FilePath(bytes: bytes(pointer))
}

func strings(
    _ pointers: UnsafePointer<UnsafePointer<CChar>?>?, count: UInt, _ name: StaticString
) throws(ChainruleError) -> [String] {
    guard let pointers else { throw nullArgument(name) }
    guard count <= UInt(Architecture.mostInputs) else {
        throw ChainruleError(.size, "\(name)_count is \(count); at most \(Architecture.mostInputs) are possible")
    }
    // For the texts, and for their array, which grows by doubling.
    var bytes = 0
    for index in 0..<Int(count) {
        bytes += 256
        if let pointer = pointers[index] { bytes += strnlen(pointer, Int(PATH_MAX) + 1) }
    }
    try Reserve.setAside(bytes)
    var texts: [String] = []
    for index in 0..<Int(count) {
        guard let pointer = pointers[index] else { throw ChainruleError(.null, "\(name)[\(index)] is NULL") }
        texts.append(string(pointer))
    }
    return texts
}

/// Names of classes, which must be UTF-8.
func classLabels(
    _ pointers: UnsafePointer<UnsafePointer<CChar>?>?, count: UInt, outputs: Int
) throws(ChainruleError) -> [String] {
    if count == 0 { return [] }
    guard let pointers else { throw nullArgument("labels") }
    guard count <= UInt(max(outputs, 2)) else {
        throw ChainruleError(.size, "labels_count is \(count); the network has \(outputs) outputs")
    }
    var labels: [String] = []
    for index in 0..<Int(count) {
        guard let pointer = pointers[index] else { throw ChainruleError(.null, "labels[\(index)] is NULL") }
        try Reserve.setAside(64 * (index + 1) + 4 * ClassLabels.longest)
        labels.append(try ClassLabels.text(Array(bytes(pointer).prefix(ClassLabels.longest + 1)), index))
    }
    return labels
}

/// A caller's pointer, only passed back to the caller's functions.
struct UserPointer: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer?
}

/// Targets for a cost of outputs with these rows and columns. NULL: none, which only some costs accept. Reads no
/// element, but compares every count: afterwards x and the targets may be read.
func targets(
    _ pointer: UnsafePointer<crl_targets>?, for cost: Cost, rows: Int, columns: Int, _ name: StaticString
) throws(ChainruleError) -> TargetView {
    let view = try targetView(pointer, for: cost, name)
    try view.shape.validate(for: cost, rows: rows, columns: columns)
    return view
}

private func targetView(
    _ pointer: UnsafePointer<crl_targets>?, for cost: Cost, _ name: StaticString
) throws(ChainruleError) -> TargetView {
    guard let pointer else {
        if cost.needsTargets { throw nullArgument(name) }
        return TargetView()
    }
    let targets = try structure(pointer, name)
    var view = TargetView()
    if let values = targets.values {
        guard targets.columns != 0 else {
            throw ChainruleError(.size, "targets->columns is 0; the values have at least 1")
        }
        view.values = try matrix(
            values, rows: UInt(bitPattern: targets.rows),
            columns: count(UInt(bitPattern: targets.columns), "targets->columns"),
            stride: UInt(bitPattern: targets.stride), "targets->values", of: "targets")
    }
    if let classes = targets.classes {
        view.classes = UnsafeBufferPointer(
            start: classes, count: try count(UInt(bitPattern: targets.classes_count), "targets->classes_count"))
    }
    if let weights = targets.weights {
        view.weights = UnsafeBufferPointer(
            start: weights, count: try count(UInt(bitPattern: targets.weights_count), "targets->weights_count"))
    }
    return view
}

/// Data to validate on; nil: none.
func validation(
    _ pointer: UnsafePointer<crl_validation>?, inputs: Int, outputs: Int, for cost: Cost
) throws(ChainruleError) -> DataView? {
    guard let pointer else { return nil }
    let given = try structure(pointer, "validation")
    let data = DataView(
        x: try matrix(
            given.x, rows: UInt(bitPattern: given.rows), columns: inputs, stride: UInt(bitPattern: given.stride),
            "validation->x", of: "validation"),
        targets: try targetView(given.targets, for: cost, "validation->targets"))
    try data.checkShape(for: cost, outputs: outputs, "the validation data")
    return data
}
