// GROUP 9: Step by step
// Forward, cost, backward and step on your own buffers. A workspace holds the intermediate values. Once it exists, none
// of the four allocates memory (except with a custom cost).
//
//     crl_forward (network, workspace, x, …, y, …);               z_l = W_l h_{l−1} + b_l,  h_l = σ(z_l)
//     crl_cost    (&cost, y, …, &targets, &C, dC_dy, …);          C and ∇C
//     crl_backward(network, workspace, dC_dy, …, gradients, …);   s = δ ⊙ σ'(z_l),  ∂C/∂W_l = s ⊗ h_{l−1},  δ ← W_lᵀ s
//     crl_step    (optimizer, network, gradients, …);             W ← W − η ∂C/∂W

import CChainrule
import Chainrule

/// Creates a workspace: the memory for passes of up to `max_rows` samples through one network.
/// - Parameters:
///   - network: built. The workspace works with this network only.
///   - max_rows: the largest batch, at least 1.
///   - purpose: CRL_PURPOSE_TRAINING, or CRL_PURPOSE_INFERENCE for forward passes only, in less memory.
///   - workspace: receives the workspace; free it with crl_workspace_destroy(). NULL after an error.
/// - Returns: a status.
@_cdecl("crl_workspace_create")
public func crlWorkspaceCreate(
    _ network: UnsafePointer<crl_network>?, _ max_rows: UInt, _ purpose: crl_purpose,
    _ workspace: UnsafeMutablePointer<UnsafeMutablePointer<crl_workspace>?>?
) -> crl_status {
    call("crl_workspace_create") { () throws(ChainruleError) in
        guard let workspace else { throw nullArgument("workspace") }
        workspace.pointee = nil
        workspace.pointee = makeHandle(
            try Workspace(
                for: ChainruleC.network(network), maxRows: count(max_rows, "max_rows"),
                purpose: ChainruleC.purpose(purpose)))
    }
}

/// Frees a workspace.
/// - Parameters:
///   - workspace: NULL: does nothing.
@_cdecl("crl_workspace_destroy")
public func crlWorkspaceDestroy(_ workspace: UnsafeMutablePointer<crl_workspace>?) {
    destroyHandle(workspace, as: Workspace.self)
}

/// Gets a layer's z, h or δ from the last pass: a contiguous matrix with one row for each sample. "input" is the
/// network's input: its h is x, its δ is ∂C/∂x.
/// - Parameters:
///   - workspace: after a forward pass; for δ, after a backward pass; for δ of "input", after a backward pass with
///     dC_dx.
///   - layer: the layer's name.
///   - quantity: CRL_QUANTITY_Z, CRL_QUANTITY_H or CRL_QUANTITY_DELTA.
///   - values: receives the address, inside the workspace. Valid until the workspace's next pass.
///   - rows: receives the number of samples.
///   - columns: receives the width of the layer.
/// - Returns: a status; also CRL_ERROR_NAME, CRL_ERROR_VALUE (also for z and δ of a workspace for inference, and for z
///   of the input) or CRL_ERROR_NO_FORWARD.
@_cdecl("crl_workspace_values")
public func crlWorkspaceValues(
    _ workspace: UnsafePointer<crl_workspace>?, _ layer: UnsafePointer<CChar>?, _ quantity: crl_quantity,
    _ values: UnsafeMutablePointer<UnsafePointer<Float>?>?, _ rows: UnsafeMutablePointer<UInt>?,
    _ columns: UnsafeMutablePointer<UInt>?
) -> crl_status {
    call("crl_workspace_values") { () throws(ChainruleError) in
        let workspace = try object(workspace, "workspace", as: Workspace.self)
        let layer = try requiredString(layer, "layer")
        guard let values else { throw nullArgument("values") }
        guard let rows else { throw nullArgument("rows") }
        guard let columns else { throw nullArgument("columns") }
        let matrix = try workspace.matrix(of: layer, ChainruleC.quantity(quantity))
        values.pointee = UnsafePointer(matrix.base)
        rows.pointee = UInt(matrix.rows)
        columns.pointee = UInt(matrix.columns)
    }
}

/// Runs the forward pass: computes z_l = W_l h_{l−1} (+ b_l) and h_l = σ(z_l) for every layer and keeps them in the
/// workspace. Copies x: you may reuse its memory afterwards. NaN and infinity propagate.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - workspace: made for this network; one thread at a time.
///   - x: x_rows × inputs.
///   - x_rows: from 1 to the workspace's max_rows.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - y: receives x_rows × outputs; NULL: none. May overlap x.
///   - y_rows: the rows that fit in y, at least x_rows; ignored if y is NULL.
///   - y_stride: floats from one row to the next, at least the number of outputs; ignored if y is NULL.
/// - Returns: a status; also CRL_ERROR_MISMATCH. After CRL_ERROR_CALLBACK or CRL_CANCELLED the workspace holds no
///   forward pass.
@_cdecl("crl_forward")
public func crlForward(
    _ network: UnsafePointer<crl_network>?, _ workspace: UnsafeMutablePointer<crl_workspace>?,
    _ x: UnsafePointer<Float>?,
    _ x_rows: UInt, _ x_stride: UInt, _ y: UnsafeMutablePointer<Float>?, _ y_rows: UInt, _ y_stride: UInt
) -> crl_status {
    call("crl_forward") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let workspace = try object(workspace, "workspace", as: Workspace.self)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        guard let y else { return try network.forward(x, in: workspace) }
        let outputs = try output(y, rows: y_rows, needed: x.rows, columns: network.outputs, stride: y_stride, "y")
        try Place(outputs, "y").checkApart(from: Place(network.numbers, "the network's parameters"))
        try network.forward(x, in: workspace)
        outputs.assign(workspace.output)
    }
}

/// Computes the cost C of outputs and targets, and its gradient ∇C = ∂C/∂y, where the error signal δ starts.
///
/// C is a double even where its terms exceed float32, as the square of 10²⁰ does. A row with sample weight 0 adds
/// nothing to C or ∇C, whatever its target; its outputs must still be finite. A custom cost applies the weights itself.
///
/// Threads: any, if a custom cost's function permits.
/// - Parameters:
///   - cost: the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
///   - y: y_rows × y_columns outputs.
///   - y_rows: at least 1.
///   - y_columns: N, at least 1.
///   - y_stride: floats from one row to the next, at least y_columns.
///   - targets: for each row of y; NULL: none, only for a custom cost that needs none.
///   - C: receives the cost.
///   - dC_dy: receives y_rows × y_columns; NULL: none. May be y itself, except with a custom cost.
///   - dC_dy_rows: the rows that fit in dC_dy, at least y_rows; ignored if dC_dy is NULL.
///   - dC_dy_stride: floats from one row to the next, at least y_columns; ignored if dC_dy is NULL.
/// - Returns: a status; also CRL_ERROR_TARGET or CRL_ERROR_NOT_FINITE. After an error the contents of dC_dy are
///   unspecified.
@_cdecl("crl_cost")
public func crlCost(
    _ cost: UnsafePointer<crl_cost_options>?, _ y: UnsafePointer<Float>?, _ y_rows: UInt, _ y_columns: UInt,
    _ y_stride: UInt, _ targets: UnsafePointer<crl_targets>?, _ C: UnsafeMutablePointer<Double>?,
    _ dC_dy: UnsafeMutablePointer<Float>?, _ dC_dy_rows: UInt, _ dC_dy_stride: UInt
) -> crl_status {
    call("crl_cost") { () throws(ChainruleError) in
        let cost = try ChainruleC.cost(cost)
        guard y_columns >= 1 else { throw ChainruleError(.size, "y_columns is 0; at least 1 is needed") }
        let y = try matrix(y, rows: y_rows, columns: count(y_columns, "y_columns"), stride: y_stride, "y")
        let targets = try ChainruleC.targets(targets, for: cost, rows: y.rows, columns: y.columns, "targets")
        guard let C else { throw nullArgument("C") }
        var gradient: Matrix?
        if let dC_dy {
            gradient = try output(
                dC_dy, rows: dC_dy_rows, needed: y.rows, columns: y.columns, stride: dC_dy_stride, "dC_dy")
        }
        if let gradient {
            let isInPlace = gradient.base == y.base && gradient.stride == y.stride && !cost.isCustom
            if !isInPlace { try Place(gradient, "dC_dy").checkApart(from: Place(y, "y")) }
            try targets.checkApart(from: Place(gradient, "dC_dy"))
        }
        try targets.validate(for: cost, rows: y.rows, columns: y.columns)
        C.pointee = try cost.evaluate(y, targets, gradient: gradient, .standard)
    }
}

/// Runs the backward pass. Starts from any ∇C at the outputs of the last forward pass. Computes the gradients of all
/// parameters, summed over the rows, the error signal δ of every layer (see crl_workspace_values()) and the gradient of
/// the input.
///
/// Needs the weights of the forward pass: after crl_step(), run crl_forward() on the same workspace first.
/// - Parameters:
///   - network: built; only read.
///   - workspace: for training, after a forward pass of as many rows.
///   - dC_dy: ∇C, dC_dy_rows × outputs. Copied: gradients and dC_dx may overlap it.
///   - dC_dy_rows: the rows of the last forward pass.
///   - dC_dy_stride: floats from one row to the next, at least the number of outputs.
///   - gradients: receives ∂C/∂w in the order of the parameter vector; NULL: only δ and dC_dx.
///   - gradients_count: the number of parameters; ignored if gradients is NULL.
///   - accumulate: 0: sets gradients. Non-zero: adds to them.
///   - dC_dx: receives ∂C/∂x, dC_dy_rows × inputs; NULL: none.
///   - dC_dx_rows: the rows that fit in dC_dx, at least dC_dy_rows; ignored if dC_dx is NULL.
///   - dC_dx_stride: floats from one row to the next, at least the number of inputs; ignored if dC_dx is NULL.
/// - Returns: a status; also CRL_ERROR_MISMATCH or CRL_ERROR_NO_FORWARD. After CRL_ERROR_CALLBACK the contents of
///   gradients are unspecified, and the workspace holds no δ.
@_cdecl("crl_backward")
public func crlBackward(
    _ network: UnsafePointer<crl_network>?, _ workspace: UnsafeMutablePointer<crl_workspace>?,
    _ dC_dy: UnsafePointer<Float>?, _ dC_dy_rows: UInt, _ dC_dy_stride: UInt, _ gradients: UnsafeMutablePointer<Float>?,
    _ gradients_count: UInt, _ accumulate: Int32, _ dC_dx: UnsafeMutablePointer<Float>?, _ dC_dx_rows: UInt,
    _ dC_dx_stride: UInt
) -> crl_status {
    call("crl_backward") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let workspace = try object(workspace, "workspace", as: Workspace.self)
        let outputGradient = try matrix(
            dC_dy, rows: dC_dy_rows, columns: network.outputs, stride: dC_dy_stride, "dC_dy")
        var vector: Matrix?
        if let gradients {
            vector = try parameterVector(gradients, count: gradients_count, of: network, "gradients")
        }
        var inputGradient: Matrix?
        if let dC_dx {
            inputGradient = try output(
                dC_dx, rows: dC_dx_rows, needed: outputGradient.rows, columns: network.inputs, stride: dC_dx_stride,
                "dC_dx")
        }
        let parameters = Place(network.numbers, "the network's parameters")
        if let vector { try Place(vector, "gradients").checkApart(from: parameters) }
        if let inputGradient {
            try Place(inputGradient, "dC_dx").checkApart(from: parameters)
            if let vector { try Place(inputGradient, "dC_dx").checkApart(from: Place(vector, "gradients")) }
        }
        try network.backward(
            outputGradient, in: workspace, gradients: vector, accumulating: accumulate != 0,
            wantsInputGradient: inputGradient != nil)
        if let inputGradient { inputGradient.assign(try workspace.matrix(of: "input", .delta)) }
    }
}

/// Runs a part of a backward pass, from the last layer towards the first: as far as some gradients need. These can travel to
/// other processes while the next call goes on. Cut the vector anywhere: give dC_dy with the last piece, then NULL with each
/// piece before it, down to first = 0. All pieces together have the bits of crl_backward().
///
/// A forward pass, crl_backward() and an error of a layer's function end the pass.
/// - Parameters:
///   - network: built; only read.
///   - workspace: for training, after a forward pass of as many rows.
///   - dC_dy: ∇C, dC_dy_rows × outputs, starts a pass. Copied. NULL: goes on with the one that the last call started.
///   - dC_dy_rows: the rows of the last forward pass; ignored if dC_dy is NULL.
///   - dC_dy_stride: floats from one row to the next, at least the number of outputs; ignored if dC_dy is NULL.
///   - first: the gradients from this index to the end of the vector are complete afterwards. 0: the pass ends, and
///     crl_workspace_values() has δ of every layer.
///   - gradients: receives ∂C/∂w in the order of the parameter vector, whole layers at a time. Give the same vector in each call.
///   - gradients_count: the number of parameters.
///   - accumulate: 0: sets gradients. Non-zero: adds to them.
/// - Returns: a status; also CRL_ERROR_MISMATCH or CRL_ERROR_NO_FORWARD. After CRL_ERROR_CALLBACK the contents of
///   gradients are unspecified, and the workspace holds no δ.
@_cdecl("crl_backward_until")
public func crlBackwardUntil(
    _ network: UnsafePointer<crl_network>?, _ workspace: UnsafeMutablePointer<crl_workspace>?,
    _ dC_dy: UnsafePointer<Float>?, _ dC_dy_rows: UInt, _ dC_dy_stride: UInt, _ first: UInt,
    _ gradients: UnsafeMutablePointer<Float>?, _ gradients_count: UInt, _ accumulate: Int32
) -> crl_status {
    call("crl_backward_until") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let workspace = try object(workspace, "workspace", as: Workspace.self)
        var outputGradient: Matrix?
        if let dC_dy {
            outputGradient = try matrix(
                dC_dy, rows: dC_dy_rows, columns: network.outputs, stride: dC_dy_stride, "dC_dy")
        }
        let vector = try parameterVector(gradients, count: gradients_count, of: network, "gradients")
        guard first <= gradients_count else {
            throw ChainruleError(.size, "first is \(first); the network has \(network.parameterCount) parameters")
        }
        try Place(vector, "gradients").checkApart(from: Place(network.numbers, "the network's parameters"))
        try network.backward(
            outputGradient, in: workspace, until: Int(first), gradients: vector, accumulating: accumulate != 0)
    }
}

/// Sets whether dropout and noise layers are active in the workspace's next passes, and what they draw. The numbers
/// follow from seed, step, layer, row and column alone. Afterwards the workspace holds no forward pass.
/// - Parameters:
///   - workspace: one thread at a time.
///   - active: 0, as in a new workspace: they do nothing. Non-zero: they are active.
///   - seed: crl_network_fit() uses its options' seed.
///   - step: below 2⁵⁰. Each step gives other numbers. crl_network_fit() uses the number of steps that the optimizer
///     has taken.
/// - Returns: a status.
@_cdecl("crl_workspace_set_noise")
public func crlWorkspaceSetNoise(
    _ workspace: UnsafeMutablePointer<crl_workspace>?, _ active: Int32, _ seed: UInt64, _ step: UInt64
) -> crl_status {
    call("crl_workspace_set_noise") { () throws(ChainruleError) in
        let workspace = try object(workspace, "workspace", as: Workspace.self)
        guard step < 1 << 50 else {
            throw ChainruleError(.value, "step is \(step); it must be below 2 to the power of 50")
        }
        workspace.setNoise(active != 0 ? NoiseSeed(seed: seed, step: step) : nil)
    }
}

/// Sets whether batch normalization takes its mean and variance from the batch in the workspace's next passes, as
/// crl_network_fit() does, or from its running statistics. Afterwards the workspace holds no forward pass.
/// - Parameters:
///   - workspace: not for inference; one thread at a time.
///   - active: 0, as in a new workspace: from the running statistics. Non-zero: from the batch.
/// - Returns: a status.
@_cdecl("crl_workspace_use_batch_statistics")
public func crlWorkspaceUseBatchStatistics(
    _ workspace: UnsafeMutablePointer<crl_workspace>?, _ active: Int32
) -> crl_status {
    call("crl_workspace_use_batch_statistics") { () throws(ChainruleError) in
        try object(workspace, "workspace", as: Workspace.self).usesBatchStatistics = active != 0
    }
}

/// Moves the running statistics of batch normalization towards those of the workspace's last forward pass, which took them
/// from the batch. crl_network_fit() does so after each step. A change of the network: a backward pass needs another forward
/// pass afterwards.
/// - Parameters:
///   - network: built.
///   - workspace: of this network.
/// - Returns: a status; also CRL_ERROR_NO_FORWARD or CRL_ERROR_MISMATCH.
@_cdecl("crl_network_update_statistics")
public func crlNetworkUpdateStatistics(
    _ network: UnsafeMutablePointer<crl_network>?, _ workspace: UnsafePointer<crl_workspace>?
) -> crl_status {
    call("crl_network_update_statistics") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        try network.checkIsNotTraining()
        try network.updateStatistics(from: try object(workspace, "workspace", as: Workspace.self))
    }
}

/// Computes C at the present parameters, and ∂C/∂w of every parameter: forward, cost and backward in one call. Use it
/// with an outside optimizer.
/// - Parameters:
///   - network: built; only read, by any number of threads at once.
///   - cost: the cost; NULL: CRL_COST_OPTIONS_INIT, the mean squared error.
///   - x: x_rows × inputs, all finite.
///   - x_rows: at least 1.
///   - x_stride: floats from one row to the next, at least the number of inputs.
///   - targets: for each row of x; NULL: none, only for a custom cost that needs none.
///   - C: receives the cost.
///   - gradients: receives ∂C/∂w in the order of the parameter vector; NULL: only C.
///   - gradients_count: the number of parameters; ignored if gradients is NULL.
/// - Returns: a status; also CRL_ERROR_TARGET or CRL_ERROR_NOT_FINITE. After an error the contents of gradients are
///   unspecified.
@_cdecl("crl_network_value_and_gradient")
public func crlNetworkValueAndGradient(
    _ network: UnsafePointer<crl_network>?, _ cost: UnsafePointer<crl_cost_options>?, _ x: UnsafePointer<Float>?,
    _ x_rows: UInt, _ x_stride: UInt, _ targets: UnsafePointer<crl_targets>?, _ C: UnsafeMutablePointer<Double>?,
    _ gradients: UnsafeMutablePointer<Float>?, _ gradients_count: UInt
) -> crl_status {
    call("crl_network_value_and_gradient") { () throws(ChainruleError) in
        let network = try ChainruleC.network(network)
        let cost = try ChainruleC.cost(cost)
        let x = try matrix(x, rows: x_rows, columns: network.inputs, stride: x_stride, "x")
        let targets = try ChainruleC.targets(
            targets, for: cost, rows: x.rows, columns: network.outputs, "targets")
        guard let C else { throw nullArgument("C") }
        var vector: Matrix?
        if let gradients {
            vector = try parameterVector(gradients, count: gradients_count, of: network, "gradients")
        }
        if let vector { try checkApart(Place(vector, "gradients"), from: x, targets, of: network) }
        C.pointee = try network.valueAndGradient(cost, x, targets, gradients: vector)
    }
}

/// Takes one step of the optimizer: changes the network's parameters along a gradient. Gradient descent is W ← W − η
/// ∂C/∂W.
///
/// Requires exclusive access to the network. Returns CRL_ERROR_NOT_FINITE and changes nothing if the gradient is not
/// finite, or if the step could make a parameter or the optimizer's state overflow. Ignores the gradients of frozen
/// layers. Takes subnormal numbers for 0.
/// - Parameters:
///   - optimizer: made for this network.
///   - network: built.
///   - gradients: ∂C/∂w in the order of the parameter vector, from crl_backward() or from anywhere else.
///   - gradients_count: the number of parameters.
/// - Returns: a status; also CRL_ERROR_MISMATCH, CRL_ERROR_BUSY (in a callback while the network trains or loads) or
///   CRL_ERROR_NOT_FINITE.
@_cdecl("crl_step")
public func crlStep(
    _ optimizer: UnsafeMutablePointer<crl_optimizer>?, _ network: UnsafeMutablePointer<crl_network>?,
    _ gradients: UnsafePointer<Float>?, _ gradients_count: UInt
) -> crl_status {
    call("crl_step") { () throws(ChainruleError) in
        let optimizer = try object(optimizer, "optimizer", as: Optimizer.self)
        let network = try ChainruleC.network(network)
        let vector = try parameterVector(gradients, count: gradients_count, of: network, "gradients")
        try Place(network.numbers, "the network's parameters").checkApart(from: Place(vector, "gradients"))
        try network.checkIsNotTraining()
        try optimizer.step(network, gradients: vector)
    }
}
