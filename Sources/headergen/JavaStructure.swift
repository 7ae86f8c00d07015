/// A structure of C as a class of Java: a getter and a setter for each member. Its size, reserved members and `user` are not
/// the caller's.
struct JavaStructure {
    let name: String
    let fields: [HeaderDeclaration.Field]
    let layout: StructureLayout
    let hasInitialValue: Bool
    let types: JavaTypes

    private var javaName: String { JavaTypes.className(name) }

    /// One that has a size and no initial value comes from the library alone.
    private var canBeMade: Bool { hasInitialValue || fields.first?.name != "size" }

    func text() throws(GeneratorError) -> String {
        var parts = ["    public static final long SIZE = \(layout.size);"]
        if canBeMade {
            parts.append(
                """
                    public \(javaName)() {
                        this(Arena.ofAuto());
                    }

                    private \(javaName)(Arena arena) {
                        super(arena, SIZE, \(hasInitialValue ? "\"\(name)_init\"" : "null"));
                    }
                """)
        }
        parts.append(
            """
                private \(javaName)(MemorySegment pointer) {
                    super(pointer.reinterpret(SIZE));
                }
            """)
        for (index, field) in fields.enumerated() where !["size", "reserved", "user"].contains(field.name) {
            let members = try self.members(field, at: index)
            parts += members.filter { canBeMade || !$0.contains(" value) {") }
        }
        return "public static final class \(javaName) extends Structure {\n\(parts.joined(separator: "\n\n"))\n}"
    }

    private func members(_ field: HeaderDeclaration.Field, at index: Int) throws(GeneratorError) -> [String] {
        let (type, offset) = (field.type, layout.offsets[index])
        let className = JavaTypes.className(type.name)
        let get = "segment().get(\(layoutName(type)), \(offset))"
        switch (types.kind(type), type.pointers.count) {
        case (.enumeration, 0):
            return [
                getter(field, className, "\(className).of(\(get))"),
                setter(field, className, "segment().set(INT, \(offset), value.number);"),
            ]
        case (.callback, 0):
            return [setter(field, className, "segment().set(ADDRESS, \(offset), \(className).stub(value));")]
        case (.structure, 0):
            let slice = "segment().asSlice(\(offset), \(className).SIZE)"
            return [
                getter(field, className, "new \(className)(\(slice))"),
                setter(field, className, "\(slice).copyFrom(value.segment());"),
            ]
        case (.handle, 1):
            return [setter(field, className, "set(\(offset), value);")]
        case (.structure, 1):
            guard let count = count(of: index) else {
                let pointer = "segment().get(ADDRESS, \(offset))"
                return [
                    getter(field, className, "\(pointer).address() == 0 ? null : new \(className)(\(pointer))"),
                    setter(field, className, "set(\(offset), value);"),
                ]
            }
            return [
                setter(
                    field, "\(className)...", "set(\(offset), \(className).SIZE, value);",
                    counting("value.length", at: count))
            ]
        case (_, 1) where type.name == "char":
            return [
                getter(field, "String", "Chainrule.text(\(get))"), setter(field, "String", "set(\(offset), value);"),
            ]
        case (_, 1) where types.isNumbers(type): return arrays(field, at: index)
        case (nil, 0):
            guard let number = types.number(type.name) else { break }
            return [
                getter(field, number, get),
                setter(field, number, "segment().set(\(layoutName(type)), \(offset), value);"),
            ]
        default: break
        }
        throw GeneratorError("\(name).\(field.name): cannot express '\(type.declaration(of: ""))' in Java")
    }

    private func arrays(_ field: HeaderDeclaration.Field, at index: Int) -> [String] {
        let offset = layout.offsets[index]
        let numbers = getter(field, "MemorySegment", "Chainrule.pointee(segment().get(ADDRESS, \(offset)))")
        let isEnumeration = types.kind(field.type) == .enumeration
        let element = isEnumeration ? "int" : types.number(field.type.name) ?? ""
        let bytes = "value == null ? 0 : value.byteSize() / \(element.uppercased()).byteSize()"
        let segment = setter(
            field, "MemorySegment", "set(\(offset), value);", count(of: index).map { counting(bytes, at: $0) })
        var values = "MemorySegment.ofArray(value)"
        if isEnumeration {
            values = "MemorySegment.ofArray(Arrays.stream(value).mapToInt(one -> one.number).toArray())"
        }
        let type = isEnumeration ? JavaTypes.className(field.type.name) : element
        return [numbers, segment, setter(field, "\(type)...", "return \(JavaTypes.name(field.name))(\(values));")]
    }

    /// The place of the member that counts what a member points to.
    private func count(of index: Int) -> Int? {
        fields.firstIndex { $0.name == fields[index].name + "_count" }.map { layout.offsets[$0] }
    }

    private func counting(_ value: String, at offset: Int) -> String { "segment().set(LONG, \(offset), \(value));" }

    private func layoutName(_ type: CType) -> String { (try? types.layout(type)) ?? "" }

    private func getter(_ field: HeaderDeclaration.Field, _ type: String, _ value: String) -> String {
        "    public \(type) \(JavaTypes.name(field.name))() {\n        return \(value);\n    }"
    }

    private func setter(_ field: HeaderDeclaration.Field, _ type: String, _ statements: String?...) -> String {
        var lines = statements.compactMap { $0 }
        if lines.last?.hasPrefix("return ") != true { lines.append("return this;") }
        return "    public \(javaName) \(JavaTypes.name(field.name))(\(type) value) {\n"
            + lines.map { JavaTypes.lines($0, indentation: 8) + "\n" }.joined() + "    }"
    }
}
