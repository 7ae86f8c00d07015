// GROUP 2: Describing a network
// Describe a network layer by layer, then build it. A layer reads the one before it unless you name another. Several
// layers may read the same one; sums and concatenations read several. Residual and multi-branch networks are described
// the same way. The last layer is the output. Every layer has a name, by default its position: "0", "1", …; "input" is
// the network's own input. Only one thread at a time may use a network until it is built.

import CChainrule
import Chainrule

/// Creates a network without layers.
/// - Parameters:
///   - inputs: N_0, the length of x: from 1 to 2³¹ − 1.
///   - network: receives the network; free it with crl_network_destroy(). NULL after an error.
/// - Returns: a status.
@_cdecl("crl_network_create")
public func crlNetworkCreate(
    _ inputs: UInt, _ network: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_create") { () throws(ChainruleError) in
        guard let network else { throw nullArgument("network") }
        network.pointee = nil
        network.pointee = makeHandle(NetworkHandle(try Architecture(inputs: count(inputs, "inputs"))))
    }
}

/// Copies a network: its layers and, if it is built, its parameters and its instruction set. The two share only the
/// functions of custom activations, and what their `user` points to.
/// - Parameters:
///   - network: built or not; only read.
///   - copy: receives the copy; free it with crl_network_destroy(). NULL after an error.
/// - Returns: a status.
@_cdecl("crl_network_copy")
public func crlNetworkCopy(
    _ network: UnsafePointer<crl_network>?, _ copy: UnsafeMutablePointer<UnsafeMutablePointer<crl_network>?>?
) -> crl_status {
    call("crl_network_copy") { () throws(ChainruleError) in
        guard let copy else { throw nullArgument("copy") }
        copy.pointee = nil
        copy.pointee = makeHandle(try object(network, "network", as: NetworkHandle.self).copy())
    }
}

/// Frees a network. Its workspaces and optimizers stay valid until you destroy them, but can no longer be used.
/// - Parameters:
///   - network: NULL: does nothing.
@_cdecl("crl_network_destroy")
public func crlNetworkDestroy(_ network: UnsafeMutablePointer<crl_network>?) {
    destroyHandle(network, as: NetworkHandle.self)
}

/// Adds a dense layer: z = W h' + b, h = σ(z), at every position of the layer that it reads. W has `units` rows, and a
/// column for each element of that layer's last axis.
/// - Parameters:
///   - network: not built yet.
///   - units: N_l, the length of the last axis: at least 1, and at most 2³¹ − 1 outputs at all positions.
///   - activation: σ.
///   - options: name, input, bias, initializers, α, custom functions; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the
///     strings are copied.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_dense")
public func crlNetworkAddDense(
    _ network: UnsafeMutablePointer<crl_network>?, _ units: UInt, _ activation: crl_activation,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    call("crl_network_add_dense") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let units = try count(units, "units")
        let options = try layerOptions(options)
        let activation = try ChainruleC.activation(activation, options)
        try handle.describe(options) { architecture throws(ChainruleError) in
            guard let options else { return try architecture.dense(units, activation) }
            try architecture.dense(
                units, activation, name: optionalString(options.name), input: optionalString(options.input),
                bias: options.bias != 0,
                weights: initializer(options.weight_initializer, "weight_initializer"),
                biases: initializer(options.bias_initializer, "bias_initializer"))
        }
    }
}

/// Adds an activation as a layer of its own: z is the input's h, h = σ(z).
/// - Parameters:
///   - network: not built yet.
///   - activation: σ.
///   - options: name, input, α, custom functions; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_activation")
public func crlNetworkAddActivation(
    _ network: UnsafeMutablePointer<crl_network>?, _ activation: crl_activation,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    call("crl_network_add_activation") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let options = try weightlessOptions(options)
        let activation = try ChainruleC.activation(activation, options)
        try handle.describe(options) { architecture throws(ChainruleError) in
            try architecture.activation(
                activation, name: optionalString(options?.name), input: optionalString(options?.input))
        }
    }
}

/// Adds dropout (Srivastava et al. 2014). In training it sets each element of h' to 0 with probability p, and divides
/// the others by 1 − p. Elsewhere h is h'. It is active in crl_network_fit(), and with a workspace if
/// crl_workspace_set_noise() says so.
/// - Parameters:
///   - network: not built yet.
///   - rate: p in [0, 1).
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_dropout")
public func crlNetworkAddDropout(
    _ network: UnsafeMutablePointer<crl_network>?, _ rate: Float, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_dropout", network, options) { architecture, name, input throws(ChainruleError) in
        try architecture.dropout(rate, name: name, input: input)
    }
}

/// Adds Gaussian noise: in training h is h' plus normally distributed numbers. It is active when dropout is.
/// - Parameters:
///   - network: not built yet.
///   - deviation: the numbers' standard deviation, finite and ≥ 0; their mean is 0.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_noise")
public func crlNetworkAddNoise(
    _ network: UnsafeMutablePointer<crl_network>?, _ deviation: Float, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_noise", network, options) { architecture, name, input throws(ChainruleError) in
        try architecture.noise(deviation: deviation, name: name, input: input)
    }
}

/// Gives h' another shape: the same elements in the same order, with 1 to 4 axes, channels last. Dense layers, softmax
/// and concatenations work along the last axis, at every position alike: a dense layer of 8 units that reads the shape
/// 10 × 3 has the shape 10 × 8, and 8 × 3 weights.
/// - Parameters:
///   - network: not built yet.
///   - extents: the lengths of the axes, each at least 1; their product is the width of the layer it reads. NULL: one
///     axis of all elements.
///   - extents_count: 1 to 4; 0 with NULL.
///   - options: name, input; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_reshape")
public func crlNetworkAddReshape(
    _ network: UnsafeMutablePointer<crl_network>?, _ extents: UnsafePointer<UInt>?, _ extents_count: UInt,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addLayer("crl_network_add_reshape", network, options) { architecture, name, input throws(ChainruleError) in
        let shape = try shape(extents, count: extents_count, "extents")
        try architecture.reshape(shape, name: name, input: input)
    }
}

/// Adds the elementwise sum of layers, as in a residual connection. From the last axis on, their lengths are equal or 1: a layer is
/// repeated along axes of length 1, and along axes that it lacks before its first, as in numpy.
/// - Parameters:
///   - network: not built yet.
///   - inputs: the names of the layers to add.
///   - inputs_count: how many, at least 1.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_sum")
public func crlNetworkAddSum(
    _ network: UnsafeMutablePointer<crl_network>?, _ inputs: UnsafePointer<UnsafePointer<CChar>?>?,
    _ inputs_count: UInt,
    _ name: UnsafePointer<CChar>?
) -> crl_status {
    call("crl_network_add_sum") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let inputs = try strings(inputs, count: inputs_count, "inputs")
        try handle.describe { architecture throws(ChainruleError) in
            try architecture.sum(of: inputs, name: optionalString(name))
        }
    }
}

/// Adds the concatenation of layers along the last axis: their outputs, one after the other. Their other axes are equal.
/// - Parameters:
///   - network: not built yet.
///   - inputs: the names of the layers, in order.
///   - inputs_count: how many, at least 1.
///   - name: the layer's name; NULL: its position.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_add_concatenation")
public func crlNetworkAddConcatenation(
    _ network: UnsafeMutablePointer<crl_network>?, _ inputs: UnsafePointer<UnsafePointer<CChar>?>?,
    _ inputs_count: UInt,
    _ name: UnsafePointer<CChar>?
) -> crl_status {
    call("crl_network_add_concatenation") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let inputs = try strings(inputs, count: inputs_count, "inputs")
        try handle.describe { architecture throws(ChainruleError) in
            try architecture.concatenation(of: inputs, name: optionalString(name))
        }
    }
}

/// Builds the network: plans its memory, allocates its parameters and draws their first values. Its layers are then
/// fixed.
/// - Parameters:
///   - network: with at least one layer; a later layer must read each one but the last.
///   - seed: of the generator; the same seed always gives the same parameters.
/// - Returns: a status; also CRL_ERROR_NAME or CRL_ERROR_ALREADY_BUILT.
@_cdecl("crl_network_build")
public func crlNetworkBuild(_ network: UnsafeMutablePointer<crl_network>?, _ seed: UInt64) -> crl_status {
    call("crl_network_build") { () throws(ChainruleError) in
        try object(network, "network", as: NetworkHandle.self).build(seed: seed)
    }
}

/// Builds the network as crl_network_build() does, for the instruction set that you choose. This network, its trainers
/// and its predictors compute with it, whatever the process computes with. Files do not record it: to use it again,
/// build such a network and load a file with crl_network_load_parameters().
/// - Parameters:
///   - network: with at least one layer; a later layer must read each one but the last.
///   - seed: of the generator; the same seed gives the same parameters with every instruction set.
///   - instruction_set: CRL_INSTRUCTIONS_BASELINE, CRL_INSTRUCTIONS_AVX2, CRL_INSTRUCTIONS_AVX512 or
///     CRL_INSTRUCTIONS_NEON.
/// - Returns: as crl_network_build(); also CRL_ERROR_VALUE if the instruction set is unknown or this processor lacks
///   it.
@_cdecl("crl_network_build_for")
public func crlNetworkBuildFor(
    _ network: UnsafeMutablePointer<crl_network>?, _ seed: UInt64, _ instruction_set: crl_instructions
) -> crl_status {
    call("crl_network_build_for") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        try handle.build(seed: seed, for: instructionSet(instruction_set))
    }
}

/// Implements the functions that add layers with neither weights nor an activation: their options are a name and an input.
@inline(never)
func addLayer(
    _ function: StaticString, _ network: UnsafeMutablePointer<crl_network>?,
    _ options: UnsafePointer<crl_layer_options>?,
    _ add: (_ architecture: inout Architecture, _ name: String?, _ input: String?) throws(ChainruleError) -> Void
) -> crl_status {
    call(function) { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let options = try noiseOptions(options)
        try handle.describe { architecture throws(ChainruleError) in
            try add(&architecture, optionalString(options?.name), optionalString(options?.input))
        }
    }
}

func layerOptions(_ pointer: UnsafePointer<crl_layer_options>?) throws(ChainruleError) -> crl_layer_options? {
    guard let pointer else { return nil }
    return try structure(pointer, "options")
}

/// Options of a layer without weights.
func weightlessOptions(
    _ pointer: UnsafePointer<crl_layer_options>?
) throws(ChainruleError) -> crl_layer_options? {
    guard let options = try layerOptions(pointer) else { return nil }
    try checkIsDefault(options.weight_initializer, "weight_initializer", lacking: "weights")
    try checkIsDefault(options.bias_initializer, "bias_initializer", lacking: "biases")
    return options
}

/// - Parameter tensors: what the layer lacks.
func checkIsDefault(
    _ given: crl_initializer, _ name: StaticString, lacking tensors: StaticString
) throws(ChainruleError) {
    guard case .standard = try initializer(given, name) else {
        throw ChainruleError(
            .value,
            "options->\(name).kind is \(given.kind), but the layer has no \(tensors): it must be CRL_INIT_DEFAULT")
    }
}

/// Options of a layer with neither weights nor an activation.
func noiseOptions(_ pointer: UnsafePointer<crl_layer_options>?) throws(ChainruleError) -> crl_layer_options? {
    guard let options = try weightlessOptions(pointer) else { return nil }
    return try withoutActivation(options)
}

/// Checks that the options are of a layer without an activation.
func withoutActivation(_ options: crl_layer_options) throws(ChainruleError) -> crl_layer_options {
    guard optionalNumber(options.alpha) == nil else {
        throw ChainruleError(
            .value, "options->alpha is \(options.alpha), but the layer has no activation: it must be CRL_AUTO")
    }
    try checkHasNoFunctions(options)
    return options
}
