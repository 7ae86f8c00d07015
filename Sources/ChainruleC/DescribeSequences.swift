// GROUP 2: Describing a network

import CChainrule
import Chainrule

/// Adds a recurrent layer: at each step of a sequence, h of x and of the state h' of the step before. The layer that it reads has
/// two axes, steps and channels.
///
/// Tensors and their layout are PyTorch's: "weight_ih", gates · units × channels, "weight_hh", gates · units × units, and "bias",
/// gates · units, which is the sum of PyTorch's two. A GRU whose reset gate multiplies the product has "bias_hn", units, as well:
/// PyTorch's bias_hh of the gate n; "bias" then has bias_ih of that gate alone. Peepholes are "peephole", 3 · units: of the gates
/// i, f and o. CRL_INIT_DEFAULT is uniform in ± 1 / sqrt(units) for all of them, as in PyTorch.
///
/// A row with a length has so many steps. Nothing is computed beyond them: h is 0 there, and no number of the row depends on
/// what x holds there, as long as that is finite. The last state is that of the row's last step; backwards, the row begins there. A
/// length that is no whole number from 1 to the number of steps is CRL_ERROR_VALUE.
/// - Parameters:
///   - network: not built yet.
///   - cell: what makes h.
///   - units: the elements of h, at least 1.
///   - recurrent: initialized with CRL_RECURRENT_OPTIONS_INIT; NULL: its values. Only read; the strings are copied.
///   - options: name, input, bias, initializers; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_recurrent")
public func crlNetworkAddRecurrent(
    _ network: UnsafeMutablePointer<crl_network>?, _ cell: crl_cell, _ units: UInt,
    _ recurrent: UnsafePointer<crl_recurrent_options>?, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    call("crl_network_add_recurrent") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let given = try GivenRecurrence(cell, units, recurrent, options)
        try handle.describe { architecture throws(ChainruleError) in
            try architecture.recurrent(
                given.settings, name: given.name, input: given.input, initialState: given.initialState,
                lengths: given.lengths)
        }
    }
}

/// Adds a recurrent layer for each direction, and joins their outputs along the channels: the two of crl_network_add_recurrent(), with
/// "_forward" and "_backward" after the name, and a concatenation of that name. Both read the same first state.
/// - Parameters:
///   - network: not built yet.
///   - cell: what makes h.
///   - units: the elements of each direction's h, at least 1.
///   - recurrent: initialized with CRL_RECURRENT_OPTIONS_INIT; NULL: its values. `backwards` is 0. Only read; the strings are
///     copied.
///   - options: name, input, bias, initializers; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_bidirectional")
public func crlNetworkAddBidirectional(
    _ network: UnsafeMutablePointer<crl_network>?, _ cell: crl_cell, _ units: UInt,
    _ recurrent: UnsafePointer<crl_recurrent_options>?, _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    call("crl_network_add_bidirectional") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let given = try GivenRecurrence(cell, units, recurrent, options)
        guard !given.settings.isBackwards else {
            throw ChainruleError(.value, "recurrent->backwards is not 0, but the layer goes in both directions")
        }
        try handle.describe { architecture throws(ChainruleError) in
            try architecture.bidirectional(
                given.settings, name: given.name, input: given.input, initialState: given.initialState,
                lengths: given.lengths)
        }
    }
}

/// Adds a table of vectors, one for each token: h of a position is the row of the table that x there says. The layer that it reads
/// holds whole numbers from 0 to tokens − 1; any other number is CRL_ERROR_VALUE in a pass, with the layer, the row, the position and
/// the number. They get no error signal.
///
/// Its tensor is "weight", tokens × width, as PyTorch's. CRL_INIT_DEFAULT is normal with mean 0 and deviation 1, as there. Its
/// gradient is 0 but in the rows of tokens that the batch holds. Training by gradient descent or AdaGrad without penalties looks at
/// no other rows; momentum and weight decay move all of them.
/// - Parameters:
///   - network: not built yet.
///   - tokens: the rows of the table, 1 to 16777216.
///   - width: the elements of a vector, at least 1: the last axis of h. A layer of the shape T gives T × width; if its last axis is 1,
///     as in T × 1, width replaces it.
///   - options: name, input, weight_initializer; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_embedding")
public func crlNetworkAddEmbedding(
    _ network: UnsafeMutablePointer<crl_network>?, _ tokens: UInt, _ width: UInt,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    call("crl_network_add_embedding") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let (tokens, width) = (try count(tokens, "tokens"), try count(width, "width"))
        let given = try weightOptions(options)
        try handle.describe { architecture throws(ChainruleError) in
            try architecture.embedding(
                tokens: tokens, width: width, name: given.name, input: given.input, weights: given.weights)
        }
    }
}

/// Adds to each element of a sequence numbers that tell its position. The layer that it reads has two axes, steps and channels.
///
/// CRL_POSITIONS_SINUSOIDAL adds sin(t ω_i) to the channel 2 i of step t, and cos(t ω_i) to the channel 2 i + 1, with
/// ω_i = 10000^(−2 i / channels) (Vaswani et al. 2017). CRL_POSITIONS_LEARNED is the sum with a layer of parameters of the same shape,
/// which has "_value" after the name: two layers, and any shape. CRL_INIT_DEFAULT is 0 for them.
/// - Parameters:
///   - network: not built yet.
///   - positions: which numbers.
///   - options: name, input, weight_initializer of those that are learned; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are
///     copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_positions")
public func crlNetworkAddPositions(
    _ network: UnsafeMutablePointer<crl_network>?, _ positions: crl_positions,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    call("crl_network_add_positions") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        switch Int(positions) {
        case CRL_POSITIONS_SINUSOIDAL:
            let options = try noiseOptions(options)
            try handle.describe { architecture throws(ChainruleError) in
                try architecture.positions(name: optionalString(options?.name), input: optionalString(options?.input))
            }
        case CRL_POSITIONS_LEARNED:
            let given = try weightOptions(options)
            try handle.describe { architecture throws(ChainruleError) in
                try architecture.learnedPositions(name: given.name, input: given.input, weights: given.weights)
            }
        default: throw ChainruleError(.value, "positions is \(positions), which is no crl_positions")
        }
    }
}

/// Adds multi-head attention (Vaswani et al. 2017): h of each query is the mean of the values, weighted by softmax of their keys'
/// products with it, for each head with its channels. The layers that it reads have two axes, steps and channels; h has the steps of
/// the queries.
///
/// Dense layers come before and after it. The last has the name of the whole, the attention "_heads" after the name, and the others
/// "_in" if the queries' layer gives all, "_query" and "_key_value" if keys and values come from another one, "_query", "_key" and
/// "_value" if they come from two. "_in.weight" is PyTorch's in_proj_weight, and the weight of the last its out_proj.weight. With
/// `bare` only the attention is added, under the name itself.
///
/// A row with a length has so many keys, and no number depends on those beyond, as long as they are finite. If the queries' layer
/// gives all, it has as many queries, and h is 0 beyond. A length that is no whole number from 1 to the number of steps is
/// CRL_ERROR_VALUE.
/// - Parameters:
///   - network: not built yet.
///   - attention: initialized with CRL_ATTENTION_OPTIONS_INIT; NULL: its values. Only read; the strings are copied.
///   - options: name, input (which gives the queries), bias, initializers; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are
///     copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_attention")
public func crlNetworkAddAttention(
    _ network: UnsafeMutablePointer<crl_network>?, _ attention: UnsafePointer<crl_attention_options>?,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    call("crl_network_add_attention") { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        let given = try attention.map { (pointer) throws(ChainruleError) in try structure(pointer, "attention") }
        let how = given ?? crl_attention_options.initial
        let settings = AttentionSettings(
            heads: try count(UInt(bitPattern: how.heads), "attention->heads"), isCausal: how.causal != 0)
        let width = how.width == 0 ? nil : try count(UInt(bitPattern: how.width), "attention->width")
        let (key, value) = (optionalString(how.key), optionalString(how.value))
        let lengths = optionalString(how.lengths)
        guard how.bare == 0 else {
            let options = try noiseOptions(options)
            guard width == nil else {
                throw ChainruleError(
                    .value, "attention->width is \(how.width), but there are no dense layers: it must be 0")
            }
            try handle.describe { architecture throws(ChainruleError) in
                try architecture.attention(
                    settings, name: optionalString(options?.name), query: optionalString(options?.input), key: key,
                    value: value, lengths: lengths)
            }
            return
        }
        let options = try layerOptions(options) ?? crl_layer_options.initial
        _ = try withoutActivation(options)
        let weights = try initializer(options.weight_initializer, "weight_initializer")
        let biases = try initializer(options.bias_initializer, "bias_initializer")
        try handle.describe { architecture throws(ChainruleError) in
            try architecture.multiHeadAttention(
                settings, width: width, name: optionalString(options.name), query: optionalString(options.input),
                key: key, value: value, lengths: lengths, bias: options.bias != 0, weights: weights, biases: biases)
        }
    }
}

/// The options of a layer with weights alone.
private func weightOptions(
    _ options: UnsafePointer<crl_layer_options>?
) throws(ChainruleError) -> (name: String?, input: String?, weights: Initializer) {
    guard let options = try layerOptions(options) else { return (nil, nil, .standard) }
    _ = try withoutActivation(options)
    try checkIsDefault(options.bias_initializer, "bias_initializer", lacking: "biases")
    return (
        optionalString(options.name), optionalString(options.input),
        try initializer(options.weight_initializer, "weight_initializer")
    )
}

/// Adds parameters as a layer: h is the same for every row, and learned. A recurrent layer can read its first state from it. Its
/// tensor is "value", of this shape. CRL_INIT_DEFAULT is 0; weight_initializer says otherwise.
/// - Parameters:
///   - network: not built yet.
///   - extents: the lengths of its axes, channels last; each at least 1.
///   - extents_count: 1 to 4.
///   - options: name, weight_initializer; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_parameter")
public func crlNetworkAddParameter(
    _ network: UnsafeMutablePointer<crl_network>?, _ extents: UnsafePointer<UInt>?, _ extents_count: UInt,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addNumbers("crl_network_add_parameter", network, extents, extents_count, options) {
        architecture, shape, name, values throws(ChainruleError) in
        try architecture.parameter(shape, name: name, weights: values)
    }
}

/// Adds numbers as a layer that no training changes: h is the same for every row. They are the network's state, its tensor "value" of
/// this shape: write them with crl_network_state() after crl_network_build(); files hold them. CRL_INIT_DEFAULT is 0;
/// weight_initializer says otherwise.
/// - Parameters:
///   - network: not built yet.
///   - extents: the lengths of its axes, channels last; each at least 1.
///   - extents_count: 1 to 4.
///   - options: name, weight_initializer; NULL: CRL_LAYER_OPTIONS_INIT. Only read; the strings are copied.
/// - Returns: as crl_network_add_dense().
@_cdecl("crl_network_add_constant")
public func crlNetworkAddConstant(
    _ network: UnsafeMutablePointer<crl_network>?, _ extents: UnsafePointer<UInt>?, _ extents_count: UInt,
    _ options: UnsafePointer<crl_layer_options>?
) -> crl_status {
    addNumbers("crl_network_add_constant", network, extents, extents_count, options) {
        architecture, shape, name, values throws(ChainruleError) in
        try architecture.constant(shape, name: name, values: values)
    }
}

private func addNumbers(
    _ function: StaticString, _ network: UnsafeMutablePointer<crl_network>?, _ extents: UnsafePointer<UInt>?,
    _ extents_count: UInt, _ options: UnsafePointer<crl_layer_options>?,
    _ add: (
        _ architecture: inout Architecture, _ shape: Shape, _ name: String?, _ values: Initializer
    ) throws(ChainruleError) -> Void
) -> crl_status {
    call(function) { () throws(ChainruleError) in
        let handle = try object(network, "network", as: NetworkHandle.self)
        guard let shape = try shape(extents, count: extents_count, "extents") else { throw nullArgument("extents") }
        let given = try weightOptions(options)
        guard given.input == nil else {
            throw ChainruleError(.value, "options->input is not NULL, but parameters read no layer")
        }
        try handle.describe { architecture throws(ChainruleError) in
            try add(&architecture, shape, given.name, given.weights)
        }
    }
}

/// A caller's recurrent layer.
private struct GivenRecurrence {
    var settings: RecurrentSettings
    let name: String?
    let input: String?
    let initialState: String?
    let lengths: String?

    init(
        _ cell: crl_cell, _ units: UInt, _ recurrent: UnsafePointer<crl_recurrent_options>?,
        _ options: UnsafePointer<crl_layer_options>?
    ) throws(ChainruleError) {
        let given = try recurrent.map { (pointer) throws(ChainruleError) in try structure(pointer, "recurrent") }
        let how = given ?? crl_recurrent_options.initial
        let options = try layerOptions(options)
        if let options { _ = try withoutActivation(options) }
        guard how.reset_first == 0 || cell == crl_cell(CRL_CELL_GRU) else {
            throw ChainruleError(.value, "recurrent->reset_first is not 0, but the cell is not CRL_CELL_GRU")
        }
        guard how.peepholes == 0 || cell == crl_cell(CRL_CELL_LSTM) else {
            throw ChainruleError(.value, "recurrent->peepholes is not 0, but the cell is not CRL_CELL_LSTM")
        }
        guard how.cell == 0 || cell == crl_cell(CRL_CELL_LSTM) else {
            throw ChainruleError(.value, "recurrent->cell is not 0, but the cell is not CRL_CELL_LSTM")
        }
        let kind: RecurrentSettings.Cell
        switch Int(cell) {
        case CRL_CELL_TANH: kind = .simple(rectifies: false)
        case CRL_CELL_RELU: kind = .simple(rectifies: true)
        case CRL_CELL_GRU: kind = .gru(resetsFirst: how.reset_first != 0)
        case CRL_CELL_LSTM: kind = .lstm(hasPeepholes: how.peepholes != 0)
        default: throw ChainruleError(.value, "cell is \(cell), which is no crl_cell")
        }
        settings = RecurrentSettings(kind, units: try count(units, "units"))
        settings.givesSequence = how.last == 0
        settings.givesCell = how.cell != 0
        settings.isBackwards = how.backwards != 0
        if let options {
            settings.hasBias = options.bias != 0
            settings.weights = try initializer(options.weight_initializer, "weight_initializer")
            settings.biases = try initializer(options.bias_initializer, "bias_initializer")
        }
        name = optionalString(options?.name)
        input = optionalString(options?.input)
        initialState = optionalString(how.initial_state)
        lengths = optionalString(how.lengths)
    }
}
