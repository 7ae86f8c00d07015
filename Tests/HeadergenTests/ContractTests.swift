import Testing

@testable import headergen

@Suite struct ContractTests {
    private static let a = """
        // GROUP 1: First
        //
        // Prose.

        /// Does A.
        /// - Parameter x: the input.
        @_cdecl("crl_a")
        public func a(_ x: Float) {}
        """
    private static let b = a.replacing("crl_a", with: "crl_b").replacing("Does A", with: "Does B")

    private func contract(_ files: [String: String], exporting names: [String]) throws(GeneratorError) -> Contract {
        let declarations = names.map { "SWIFT_EXTERN void \($0)(float x) SWIFT_NOEXCEPT;" }.joined(separator: "\n")
        var sources: [SwiftSource] = []
        for (name, text) in files {
            if let source = try SwiftSource(text, fileName: name) { sources.append(source) }
        }
        return try Contract(sources: sources, interface: CompilerInterface(declarations, typeNames: []))
    }

    private func problems(_ files: [String: String], exporting names: [String]) -> [String] {
        reported { () throws(GeneratorError) in try contract(files, exporting: names) }
    }

    @Test func groupsInTheOrderOfTheirNumbers() throws {
        let first = Self.b.replacing("GROUP 1: First", with: "GROUP 9: Ninth")
        let second = Self.a.replacing("GROUP 1: First", with: "GROUP 10: Tenth")
        let contract = try contract(["B.swift": first, "A.swift": second], exporting: ["crl_a", "crl_b"])
        #expect(contract.groups.map(\.title) == ["Ninth", "Tenth"])
        #expect(contract.functionNames == ["crl_b", "crl_a"])
    }

    @Test func groupContinuedInAnotherFile() throws {
        let continuation = Self.b.replacing("//\n// Prose.\n", with: "")
        let contract = try contract(["2.swift": continuation, "1.swift": Self.a], exporting: ["crl_a", "crl_b"])
        #expect(contract.groups.count == 1)
        #expect(contract.groups[0].introduction == ["Prose."])
        #expect(contract.functionNames == ["crl_a", "crl_b"])
    }

    @Test func functionThatTheCompilerDoesNotDeclare() {
        #expect(
            problems(
                ["A.swift": Self.a, "B.swift": Self.b.replacing("//\n// Prose.\n", with: "")], exporting: ["crl_b"])
                == [
                    "A.swift: crl_a: not in the compiler's interface; is it public, and the interface up to date?"
                ])
    }

    @Test func functionThatNoSourceExports() {
        #expect(
            problems(["A.swift": Self.a], exporting: ["crl_a", "crl_z"]) == [
                "crl_z: in the compiler's interface, but no Swift source has a line @_cdecl(\"crl_z\")"
            ])
    }

    @Test func functionExportedTwice() {
        let second = Self.a.replacing("//\n// Prose.\n", with: "")
        #expect(
            problems(["A.swift": Self.a, "B.swift": second], exporting: ["crl_a"]) == ["B.swift: crl_a: exported twice"]
        )
    }

    @Test func undocumentedParameter() {
        let text = Self.a.replacing("/// - Parameter x: the input.\n", with: "")
        #expect(
            problems(["A.swift": text], exporting: ["crl_a"]) == ["A.swift: crl_a: parameter 'x' is not documented"])
    }

    @Test func documentedParameterThatDoesNotExist() {
        let text = Self.a.replacing("x: the input.", with: "x: the input.\n/// - Parameter y: nothing.")
        #expect(
            problems(["A.swift": text], exporting: ["crl_a"]) == [
                "A.swift: crl_a: documents 'y', which is no parameter"
            ])
    }

    @Test func parameterDocumentedTwice() {
        let text = Self.a.replacing("x: the input.", with: "x: the input.\n/// - Parameter x: again.")
        #expect(
            problems(["A.swift": text], exporting: ["crl_a"]) == [
                "A.swift: crl_a: documents its parameters in another order, or one twice"
            ])
    }

    @Test func groupWithTwoTitles() {
        let second = Self.b.replacing("1: First", with: "1: Second").replacing("//\n// Prose.\n", with: "")
        #expect(
            problems(["A.swift": Self.a, "B.swift": second], exporting: ["crl_a", "crl_b"]) == [
                "B.swift: group 1 has another title in an earlier file"
            ])
    }

    @Test func groupIntroducedTwice() {
        #expect(
            problems(["A.swift": Self.a, "B.swift": Self.b], exporting: ["crl_a", "crl_b"]) == [
                "B.swift: only the first file of group 1 introduces it"
            ])
    }
}
