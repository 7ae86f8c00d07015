import CChainrule
import ChainruleC
import FuzzSupport
import Glibc

// Calls that describe, build and look at networks.

extension Session {
    mutating func addDense() {
        let network = network()
        let activation = reader.enumerator()
        withLayerOptions(hasWeights: true, activation) { session, options in
            session.check(crlNetworkAddDense(network, session.reader.size(), activation, options))
        }
    }

    mutating func addActivation() {
        let network = network()
        let activation = reader.enumerator()
        withLayerOptions(hasWeights: false, activation) { session, options in
            session.check(crlNetworkAddActivation(network, activation, options))
        }
    }

    mutating func addNoise() {
        let network = network()
        withLayerOptions(hasWeights: false, nil) { session, options in
            let number = session.reader.float()
            session.check(
                session.reader.chance(of: 2)
                    ? crlNetworkAddDropout(network, number, options) : crlNetworkAddNoise(network, number, options))
        }
    }

    typealias AddMany = (
        UnsafeMutablePointer<crl_network>?, UnsafePointer<UnsafePointer<CChar>?>?, UInt, UnsafePointer<CChar>?
    ) -> crl_status

    mutating func addMany(_ add: AddMany) {
        let network = network()
        // 12 names, so that any small count is one that the array holds.
        var texts: [UnsafeMutablePointer<CChar>?] = (0..<12).map { _ in text() }
        if !reader.chance(of: 32) {
            for index in texts.indices where texts[index] == nil { texts[index] = strdup("input") }
        }
        let inputs = texts.map { UnsafePointer<CChar>($0) }
        let count = reader.size()
        let name = text()
        check(reader.chance(of: 32) ? add(network, nil, count, name) : add(network, inputs, count, name))
        for text in texts + [name] { free(text) }
    }

    /// A name: mostly one that may exist.
    mutating func text() -> UnsafeMutablePointer<CChar>? {
        switch reader.byte() {
        case 0..<32: nil
        case 32..<96: strdup("input")
        case 96..<100: strdup("")
        case 100..<104: strdup(String(repeating: "é", count: Int(reader.byte())))
        default: strdup("\(reader.byte() % 16)")
        }
    }

    /// - Parameter activation: nil for a layer without.
    private mutating func withLayerOptions(
        hasWeights: Bool, _ activation: crl_activation?,
        _ body: (inout Session, UnsafePointer<crl_layer_options>?) -> Void
    ) {
        guard !reader.chance(of: 3) else { return body(&self, nil) }
        let name = reader.chance(of: 4) ? text() : nil
        let input = reader.chance(of: 4) ? text() : nil
        var options = begun(crlLayerOptionsInit, crl_layer_options())
        options.name = UnsafePointer(name)
        options.input = UnsafePointer(input)
        options.bias = Int32(reader.byte() % 2)
        options.weight_initializer = initializer()
        options.bias_initializer = initializer()
        // What the layer does not take is refused.
        if !hasWeights && !reader.chance(of: 32) {
            options.weight_initializer = crl_initializer(kind: 0, a: 0, b: 0)
            options.bias_initializer = options.weight_initializer
        }
        let hasAlpha = activation.map { [CRL_LEAKY_RELU, CRL_ELU].contains(Int($0)) } ?? false
        if reader.chance(of: hasAlpha ? 2 : 32) { options.alpha = reader.float() }
        if activation == crl_activation(CRL_CUSTOM_ACTIVATION) ? !reader.chance(of: 8) : reader.chance(of: 32) {
            options.function = activationFunction
            options.derivative = activationDerivative
            if reader.chance(of: 2) { options.second_derivative = activationDerivative }
        }
        if reader.chance(of: 32) { options.size = Int(bitPattern: reader.size()) }
        body(&self, &options)
        free(name)
        free(input)
    }

    private mutating func initializer() -> crl_initializer {
        var initializer = crl_initializer(kind: 0, a: 0, b: 0)
        guard !reader.chance(of: 2) else { return initializer }
        initializer.kind = reader.enumerator()
        let kind = Int(initializer.kind)
        let takesBoth = [CRL_INIT_UNIFORM, CRL_INIT_NORMAL].contains(kind)
        if takesBoth || kind == CRL_INIT_CONSTANT || reader.chance(of: 32) { initializer.a = reader.float() }
        if takesBoth || reader.chance(of: 32) { initializer.b = reader.float() }
        return initializer
    }

    mutating func build() {
        let network = network()
        guard isNarrow(network) else { return }
        let status = crlNetworkBuild(network, UInt64(reader.byte()))
        check(status)
        if status == CRL_OK { precondition(hasFiniteParameters(network!)) }
    }

    mutating func look() {
        let network = network()
        var number: UInt = 0
        var name: UnsafePointer<CChar>?
        var layer = begun(crlLayerInit, crl_layer())
        var options = begun(crlLayerOptionsInit, crl_layer_options())
        var tensor = begun(crlTensorInit, crl_tensor())
        if reader.chance(of: 32) { layer.size = Int(bitPattern: reader.size()) }
        if reader.chance(of: 32) { options.size = Int(bitPattern: reader.size()) }
        if reader.chance(of: 32) { tensor.size = Int(bitPattern: reader.size()) }
        check(crlNetworkInputSize(network, &number))
        check(crlNetworkOutputSize(network, &number))
        check(crlNetworkLayerCount(network, &number))
        let index = reader.size()
        if crlNetworkLayer(network, index, &layer) == CRL_OK {
            precondition(strlen(layer.name!) > 0 && layer.units > 0)
            if crlNetworkLayerOptions(network, index, &options) == CRL_OK {
                precondition(strcmp(options.name!, layer.name!) == 0)
            }
            let input = reader.size()
            let status = crlNetworkLayerInput(network, index, input, &name)
            check(status)
            precondition((status == CRL_OK) == (input < UInt(layer.inputs)))
        }
        check(crlNetworkTensorCount(network, &number))
        if crlNetworkTensor(network, reader.size(), &tensor) == CRL_OK {
            precondition(tensor.rows > 0 && tensor.columns > 0)
            precondition(crlNetworkFindTensor(network, tensor.name, &tensor) == CRL_OK)
        }
        let text = text()
        check(crlNetworkFindTensor(network, text, &tensor))
        free(text)
    }

    /// Whether no layer is wider than the buffers. Concatenations soon make layers that take all of a machine's memory.
    func isNarrow(_ network: UnsafePointer<crl_network>?) -> Bool {
        var width: UInt = 0
        guard crlNetworkInputSize(network, &width) == CRL_OK else { return true }
        var index: UInt = 0
        var layer = begun(crlLayerInit, crl_layer())
        while width <= Memory.widest && crlNetworkLayer(network, index, &layer) == CRL_OK {
            width = UInt(layer.units)
            index += 1
        }
        return width <= Memory.widest
    }

    func parameters(of network: UnsafePointer<crl_network>?) -> UnsafeMutableBufferPointer<Float>? {
        var base: UnsafeMutablePointer<Float>?
        var count: UInt = 0
        guard crlNetworkParameters(network, &base, &count) == CRL_OK else { return nil }
        return UnsafeMutableBufferPointer(start: base, count: Int(count))
    }

    func hasFiniteParameters(_ network: UnsafePointer<crl_network>?) -> Bool {
        parameters(of: network)?.allSatisfy { $0.isFinite } ?? true
    }
}

private let activationFunction: crl_activation_function = { _, z, h, rows, columns in
    for index in 0..<rows * columns { h![index] = z![index] * z![index] }
    // Fails now and then, as the values have it.
    return z![0] > 100 ? 1 : 0
}

private let activationDerivative: crl_activation_derivative = { _, z, h, slope, rows, columns in
    for index in 0..<rows * columns { slope![index] = h![index] > 50 ? .nan : 2 * z![index] }
    return 0
}
