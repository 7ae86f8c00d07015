import CChainrule
import ChainruleC
import Foundation

/// Memory that C functions read and write, with an address that stays the same.
final class Memory<Element: BitwiseCopyable> {
    let pointer: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        pointer = .allocate(capacity: max(elements.count, 1))
        pointer.initialize(from: elements, count: elements.count)
        count = elements.count
    }

    convenience init(_ element: Element, count: Int = 1) { self.init([Element](repeating: element, count: count)) }

    deinit { pointer.deallocate() }

    var elements: [Element] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
    var bytes: [UInt8] { Array(UnsafeRawBufferPointer(start: pointer, count: count * MemoryLayout<Element>.stride)) }
}

/// A built network of 2 inputs, "hidden" of 3 tanh units and "out" of 2, with everything that calls on it take. Outputs hold 77.
///
/// `state` is all of it bit for bit: a call that fails must leave it as it was.
final class Fixture {
    static let rows: UInt = 4
    static let inputs: UInt = 2
    static let outputs: UInt = 2
    static let parameterCount: UInt = 17

    let network = Fixture.makeNetwork(seed: 1)
    let other = Fixture.makeNetwork(seed: 1)
    let unbuilt = Fixture.makeNetwork(seed: nil)
    /// For training, 4 rows, after a forward pass of `x`.
    let workspace: UnsafeMutablePointer<crl_workspace>
    let inference: UnsafeMutablePointer<crl_workspace>
    /// Gradient descent with η = 0.1.
    let optimizer: UnsafeMutablePointer<crl_optimizer>

    let x = Memory<Float>([0, 0.5, 1, -1, 0.25, 2, -0.75, 1.5])
    let t = Memory<Float>([0, 1, 1, 0, 0.5, 0.5, 0.25, 0.75])
    let classes = Memory<Int32>([0, 1, 1, 0])
    let weights = Memory<Float>([1, 2, 0, 0.5])
    /// A gradient of the parameters to step along.
    let slope = Memory<Float>((0..<17).map { Float($0) / 16 - 0.5 })

    let y = Memory<Float>(77, count: 8)
    let gradients = Memory<Float>(77, count: 17)
    let dC_dy = Memory<Float>(77, count: 8)
    let dC_dx = Memory<Float>(77, count: 8)
    let C = Memory<Double>(77)
    let sizes = Memory<UInt>(77, count: 2)
    let rate = Memory<Float>(77)
    let address = Memory<UnsafePointer<Float>?>(nil)
    let mutableAddress = Memory<UnsafeMutablePointer<Float>?>(nil)
    let name = Memory<UnsafePointer<CChar>?>(nil)
    let tensor: Memory<crl_tensor>
    let layer: Memory<crl_layer>

    private var arena: [UnsafeMutableRawPointer] = []

    init() {
        var tensor = crl_tensor.initial
        (tensor.offset, tensor.rows, tensor.columns) = (77, 77, 77)
        self.tensor = Memory(tensor)
        var layer = crl_layer.initial
        (layer.units, layer.inputs) = (77, 77)
        self.layer = Memory(layer)
        workspace = Fixture.makeWorkspace(network, rows: Fixture.rows, CRL_PURPOSE_TRAINING)
        inference = Fixture.makeWorkspace(network, rows: Fixture.rows, CRL_PURPOSE_INFERENCE)
        var made: UnsafeMutablePointer<crl_optimizer>?
        var options = crl_optimizer_options.initial
        options.method = crl_optimizer_method(CRL_GRADIENT_DESCENT)
        options.learning_rate = 0.1
        precondition(crlOptimizerCreate(network, &options, &made) == CRL_OK)
        optimizer = made!
        precondition(crlForward(network, workspace, x.pointer, 4, 2, nil, 0, 0) == CRL_OK)
    }

    deinit {
        crlOptimizerDestroy(optimizer)
        crlWorkspaceDestroy(workspace)
        crlWorkspaceDestroy(inference)
        for network in [network, other, unbuilt] { crlNetworkDestroy(network) }
        for pointer in arena { pointer.deallocate() }
    }

    static func makeNetwork(seed: UInt64?) -> UnsafeMutablePointer<crl_network> {
        var network: UnsafeMutablePointer<crl_network>?
        precondition(crlNetworkCreate(inputs, &network) == CRL_OK)
        "hidden".withCString { name in
            var options = crl_layer_options.initial
            options.name = name
            precondition(crlNetworkAddDense(network, 3, crl_activation(CRL_TANH), &options) == CRL_OK)
        }
        "out".withCString { name in
            var options = crl_layer_options.initial
            options.name = name
            precondition(crlNetworkAddDense(network, outputs, crl_activation(CRL_IDENTITY), &options) == CRL_OK)
        }
        if let seed { precondition(crlNetworkBuild(network, seed) == CRL_OK) }
        return network!
    }

    static func makeWorkspace(
        _ network: UnsafePointer<crl_network>, rows: UInt, _ purpose: Int
    ) -> UnsafeMutablePointer<crl_workspace> {
        var workspace: UnsafeMutablePointer<crl_workspace>?
        precondition(crlWorkspaceCreate(network, rows, crl_purpose(purpose), &workspace) == CRL_OK)
        return workspace!
    }

    /// Every parameter, input and output, bit for bit.
    var state: [UInt8] {
        var bytes = x.bytes + t.bytes + classes.bytes + weights.bytes + slope.bytes
        bytes += y.bytes + gradients.bytes + dC_dy.bytes + dC_dx.bytes + C.bytes + sizes.bytes + rate.bytes
        bytes += address.bytes + mutableAddress.bytes + name.bytes + tensor.bytes + layer.bytes
        return bytes + parameters(of: network).bytes + parameters(of: other).bytes
    }

    /// What the network predicts for `x`.
    var prediction: [Float] {
        let y = Memory<Float>(0, count: 8)
        precondition(crlNetworkPredict(network, x.pointer, 4, 2, y.pointer, 4, 2) == CRL_OK)
        return y.elements
    }

    /// The name in `layer`.
    var layerName: String? { layer.pointer.pointee.name.map { String(cString: $0) } }

    /// Keeps a value for as long as the fixture.
    func keep<Value: BitwiseCopyable>(_ value: Value) -> UnsafeMutablePointer<Value> {
        let pointer = UnsafeMutablePointer<Value>.allocate(capacity: 1)
        pointer.initialize(to: value)
        arena.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }

    func keepArray(_ elements: [Float]) -> UnsafeMutablePointer<Float> { keepElements(elements) }

    func keepElements<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
        let pointer = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
        pointer.initialize(from: elements, count: elements.count)
        arena.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }

    func text(_ text: String) -> UnsafePointer<CChar> {
        let bytes = text.utf8CString
        let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { pointer[index] = byte }
        arena.append(UnsafeMutableRawPointer(pointer))
        return UnsafePointer(pointer)
    }

    func texts(_ texts: [String?]) -> UnsafePointer<UnsafePointer<CChar>?> {
        let pointer = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { pointer[index] = text.map { self.text($0) } }
        arena.append(UnsafeMutableRawPointer(pointer))
        return UnsafePointer(pointer)
    }

    func layer(_ change: (inout crl_layer_options) -> Void) -> UnsafePointer<crl_layer_options> {
        changed(crl_layer_options.initial, change)
    }

    func cost(_ change: (inout crl_cost_options) -> Void) -> UnsafePointer<crl_cost_options> {
        changed(crl_cost_options.initial, change)
    }

    func cost(_ kind: Int) -> UnsafePointer<crl_cost_options> { cost { $0.kind = crl_cost_kind(kind) } }

    /// The 4 × 2 values `t`, unless changed.
    func targets(_ change: (inout crl_targets) -> Void = { _ in }) -> UnsafePointer<crl_targets> {
        var targets = crl_targets.initial
        targets.values = UnsafePointer(t.pointer)
        targets.rows = 4
        targets.columns = 2
        targets.stride = 2
        return changed(targets, change)
    }

    /// The 4 classes, unless changed.
    func classTargets(_ change: (inout crl_targets) -> Void = { _ in }) -> UnsafePointer<crl_targets> {
        var targets = crl_targets.initial
        targets.classes = UnsafePointer(classes.pointer)
        targets.classes_count = 4
        return changed(targets, change)
    }

    /// `x` with `targets()`, unless changed.
    func validation(_ change: (inout crl_validation) -> Void = { _ in }) -> UnsafePointer<crl_validation> {
        var validation = crl_validation.initial
        validation.x = UnsafePointer(x.pointer)
        validation.rows = 4
        validation.stride = 2
        validation.targets = targets()
        return changed(validation, change)
    }

    func validation(
        _ x: UnsafePointer<Float>?, _ rows: UInt, _ stride: UInt, _ targets: UnsafePointer<crl_targets>?
    ) -> UnsafePointer<crl_validation> {
        validation {
            $0.x = x
            $0.rows = Int(bitPattern: rows)
            $0.stride = Int(bitPattern: stride)
            $0.targets = targets
        }
    }

    func optimizerOptions(_ change: (inout crl_optimizer_options) -> Void) -> UnsafePointer<crl_optimizer_options> {
        changed(crl_optimizer_options.initial, change)
    }

    func train(_ change: (inout crl_train_options) -> Void) -> UnsafePointer<crl_train_options> {
        changed(crl_train_options.initial, change)
    }

    func changed<Value: BitwiseCopyable>(_ value: Value, _ change: (inout Value) -> Void) -> UnsafePointer<
        Value
    > {
        var value = value
        change(&value)
        return UnsafePointer(keep(value))
    }
}

/// A network's parameter vector, copied.
func parameters(of network: UnsafePointer<crl_network>) -> Memory<Float> {
    var base: UnsafeMutablePointer<Float>?
    var count: UInt = 0
    precondition(crlNetworkParameters(network, &base, &count) == CRL_OK)
    return Memory(Array(UnsafeBufferPointer(start: base, count: Int(count))))
}

// The `CRL_..._INIT` macros, which Swift does not import.

extension crl_layer_options { static var initial: Self { initial_layer_options() } }
extension crl_layer { static var initial: Self { initial_layer() } }
extension crl_cost_options { static var initial: Self { initial_cost_options() } }
extension crl_targets { static var initial: Self { initial_targets() } }
extension crl_validation { static var initial: Self { initial_validation() } }
extension crl_optimizer_options { static var initial: Self { initial_optimizer_options() } }
extension crl_layer_step { static var initial: Self { initial_layer_step() } }
extension crl_schedule_options { static var initial: Self { initial_schedule_options() } }
extension crl_plateau_state { static var initial: Self { initial_plateau_state() } }
extension crl_train_options { static var initial: Self { initial_train_options() } }
extension crl_tensor { static var initial: Self { initial_tensor() } }
extension crl_epoch { static var initial: Self { initial_epoch() } }
extension crl_metrics { static var initial: Self { initial_metrics() } }
extension crl_progress { static var initial: Self { initial_progress() } }
extension crl_data_source { static var initial: Self { initial_data_source() } }
extension crl_gradient_check_options { static var initial: Self { initial_gradient_check_options() } }
extension crl_gradient_report { static var initial: Self { initial_gradient_report() } }
extension crl_minimize_options { static var initial: Self { initial_minimize_options() } }
extension crl_minimum { static var initial: Self { initial_minimum() } }
extension crl_cascade_options { static var initial: Self { initial_cascade_options() } }
