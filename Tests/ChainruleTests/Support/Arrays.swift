import Chainrule

// The library's calls with arrays instead of spans, for tests.

extension Network {
    func forward(_ x: [Float], in workspace: Workspace) throws {
        try forward(x.span, rows: x.count / inputs, in: workspace)
    }

    /// The gradient of the parameters for this ∇C.
    func gradients(from outputGradient: [Float], in workspace: Workspace) throws -> [Float] {
        var gradients = [Float](repeating: .nan, count: parameterCount)
        var span = gradients.mutableSpan
        try backward(outputGradient.span, in: workspace, gradients: &span)
        return gradients
    }

    /// Adds the gradient of the parameters for this ∇C.
    func accumulate(_ gradients: inout [Float], from outputGradient: [Float], in workspace: Workspace) throws {
        var span = gradients.mutableSpan
        try backward(outputGradient.span, in: workspace, gradients: &span, accumulating: true)
    }

    /// C and the gradient of the parameters.
    func valueAndGradient(_ cost: Cost, _ x: [Float], _ targets: Targets) throws -> (Double, [Float]) {
        var gradients = [Float](repeating: .nan, count: parameterCount)
        var span = gradients.mutableSpan
        let value = try valueAndGradient(
            cost, x.span, rows: x.count / inputs, targets: targets, gradients: &span)
        return (value, gradients)
    }

    func setParameters(_ values: [Float]) {
        precondition(values.count == parameterCount)
        withParameters { parameters in
            for index in values.indices { parameters[index] = values[index] }
        }
    }

    /// The part of a vector of the shape of the parameters that is this tensor.
    func tensor(_ name: String, of vector: [Float]) throws -> [Float] { Array(vector[try tensor(name).range]) }
}

extension Cost {
    /// C and ∇C.
    func evaluate(_ y: [Float], columns: Int, _ targets: Targets) throws -> (value: Double, gradient: [Float]) {
        var gradient = [Float](repeating: .nan, count: y.count)
        var span = gradient.mutableSpan
        let value = try evaluate(
            y.span, rows: y.count / columns, columns: columns, targets: targets, gradient: &span)
        return (value, gradient)
    }
}

extension Optimizer {
    func step(_ network: Network, _ gradients: [Float]) throws { try step(network, gradients: gradients.span) }
}

extension FloatMemory {
    /// Memory with these elements.
    convenience init(holding values: [Float]) throws {
        try self.init(count: values.count, for: "a test")
        for index in values.indices { base[index] = values[index] }
    }
}
