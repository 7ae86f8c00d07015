/// How much memory a structure takes on a kind of machine, and where its members end.
///
/// A structure of the public header begins with its size, by which the library tells older programs from newer ones. Were its
/// last bytes no member's, a later version could put a member there, and the size would not tell.
struct StructureLayout: Equatable {
    /// The sizes that decide: of a pointer, which a `size_t` has too, and where numbers of 8 bytes begin.
    struct Machine {
        var name: String
        var pointer: Int
        var alignmentOfEightBytes: Int

        static let of64Bits = Machine(name: "64-bit", pointer: 8, alignmentOfEightBytes: 8)
        static let i386 = Machine(name: "i386", pointer: 4, alignmentOfEightBytes: 4)
        static let all = [of64Bits, Machine(name: "32-bit", pointer: 4, alignmentOfEightBytes: 8), i386]
    }

    /// With the bytes at the end that belong to no member.
    var size: Int
    var alignment: Int
    /// Where the last member ends.
    var end: Int
    /// Where each member begins.
    var offsets: [Int] = []

    /// Requires that no structure ends with bytes of no member.
    static func check(_ declarations: [HeaderDeclaration]) throws(GeneratorError) {
        var problems: [String] = []
        for machine in Machine.all {
            for (name, layout) in try all(declarations, on: machine).sorted(by: { $0.key < $1.key })
            where layout.end != layout.size {
                problems.append(
                    "\(name): ends with \(layout.size - layout.end) bytes of no member on \(machine.name) machines; "
                        + "give it other members last")
            }
        }
        guard problems.isEmpty else { throw GeneratorError(problems) }
    }

    /// By the names of the structures, and of the other types that can be their members'.
    static func all(
        _ declarations: [HeaderDeclaration], on machine: Machine
    ) throws(GeneratorError) -> [String: StructureLayout] {
        var layouts: [String: StructureLayout] = [:]
        for declaration in declarations {
            switch declaration {
            case .alias(let name, let type): layouts[name] = try layout(of: type, layouts, machine, name)
            case .callback(let name, _, _):
                layouts[name] = StructureLayout(size: machine.pointer, alignment: machine.pointer, end: machine.pointer)
            case .structure(let name, let fields): layouts[name] = try layout(of: fields, layouts, machine, name)
            case .enumerators, .handle, .function: break
            }
        }
        return layouts
    }

    private static func layout(
        of fields: [HeaderDeclaration.Field], _ known: [String: StructureLayout], _ machine: Machine, _ name: String
    ) throws(GeneratorError) -> StructureLayout {
        var structure = StructureLayout(size: 0, alignment: 1, end: 0)
        for field in fields {
            let member = try layout(of: field.type, known, machine, "\(name).\(field.name)")
            structure.offsets.append(roundedUp(structure.end, to: member.alignment))
            structure.end = structure.offsets.last! + member.size
            structure.alignment = max(structure.alignment, member.alignment)
        }
        structure.size = roundedUp(structure.end, to: structure.alignment)
        return structure
    }

    private static func layout(
        of type: CType, _ known: [String: StructureLayout], _ machine: Machine, _ place: String
    ) throws(GeneratorError) -> StructureLayout {
        func scalar(_ size: Int, alignment: Int? = nil) -> StructureLayout {
            StructureLayout(size: size, alignment: alignment ?? size, end: size)
        }
        guard type.pointers.isEmpty else { return scalar(machine.pointer) }
        switch type.name {
        case "size_t": return scalar(machine.pointer)
        case "char", "int8_t", "uint8_t": return scalar(1)
        case "int16_t", "uint16_t": return scalar(2)
        case "float", "int32_t", "uint32_t": return scalar(4)
        case "double", "int64_t", "uint64_t": return scalar(8, alignment: machine.alignmentOfEightBytes)
        default:
            guard let layout = known[type.name] else {
                throw GeneratorError("\(place): the size of '\(type.name)' is not known")
            }
            return layout
        }
    }

    private static func roundedUp(_ offset: Int, to alignment: Int) -> Int {
        (offset + alignment - 1) / alignment * alignment
    }
}
