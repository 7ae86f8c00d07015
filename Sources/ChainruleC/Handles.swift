import CChainrule
import Chainrule

/// A Swift object that C holds through a handle of type `CType`.
protocol HandleObject: AnyObject {
    associatedtype CType
    /// Marks the memory behind a handle of this kind.
    static var tag: UInt64 { get }
    static var noun: StaticString { get }
}

/// What a handle points to: a tag for its kind, and the object.
private struct HandleCell {
    var tag: UInt64
    let object: UnsafeMutableRawPointer
}

/// Makes a handle that owns the object.
func makeHandle<Object: HandleObject>(_ object: Object) -> UnsafeMutablePointer<Object.CType> {
    let cell = UnsafeMutablePointer<HandleCell>.allocate(capacity: 1)
    cell.initialize(to: HandleCell(tag: Object.tag, object: Unmanaged.passRetained(object).toOpaque()))
    return UnsafeMutableRawPointer(cell).assumingMemoryBound(to: Object.CType.self)
}

/// The object behind a handle.
func object<Object: HandleObject>(
    _ handle: UnsafePointer<Object.CType>?, _ argument: StaticString, as _: Object.Type
) throws(ChainruleError) -> Object {
    guard let handle else { throw nullArgument(argument) }
    guard let cell = cell(of: handle, tag: Object.tag) else {
        throw ChainruleError(.handle, "\(argument) is not a \(Object.noun)")
    }
    return Unmanaged<Object>.fromOpaque(cell.pointee.object).takeUnretainedValue()
}

/// The object behind a handle, not retained; nil if there is none.
@inline(__always)
func unmanagedObject<Object: HandleObject>(
    _ handle: UnsafePointer<Object.CType>?, as _: Object.Type
) -> Unmanaged<Object>? {
    guard let handle, let cell = cell(of: handle, tag: Object.tag) else { return nil }
    return Unmanaged<Object>.fromOpaque(cell.pointee.object)
}

/// Destroys a handle. Ignores NULL and handles of another kind.
func destroyHandle<Object: HandleObject>(_ handle: UnsafeMutablePointer<Object.CType>?, as _: Object.Type) {
    guard let handle, let cell = cell(of: handle, tag: Object.tag) else { return }
    Unmanaged<Object>.fromOpaque(cell.pointee.object).release()
    cell.pointee.tag = 0
    cell.deallocate()
}

private func cell<CType>(of handle: UnsafePointer<CType>, tag: UInt64) -> UnsafeMutablePointer<HandleCell>? {
    let memory = UnsafeMutableRawPointer(mutating: UnsafeRawPointer(handle))
    guard UInt(bitPattern: memory) % UInt(MemoryLayout<HandleCell>.alignment) == 0 else { return nil }
    let cell = memory.assumingMemoryBound(to: HandleCell.self)
    return cell.pointee.tag == tag ? cell : nil
}

private func cell<CType>(of handle: UnsafeMutablePointer<CType>, tag: UInt64) -> UnsafeMutablePointer<HandleCell>? {
    cell(of: UnsafePointer(handle), tag: tag)
}

/// A network as C sees it: a description that grows until it is built.
final class NetworkHandle: HandleObject {
    typealias CType = crl_network
    static var tag: UInt64 { 0x6372_6c6e_6574_776b }
    static var noun: StaticString { "crl_network" }

    var architecture: Architecture
    private(set) var network: Network? {
        didSet { unmanagedNetwork = network.map(Unmanaged.passUnretained) }
    }
    /// The network, for calls so short that counting references would take a good part of their time.
    private(set) var unmanagedNetwork: Unmanaged<Network>?
    /// The names of the layers and tensors as C strings, valid as long as the handle.
    private(set) var layerNames: [UnsafeMutablePointer<CChar>] = []
    private(set) var tensorNames: [UnsafeMutablePointer<CChar>] = []
    /// The names of an ONNX model's inputs, and then of its outputs.
    private(set) var modelNames: [UnsafeMutablePointer<CChar>] = []
    /// The network's class labels, valid until they are set again.
    private(set) var classLabels: [UnsafeMutablePointer<CChar>] = []
    /// Of the ONNX model that the network was read from.
    let signature: ONNXSignature

    /// Each layer's options, kept for the functions of custom activations; without the strings.
    private(set) var functions: [crl_layer_options] = []

    init(_ architecture: Architecture) {
        self.architecture = architecture
        signature = ONNXSignature()
    }

    init(built network: Network, _ signature: ONNXSignature = ONNXSignature()) {
        architecture = network.architecture
        self.signature = signature
        keepNewLayers(crl_layer_options.initial)
        finish(network)
    }

    private init(copyOf other: NetworkHandle, _ network: Network?) {
        architecture = other.architecture
        signature = other.signature
        for (node, functions) in zip(other.architecture.nodes, other.functions) { keep(node, functions) }
        if let network { finish(network) }
    }

    func copy() throws(ChainruleError) -> NetworkHandle {
        try architecture.setAside()
        return NetworkHandle(copyOf: self, try network?.copy())
    }

    private func keepNewLayers(_ options: crl_layer_options) {
        for node in architecture.nodes[layerNames.count...] { keep(node, options) }
    }

    private func keep(_ node: Architecture.Node, _ options: crl_layer_options) {
        layerNames.append(copyString(node.name.text))
        var kept = crl_layer_options.initial
        kept.function = options.function
        kept.derivative = options.derivative
        kept.second_derivative = options.second_derivative
        kept.user = options.user
        functions.append(kept)
    }

    deinit {
        for name in layerNames { name.deallocate() }
        for name in tensorNames { name.deallocate() }
        for name in modelNames { name.deallocate() }
        for label in classLabels { label.deallocate() }
    }

    func setClassLabels(_ labels: [String]) throws(ChainruleError) {
        try built().setClassLabels(labels)
        for label in classLabels { label.deallocate() }
        classLabels = []
        for label in labels { classLabels.append(copyString(label)) }
    }

    /// Adds layers to the description. The network must not be built.
    func describe(
        _ options: crl_layer_options? = nil, _ change: (inout Architecture) throws(ChainruleError) -> Void
    ) throws(ChainruleError) {
        try checkIsOpen()
        try change(&architecture)
        keepNewLayers(options ?? crl_layer_options.initial)
    }

    private func checkIsOpen() throws(ChainruleError) {
        guard network == nil else {
            throw ChainruleError(.alreadyBuilt, "the network is built; its layers are fixed")
        }
    }

    /// - Parameter set: nil: the process's instruction set.
    func build(seed: UInt64, for set: InstructionSet? = nil) throws(ChainruleError) {
        guard network == nil else { throw ChainruleError(.alreadyBuilt, "the network is already built") }
        finish(try Network(architecture, seed: seed, instructionSet: set))
    }

    private func finish(_ network: Network) {
        self.network = network
        for tensor in signature.inputs + signature.outputs { modelNames.append(copyString(tensor.name)) }
        for label in network.classLabels { classLabels.append(copyString(label)) }
        for tensor in network.plan.tensors + network.plan.state { tensorNames.append(copyString(tensor.name)) }
    }

    func built() throws(ChainruleError) -> Network {
        guard let network else {
            throw ChainruleError(.notBuilt, "the network is not built yet: call crl_network_build first")
        }
        return network
    }
}

/// The built network behind a handle.
func network(_ handle: UnsafePointer<crl_network>?) throws(ChainruleError) -> Network {
    try object(handle, "network", as: NetworkHandle.self).built()
}

extension Workspace: HandleObject {
    typealias CType = crl_workspace
    static var tag: UInt64 { 0x6372_6c77_6f72_6b73 }
    static var noun: StaticString { "crl_workspace" }
}

extension Optimizer: HandleObject {
    typealias CType = crl_optimizer
    static var tag: UInt64 { 0x6372_6c6f_7074_696d }
    static var noun: StaticString { "crl_optimizer" }
}

extension Predictor: HandleObject {
    typealias CType = crl_predictor
    static var tag: UInt64 { 0x6372_6c70_7265_6469 }
    static var noun: StaticString { "crl_predictor" }
}

extension Stream: HandleObject {
    typealias CType = crl_stream
    static var tag: UInt64 { 0x6372_6c73_7472_6561 }
    static var noun: StaticString { "crl_stream" }
}

extension Trainer: HandleObject {
    typealias CType = crl_trainer
    static var tag: UInt64 { 0x6372_6c74_7261_696e }
    static var noun: StaticString { "crl_trainer" }
}

extension Publisher: HandleObject {
    typealias CType = crl_publisher
    static var tag: UInt64 { 0x6372_6c70_7562_6c69 }
    static var noun: StaticString { "crl_publisher" }
}

extension Cancellation: HandleObject {
    typealias CType = crl_cancel
    static var tag: UInt64 { 0x6372_6c63_616e_6365 }
    static var noun: StaticString { "crl_cancel" }
}

private func copyString(_ text: String) -> UnsafeMutablePointer<CChar> {
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8.count + 1)
    for (index, byte) in text.utf8.enumerated() { copy[index] = CChar(bitPattern: byte) }
    copy[text.utf8.count] = 0
    return copy
}
