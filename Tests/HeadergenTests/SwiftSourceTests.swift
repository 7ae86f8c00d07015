import Testing

@testable import headergen

@Suite struct SwiftSourceTests {
    private static let text = #"""
        // GROUP 2: Describing a network
        //
        // A network is a list of layers.
        //
        //     crl_network_create()   first
        //

        import CChainrule

        // Not documentation.

        /// Another comment.

        /// Creates a network.
        ///
        /// - Parameter network: receives it.
        @_cdecl("crl_network_create")
        public func networkCreate(_ network: UnsafeMutablePointer<crl_network>?) -> crl_status { 0 }

            /// Says its name.
            @_cdecl("crl_network_2name") public func name() {}
        let text = " @_cdecl(\"crl_not_this\")"
        """#

    private func problems(_ text: String) -> [String] {
        reported { () throws(GeneratorError) in try SwiftSource(text, fileName: "F.swift") }
    }

    @Test func groupAndFunctions() throws {
        let source = try #require(try SwiftSource(Self.text, fileName: "F.swift"))
        #expect(source.groupNumber == 2)
        #expect(source.groupTitle == "Describing a network")
        #expect(
            source.introduction == ["A network is a list of layers.", "", "    crl_network_create()   first"])
        #expect(source.functions.map(\.name) == ["crl_network_create", "crl_network_2name"])
        #expect(
            source.functions[0].documentation.cText() == "/** Creates a network.\n *  @param network receives it. */")
        #expect(source.functions[1].documentation.cText() == "/** Says its name. */")
    }

    @Test func fileThatExportsNothing() throws {
        #expect(try SwiftSource("import CChainrule\n\nfunc help() {}\n", fileName: "F.swift") == nil)
    }

    @Test func missingGroup() {
        let text = Self.text.replacing("// GROUP 2: Describing a network", with: "// Describing a network")
        #expect(
            problems(text) == ["F.swift:1: exports functions, so its first line must be '// GROUP <number>: <title>'"])
    }

    @Test(arguments: [
        "// GROUP two: A", "// GROUP 2 A", "// GROUP 2:", "/// GROUP 2: A", "// GROUP 99999999999999999999: A",
    ])
    func malformedGroup(_ line: String) {
        #expect(!problems(Self.text.replacing("// GROUP 2: Describing a network", with: line)).isEmpty)
    }

    @Test func missingDocumentation() {
        let text = Self.text.replacing("    /// Says its name.", with: "")
        #expect(problems(text) == ["F.swift:21: crl_network_2name: no /// comment directly above @_cdecl"])
    }

    @Test func documentationThatIsNotDirectlyAbove() {
        let text = Self.text.replacing("/// Says its name.", with: "/// Says its name.\n")
        #expect(problems(text) == ["F.swift:22: crl_network_2name: no /// comment directly above @_cdecl"])
    }

    @Test(arguments: ["///", "/// - Returns: its name."])
    func documentationWithoutASentence(_ comment: String) {
        #expect(
            problems(Self.text.replacing("/// Says its name.", with: comment)) == [
                "F.swift:21: crl_network_2name: the comment must begin with a sentence on what the function does"
            ])
    }

    @Test(arguments: ["network_name", "CRL_name", "crl_", "crl_Name", "", "crl-name", "xcrl_name"])
    func wrongName(_ name: String) {
        #expect(
            problems(Self.text.replacing("crl_network_2name", with: name)) == [
                "F.swift:21: \(name): the name of an exported function is crl_ and lower case"
            ])
    }

    @Test func commentMarkInTheIntroduction() {
        #expect(problems(Self.text.replacing("A network is", with: "A network */ is")).count == 1)
    }

    @Test func problemInTheMarkupSaysWhere() {
        let text = Self.text.replacing("Says its name.", with: "Says /* its name.")
        #expect(problems(text).first?.hasPrefix("F.swift:21: crl_network_2name: ") == true)
    }

    @Test func allProblemsAreReported() {
        let text = Self.text.replacing("/// Says its name.", with: "").replacing("// GROUP 2: ", with: "// ")
        #expect(problems(text).count == 2)
    }
}
