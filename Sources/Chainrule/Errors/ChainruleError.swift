/// Why a call failed.
public struct ChainruleError: Error, CustomStringConvertible, Sendable {
    /// The kind of error. The numbers are stable; the hundreds say whose fault it is.
    public struct Code: RawRepresentable, Equatable, Sendable {
        public let rawValue: Int32
        public init(rawValue: Int32) { self.rawValue = rawValue }

        /// A count, stride or shape is zero, too small, too large, or does not fit the network.
        public static var size: Code { Code(rawValue: 102) }
        /// A number is out of its range or not finite.
        public static var value: Code { Code(rawValue: 103) }
        /// A name is empty, malformed, already taken, or unknown.
        public static var name: Code { Code(rawValue: 104) }
        /// A target or a sample weight is out of range or not finite.
        public static var target: Code { Code(rawValue: 105) }
        /// A workspace, optimizer or checkpoint belongs to another network or purpose; or a custom activation or cost
        /// lacks a derivative that the call needs.
        public static var mismatch: Code { Code(rawValue: 202) }
        /// A backward pass lacks the forward pass that it needs.
        public static var noForward: Code { Code(rawValue: 203) }
        /// A callback tries to change the trainer or network that it serves; the library already computes with another
        /// instruction set; or too many past publications are in use.
        public static var busy: Code { Code(rawValue: 204) }
        /// NaN or infinity in the training data; a C that is not finite, or outputs where it is not defined; or a step
        /// that would produce NaN or infinity.
        public static var notFinite: Code { Code(rawValue: 300) }
        /// A progress callback, or a ``Cancellation``, asked to stop.
        public static var cancelled: Code { Code(rawValue: 400) }
        /// A custom cost or activation failed or wrote NaN.
        public static var callback: Code { Code(rawValue: 401) }
        /// A file cannot be opened, read, written or renamed.
        public static var file: Code { Code(rawValue: 500) }
        /// A file is truncated, altered, or no model file at all.
        public static var format: Code { Code(rawValue: 501) }
        /// A file was written by a newer version of the format.
        public static var fileVersion: Code { Code(rawValue: 502) }
        /// Memory cannot be allocated, or the size needed overflows.
        public static var memory: Code { Code(rawValue: 600) }
    }

    public let code: Code
    /// What is wrong, where, and with which value.
    public let message: String

    /// Whether the error comes from the parameters' values, such as a C that is not finite. With other values there may
    /// be no error.
    private(set) var isOfParameters: Bool

    public var description: String { message }

    @inline(never)
    public init(_ code: Code, _ message: ErrorMessage) {
        self.code = code
        self.message = message.text
        isOfParameters = code == .notFinite
    }

    /// The same error, marked as ``isOfParameters``.
    func ofParameters() -> ChainruleError {
        var error = self
        error.isOfParameters = true
        return error
    }

    /// The same error, with words in front of its message.
    func preceded(by words: ErrorMessage) -> ChainruleError {
        let error = ChainruleError(code, "\(words.text)\(message)")
        return isOfParameters ? error.ofParameters() : error
    }
}
