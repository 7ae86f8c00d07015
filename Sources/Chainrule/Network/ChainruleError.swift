/// Why a call could not be carried out.
public struct ChainruleError: Error, CustomStringConvertible, Sendable {
    /// The kind of error. The numbers are stable: the hundreds say whose fault it is.
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
        /// A workspace or optimizer belongs to another network.
        public static var mismatch: Code { Code(rawValue: 202) }
        /// A backward pass without the forward pass that it needs.
        public static var noForward: Code { Code(rawValue: 203) }
        /// A call on an object from a callback of that object's.
        public static var busy: Code { Code(rawValue: 204) }
        /// NaN or infinity in what is trained on; a C that is not finite, or outputs where it is not defined; or a step that would
        /// produce NaN or infinity.
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
    /// What is wrong, where, and which value it was.
    public let message: String

    /// Whether it is what the parameters led to that is wrong, a cost that is not finite for example, so that there may be no
    /// error with others.
    private(set) var isOfParameters: Bool

    public var description: String { message }

    @inline(never)
    public init(_ code: Code, _ message: ErrorMessage) {
        self.code = code
        self.message = message.text
        isOfParameters = code == .notFinite
    }

    /// The same error, as one that ``isOfParameters``.
    func ofParameters() -> ChainruleError {
        var error = self
        error.isOfParameters = true
        return error
    }

    /// The same error with more words before.
    func preceded(by words: ErrorMessage) -> ChainruleError {
        let error = ChainruleError(code, "\(words.text)\(message)")
        return isOfParameters ? error.ofParameters() : error
    }
}
