/// The exported functions as the Swift compiler declares them in its generated C interface (`ChainruleC-Swift.h`).
///
/// Every exported function is one line there:
/// `SWIFT_EXTERN crl_status crl_f(NSUInteger n, float const * _Nullable x) SWIFT_NOEXCEPT SWIFT_WARN_UNUSED_RESULT;`
struct CompilerInterface {
    private(set) var prototypes: [String: Prototype] = [:]

    /// - Parameters:
    ///   - text: the compiler's interface.
    ///   - typeNames: the types that the public header declares; any other type but C's own is an error.
    init(_ text: String, typeNames: Set<String>) throws(GeneratorError) {
        let knownTypes = typeNames.union(Self.basicTypes)
        var problems: [String] = []
        for line in text.split(separator: "\n") where line.hasPrefix("SWIFT_EXTERN ") {
            do {
                let prototype = try Self.prototype(line, knownTypes: knownTypes)
                prototypes[prototype.name] = prototype
            } catch {
                problems += error.problems
            }
        }
        guard problems.isEmpty else { throw GeneratorError(problems) }
    }

    private static let basicTypes: Set<String> = [
        "char", "double", "float", "int16_t", "int32_t", "int64_t", "int8_t", "size_t", "uint16_t", "uint32_t",
        "uint64_t",
        "uint8_t",
    ]

    private static func prototype(_ line: Substring, knownTypes: Set<String>) throws(GeneratorError) -> Prototype {
        let pattern =
            /SWIFT_EXTERN (?<result>[^()]*?)(?<name>\w+)\((?<parameters>.*)\)(?: SWIFT_NOEXCEPT| SWIFT_WARN_UNUSED_RESULT)*;/
        guard let match = line.wholeMatch(of: pattern)?.output else {
            throw GeneratorError("the compiler's interface has a declaration of unknown form: \(line)")
        }
        let name = String(match.name)

        var resultTokens = CTokens(withoutNullability(match.result))
        guard let result = resultTokens.takeType(), resultTokens.next == nil else {
            throw GeneratorError("\(name): cannot read the result type '\(match.result)' in the compiler's interface")
        }
        var prototype = Prototype(name: name, result: result, parameters: [])
        if result != CType(name: "void") {
            prototype.result = try publicType(result, knownTypes: knownTypes, place: "\(name): the result")
        }

        guard match.parameters != "void" else { return prototype }
        for text in match.parameters.split(separator: ",") {
            var tokens = CTokens(withoutNullability(text))
            guard let type = tokens.takeType(), tokens.nextIsIdentifier, let parameter = tokens.take(),
                tokens.next == nil
            else {
                throw GeneratorError(
                    "\(name): cannot read the parameter '\(text)' in the compiler's interface; every parameter needs a name, "
                        + "and a function pointer needs a typedef in the types header")
            }
            let place = "\(name): parameter '\(parameter)'"
            guard !text.contains("_Nonnull") else {
                throw GeneratorError("\(place): must be optional in Swift, for C can pass NULL")
            }
            // What the caller's functions are handed, and bytes.
            let isUntyped = type.name == "void" && type.pointers == [false]
            let publicType = isUntyped ? type : try publicType(type, knownTypes: knownTypes, place: place)
            prototype.parameters.append(Prototype.Parameter(name: parameter, type: publicType))
        }
        return prototype
    }

    private static func withoutNullability(_ text: Substring) -> String {
        String(text.replacing(/\b_(Nullable|Nonnull|Null_unspecified)\b/, with: ""))
    }

    /// The type that stands in the public header for a type of the compiler's interface.
    private static func publicType(
        _ type: CType, knownTypes: Set<String>, place: String
    ) throws(GeneratorError) -> CType {
        if type.name == "NSUInteger" {
            return CType(name: "size_t", isConst: type.isConst, pointers: type.pointers)
        }
        guard knownTypes.contains(type.name) else {
            throw GeneratorError("\(place): the type '\(type.declaration(of: ""))' has no place in the public header")
        }
        return type
    }
}
