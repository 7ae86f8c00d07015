import CChainrule
import CPlatform
import Chainrule

// Structures of the header that begin with their size. A program with an older header may have smaller ones than the
// library, one with a newer header larger ones. CChainrule.h has the table.

protocol GrowingStructure {
    static var typeName: StaticString { get }
    /// The value of its macro.
    static var initial: Self { get }
    /// Its size in the first version that had it.
    static var firstSize: Int { get }
    var size: Int { get set }
}

/// No structure will be larger. A larger size means uninitialized memory: nothing is read.
let largestStructure: UInt = 4096

/// Copies a caller's structure, and reads it only once. Members that an older structure lacks get the macro's values.
/// Bytes that this library does not know must be zero.
func structure<Structure: GrowingStructure>(
    _ pointer: UnsafePointer<Structure>, _ name: StaticString
) throws(ChainruleError) -> Structure {
    let bytes = UnsafeRawPointer(pointer)
    let known = MemoryLayout<Structure>.size
    let size = try checkedSize(of: bytes, name, Structure.typeName, first: Structure.firstSize, known: known)
    var copy = Structure.initial
    withUnsafeMutableBytes(of: &copy) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: bytes, count: min(known, size)))
    }
    return copy
}

/// Writes a structure into the caller's, up to the caller's size, which structure() has checked. Zeroes the bytes that
/// this library does not know.
func write<Structure: GrowingStructure>(_ value: Structure, to pointer: UnsafeMutablePointer<Structure>) {
    fill(pointer, with: value, size: UnsafeRawPointer(pointer).loadUnaligned(as: Int.self))
}

/// Implements the crl_..._init functions.
func initialize<Structure: GrowingStructure>(
    _ pointer: UnsafeMutablePointer<Structure>?, _ name: StaticString, size: UInt, _: Structure.Type
) throws(ChainruleError) {
    guard let pointer else { throw nullArgument(name) }
    try check(size: size, Structure.typeName, first: Structure.firstSize)
    fill(pointer, with: Structure.initial, size: Int(size))
}

private func fill<Structure: GrowingStructure>(
    _ pointer: UnsafeMutablePointer<Structure>, with value: Structure, size: Int
) {
    var value = value
    value.size = size
    withUnsafeBytes(of: &value) { fill(UnsafeMutableRawPointer(pointer), with: $0, size: size) }
}

// Not generic: the library has one of each.

private func checkedSize(
    of bytes: UnsafeRawPointer, _ name: StaticString, _ type: StaticString, first: Int, known: Int
) throws(ChainruleError) -> Int {
    let size = bytes.loadUnaligned(as: UInt.self)
    guard size >= UInt(first) && size <= largestStructure else {
        throw ChainruleError(
            .size,
            """
            \(name)->size is \(size); a \(type) has from \(first) to \(largestStructure) bytes: begin with its _INIT macro
            """)
    }
    for offset in min(known, Int(size))..<Int(size) where bytes.load(fromByteOffset: offset, as: UInt8.self) != 0 {
        throw ChainruleError(
            .size,
            """
            \(name)->size is \(size), and byte \(offset) is not 0: the \(type) asks for something that this version, which \
            knows \(known) bytes of it, cannot do
            """)
    }
    return Int(size)
}

private func check(size: UInt, _ type: StaticString, first: Int) throws(ChainruleError) {
    guard size >= UInt(first) && size <= largestStructure else {
        throw ChainruleError(
            .size, "size is \(size); a \(type) has from \(first) to \(largestStructure) bytes")
    }
}

private func fill(_ pointer: UnsafeMutableRawPointer, with value: UnsafeRawBufferPointer, size: Int) {
    let known = min(value.count, size)
    memcpy(pointer, value.baseAddress!, known)
    memset(pointer + known, 0, size - known)
}

extension crl_layer_options: GrowingStructure {
    static var typeName: StaticString { "crl_layer_options" }
    static var initial: Self { initial_layer_options() }
    static var firstSize: Int { first_size_of_layer_options() }
}

extension crl_window: GrowingStructure {
    static var typeName: StaticString { "crl_window" }
    static var initial: Self { initial_window() }
    static var firstSize: Int { first_size_of_window() }
}

extension crl_normalization_options: GrowingStructure {
    static var typeName: StaticString { "crl_normalization_options" }
    static var initial: Self { initial_normalization_options() }
    static var firstSize: Int { first_size_of_normalization_options() }
}

extension crl_attention_options: GrowingStructure {
    static var typeName: StaticString { "crl_attention_options" }
    static var initial: Self { initial_attention_options() }
    static var firstSize: Int { first_size_of_attention_options() }
}

extension crl_onnx_options: GrowingStructure {
    static var typeName: StaticString { "crl_onnx_options" }
    static var initial: Self { initial_onnx_options() }
    static var firstSize: Int { first_size_of_onnx_options() }
}

extension crl_recurrent_options: GrowingStructure {
    static var typeName: StaticString { "crl_recurrent_options" }
    static var initial: Self { initial_recurrent_options() }
    static var firstSize: Int { first_size_of_recurrent_options() }
}

extension crl_layer: GrowingStructure {
    static var typeName: StaticString { "crl_layer" }
    static var initial: Self { initial_layer() }
    static var firstSize: Int { first_size_of_layer() }
}

extension crl_tensor: GrowingStructure {
    static var typeName: StaticString { "crl_tensor" }
    static var initial: Self { initial_tensor() }
    static var firstSize: Int { first_size_of_tensor() }
}

extension crl_cost_options: GrowingStructure {
    static var typeName: StaticString { "crl_cost_options" }
    static var initial: Self { initial_cost_options() }
    static var firstSize: Int { first_size_of_cost_options() }
}

extension crl_targets: GrowingStructure {
    static var typeName: StaticString { "crl_targets" }
    static var initial: Self { initial_targets() }
    static var firstSize: Int { first_size_of_targets() }
}

extension crl_validation: GrowingStructure {
    static var typeName: StaticString { "crl_validation" }
    static var initial: Self { initial_validation() }
    static var firstSize: Int { first_size_of_validation() }
}

extension crl_optimizer_options: GrowingStructure {
    static var typeName: StaticString { "crl_optimizer_options" }
    static var initial: Self { initial_optimizer_options() }
    static var firstSize: Int { first_size_of_optimizer_options() }
}

extension crl_layer_step: GrowingStructure {
    static var typeName: StaticString { "crl_layer_step" }
    static var initial: Self { initial_layer_step() }
    static var firstSize: Int { first_size_of_layer_step() }
}

extension crl_schedule_options: GrowingStructure {
    static var typeName: StaticString { "crl_schedule_options" }
    static var initial: Self { initial_schedule_options() }
    static var firstSize: Int { first_size_of_schedule_options() }
}

extension crl_epoch: GrowingStructure {
    static var typeName: StaticString { "crl_epoch" }
    static var initial: Self { initial_epoch() }
    static var firstSize: Int { first_size_of_epoch() }
}

extension crl_train_options: GrowingStructure {
    static var typeName: StaticString { "crl_train_options" }
    static var initial: Self { initial_train_options() }
    static var firstSize: Int { first_size_of_train_options() }
}

extension crl_metrics: GrowingStructure {
    static var typeName: StaticString { "crl_metrics" }
    static var initial: Self { initial_metrics() }
    static var firstSize: Int { first_size_of_metrics() }
}

extension crl_progress: GrowingStructure {
    static var typeName: StaticString { "crl_progress" }
    static var initial: Self { initial_progress() }
    static var firstSize: Int { first_size_of_progress() }
}

extension crl_data_source: GrowingStructure {
    static var typeName: StaticString { "crl_data_source" }
    static var initial: Self { initial_data_source() }
    static var firstSize: Int { first_size_of_data_source() }
}

extension crl_plateau_state: GrowingStructure {
    static var typeName: StaticString { "crl_plateau_state" }
    static var initial: Self { initial_plateau_state() }
    static var firstSize: Int { first_size_of_plateau_state() }
}

extension crl_c_source_options: GrowingStructure {
    static var typeName: StaticString { "crl_c_source_options" }
    static var initial: Self { initial_c_source_options() }
    static var firstSize: Int { first_size_of_c_source_options() }
}

extension crl_gradient_check_options: GrowingStructure {
    static var typeName: StaticString { "crl_gradient_check_options" }
    static var initial: Self { initial_gradient_check_options() }
    static var firstSize: Int { first_size_of_gradient_check_options() }
}

extension crl_gradient_report: GrowingStructure {
    static var typeName: StaticString { "crl_gradient_report" }
    static var initial: Self { initial_gradient_report() }
    static var firstSize: Int { first_size_of_gradient_report() }
}

extension crl_minimize_options: GrowingStructure {
    static var typeName: StaticString { "crl_minimize_options" }
    static var initial: Self { initial_minimize_options() }
    static var firstSize: Int { first_size_of_minimize_options() }
}

extension crl_minimum: GrowingStructure {
    static var typeName: StaticString { "crl_minimum" }
    static var initial: Self { initial_minimum() }
    static var firstSize: Int { first_size_of_minimum() }
}

extension crl_cascade_options: GrowingStructure {
    static var typeName: StaticString { "crl_cascade_options" }
    static var initial: Self { initial_cascade_options() }
    static var firstSize: Int { first_size_of_cascade_options() }
}
