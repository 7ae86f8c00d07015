import Foundation
import Testing

@testable import headergen

@Suite struct EnumerationTests {
    @Test(arguments: [
        (["CRL_OK", "CRL_ERROR_NULL", "CRL_CANCELLED"], ["OK", "ERROR_NULL", "CANCELLED"]),
        (["CRL_CELL_TANH", "CRL_CELL_RELU"], ["TANH", "RELU"]),
        (["CRL_POOLING_MEAN", "CRL_POOLING_MAXIMUM"], ["MEAN", "MAXIMUM"]),
        (["CRL_SCHEDULE_STEP", "CRL_SCHEDULE_COSINE", "CRL_CUSTOM_SCHEDULE"], ["STEP", "COSINE", "CUSTOM"]),
    ])
    func shortNames(_ names: [String], _ expected: [String]) {
        #expect(Enumeration.shortNames(of: names) == expected)
    }

    private func problems(_ nodes: String) -> [String] {
        let tree = "{\"inner\": [\(nodes)]}"
        return reported { () throws(GeneratorError) in try HeaderDeclaration.all(inSyntaxTree: Data(tree.utf8)) }
    }

    private static let type =
        #"{"kind": "TypedefDecl", "name": "crl_a", "type": {"qualType": "int32_t"}}"#

    private static func enumeration(_ value: String) -> String {
        #"{"kind": "EnumDecl", "inner": [{"kind": "EnumConstantDecl", "name": "CRL_A", "inner": [\#(value)]}]}"#
    }

    private static let one = #"{"kind": "ConstantExpr", "value": "1"}"#

    @Test func enumeratorWithoutAValue() {
        #expect(
            problems("\(Self.type), \(Self.enumeration(""))")
                == ["CRL_A: an enumerator of the public header is given its value explicitly"])
    }

    @Test func enumeratorsWithoutAType() {
        #expect(problems("\(Self.type), \(Self.enumeration(Self.one))").isEmpty)
        let expected = ["CRL_A: needs a typedef of int32_t in front of its enumeration"]
        #expect(problems(Self.enumeration(Self.one)) == expected)
        #expect(
            problems([Self.type, Self.enumeration(Self.one), Self.enumeration(Self.one)].joined(separator: ","))
                == expected)
    }
}
