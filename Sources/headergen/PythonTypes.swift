/// How C's types are spelled in ctypes.
struct PythonTypes {
    private var handles: Set<String> = []
    private var named: Set<String> = []

    init(_ declarations: [HeaderDeclaration]) {
        for declaration in declarations {
            switch declaration {
            case .handle(let name): handles.insert(name)
            case .structure(let name, _), .alias(let name, _), .callback(let name, _, _): named.insert(name)
            case .enumerators, .function: break
            }
        }
    }

    private static let scalars = [
        "char": "ctypes.c_char", "double": "ctypes.c_double", "float": "ctypes.c_float", "int16_t": "ctypes.c_int16",
        "int32_t": "ctypes.c_int32", "int64_t": "ctypes.c_int64", "int8_t": "ctypes.c_int8",
        "size_t": "ctypes.c_size_t",
        "uint16_t": "ctypes.c_uint16", "uint32_t": "ctypes.c_uint32", "uint64_t": "ctypes.c_uint64",
        "uint8_t": "ctypes.c_uint8",
    ]

    /// Arrays are passed as addresses, which costs least; `byref()` fits too.
    private static let pointers = [
        "char": "ctypes.c_char_p", "float": "ctypes.c_void_p", "int32_t": "ctypes.c_void_p", "void": "ctypes.c_void_p",
    ]

    func name(of type: CType) throws(GeneratorError) -> String {
        guard !type.pointers.isEmpty else {
            if let scalar = Self.scalars[type.name] { return scalar }
            if named.contains(type.name) { return type.name }
            throw GeneratorError("cannot express the type '\(type.name)' in the Python prototypes")
        }
        let innermost: String
        if let pointer = Self.pointers[type.name] {
            innermost = pointer
        } else if handles.contains(type.name) {
            innermost = type.name
        } else {
            innermost = "ctypes.POINTER(\(try name(of: CType(name: type.name))))"
        }
        return type.pointers.dropFirst().reduce(innermost) { pointee, _ in "ctypes.POINTER(\(pointee))" }
    }

    /// The name of a result type, where `void` is None.
    func resultName(of type: CType) throws(GeneratorError) -> String {
        type == CType(name: "void") ? "None" : try name(of: type)
    }
}
