import Foundation

/// An `int32_t` of the public header with the enumerators that stand behind it.
struct Enumeration {
    let type: String
    let enumerators: [HeaderDeclaration.Enumerator]
    /// The names of the enumerators without what all of them begin with: CRL_CELL_TANH is TANH. What is the caller's own,
    /// such as CRL_CUSTOM_COST, is CUSTOM.
    let shortNames: [String]

    static func all(in declarations: [HeaderDeclaration]) -> [Enumeration] {
        zip(declarations, declarations.dropFirst()).compactMap { (type, enumerators) in
            guard case .alias(let name, CType(name: "int32_t")) = type, case .enumerators(let all) = enumerators else {
                return nil
            }
            return Enumeration(type: name, enumerators: all, shortNames: shortNames(of: all.map(\.name)))
        }
    }

    static func shortNames(of names: [String]) -> [String] {
        let others = names.filter { !$0.hasPrefix("CRL_CUSTOM_") }
        let common = others.dropFirst().reduce(others.first ?? "") { $0.commonPrefix(with: $1) }
        let prefix = common.lastIndex(of: "_").map { common[...$0] } ?? ""
        return names.map { $0.hasPrefix("CRL_CUSTOM_") ? "CUSTOM" : String($0.dropFirst(prefix.count)) }
    }
}
