extension Architecture {
    /// Writes the architecture as in a file: `{"inputs": 64, "layers": [{"type": "dense", "name": "0", …}, …]}`.
    package func encode(to json: inout JSONWriter) {
        json.beginObject()
        json.member("inputs", inputs)
        json.key("layers")
        json.beginArray()
        for node in nodes where !json.isTooLong {
            json.beginObject()
            json.member("type", node.layer.kind.description)
            json.member("name", node.name.text)
            json.key("inputs")
            json.beginArray()
            for position in node.inputs where !json.isTooLong { json.string(name(at: position).text) }
            json.endArray()
            node.layer.encode(to: &json)
            json.endObject()
        }
        json.endArray()
        json.endObject()
    }

    package init(_ object: JSONObject) throws(ChainruleError) {
        try self.init(inputs: object.integer("inputs"))
        for value in try object.array("layers") {
            guard let layer = try value.object() else {
                throw ChainruleError(.format, "the header's 'layers' hold something that is no object")
            }
            let type = try layer.string("type")
            guard let decode = Architecture.decoder(of: type) else {
                throw ChainruleError(.format, "a layer has the type '\(type)', which this version does not know")
            }
            var inputs: [String] = []
            for value in try layer.array("inputs") {
                guard let name = value.string else {
                    throw ChainruleError(.format, "a layer's 'inputs' hold something that is no string")
                }
                inputs.append(name.content)
            }
            let name = try layer.string("name")
            let decoded: any Layer
            do throws(ChainruleError) {
                decoded = try decode(layer)
            } catch {
                throw error.preceded(by: "layer '\(name)': ")
            }
            try append(decoded, name: name, inputs: inputs)
        }
    }

    private static func decoder(of type: String) -> LayerTable.Decoder? {
        for entry in LayerTable.all where entry.kind.description.utf8.elementsEqual(type.utf8) { return entry.decode }
        return nil
    }
}

extension Activation {
    func encode(to json: inout JSONWriter) {
        json.member("activation", identifier.description)
        if let alpha { json.member("alpha", alpha) }
    }

    static func decode(_ object: JSONObject) throws(ChainruleError) -> Activation {
        let identifier = try object.string("activation")
        if identifier.utf8.elementsEqual("custom".utf8) {
            throw ChainruleError(
                .format,
                """
                the network has a custom activation, which a file cannot hold: build the same network and load the \
                parameters alone
                """)
        }
        for activation in all where activation.identifier.description.utf8.elementsEqual(identifier.utf8) {
            guard let value = object["alpha"] else { return activation }
            guard let alpha = value.number else { throw ChainruleError(.format, "a layer's 'alpha' is not a number") }
            return try activation.with(alpha: Float(alpha))
        }
        throw ChainruleError(.format, "a layer has the activation '\(identifier)', which this version does not know")
    }
}
