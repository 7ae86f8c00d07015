/// Bytes of model files, made by hand.
enum ModelBytes {
    /// A dense layer 1 → 1 without a bias, named "0".
    static let dense = #"{"type":"dense","name":"0","inputs":["input"],"units":1,"bias":false,"activation":"identity"}"#

    static func architecture(inputs: String = "1", _ layers: String...) -> String {
        #"{"inputs":\#(inputs),"layers":[\#(layers.joined(separator: ","))]}"#
    }

    /// A file with this metadata, and the parameters' members and bytes.
    static func file(
        architecture: String = architecture(dense), format: String = "chainrule", version: String = "1",
        tensors: String = tensor("0.weight", shape: "[1,1]", offsets: "[0,4]"), data: Int = 4
    ) -> [UInt8] {
        let quoted = architecture.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return file(
            header:
                #"{"__metadata__":{"format":"\#(format)","format_version":"\#(version)","architecture":"\#(quoted)"}"#
                + (tensors.isEmpty ? "}" : ",\(tensors)}"), data: data)
    }

    static func tensor(_ name: String, dtype: String = "F32", shape: String, offsets: String) -> String {
        #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    static func file(header: String, data: Int = 0) -> [UInt8] {
        length(header.utf8.count) + Array(header.utf8) + [UInt8](repeating: 0, count: data)
    }

    static func length(_ count: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } }
}
