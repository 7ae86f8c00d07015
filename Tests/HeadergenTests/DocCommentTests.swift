import Testing

@testable import headergen

@Suite struct DocCommentTests {
    private func cText(_ markup: String) throws -> String {
        try DocComment(markup.components("\n")).cText()
    }

    private func firstProblem(_ markup: String) -> String? {
        reported { () throws(GeneratorError) in try DocComment(markup.components("\n")) }.first
    }

    @Test func sentence() throws {
        #expect(try cText("Gives the `size` of ``crl_network``.") == "/** Gives the size of crl_network. */")
    }

    @Test func proseThenParametersThenResult() throws {
        let markup = """
            Runs the network.
            Twice.

            - Returns: a status,
              as always.
            - Parameters:
              - x: the input,
                `rows` × inputs.
              - y: receives the output.

            A second paragraph.
            """
        let expected = """
            /** Runs the network. Twice.
             *
             *  A second paragraph.
             *  @param x the input, rows × inputs.
             *  @param y receives the output.
             *  @return a status, as always. */
            """
        #expect(try cText(markup) == expected)
        #expect(try DocComment(markup.components("\n")).parameterNames == ["x", "y"])
    }

    @Test func singleParameters() throws {
        #expect(
            try cText("A.\n- Parameter x: the input.\n- Parameter dC_dy:\n  its gradient.\n- Returns: y.")
                == "/** A.\n *  @param x the input.\n *  @param dC_dy its gradient.\n *  @return y. */")
    }

    @Test func textOfAParameterAfterAnEmptyLine() throws {
        #expect(
            try cText("A.\n- Parameters:\n  - x: one.\n\n    More.\n  - y: two.")
                == "/** A.\n *  @param x one. More.\n *  @param y two. */")
    }

    @Test func lists() throws {
        #expect(
            try cText("A:\n- one\n  and more\n- two\n\n1. first\n2. second")
                == "/** A:\n *  - one and more\n *  - two\n *  1. first\n *  2. second */")
    }

    @Test func examplesKeepTheirLines() throws {
        #expect(
            try cText("A:\n```c\nif (`x`)\n\n    f();\n```\nB.")
                == "/** A:\n *\n *      if (`x`)\n *\n *          f();\n *\n *  B. */")
    }

    @Test func linesAreWrapped() throws {
        let word = "0123456789"
        let words = Array(repeating: word, count: 30).joined(separator: " ")
        let lines = try cText("\(words)\n- Parameter x: \(words)").components("\n")
        #expect(lines.allSatisfy { $0.count <= maximumColumns })
        #expect(lines[1].hasPrefix(" *  \(word) "))
        #expect(lines.last?.hasPrefix(" *      \(word)") == true)
        #expect(lines.joined().matches(of: /0123456789/).count == 60)
    }

    @Test func charactersAreCountedAndNotBytes() throws {
        let line = Array(repeating: "∂C/∂wᵢ", count: 16).joined(separator: " ")
        #expect(try cText(line) == "/** \(line) */")
    }

    @Test(arguments: ["Ends */ the comment.", "Begins /* one.", "```\na /* b\n```"])
    func commentMarks(_ markup: String) throws {
        #expect(try #require(firstProblem(markup)).hasSuffix("would begin or end a C comment"))
    }

    @Test func openExample() {
        #expect(firstProblem("A.\n```\nf();") == "an example is not closed with ```")
    }

    @Test(arguments: ["  - the input", "  - x the input", "  - a b: the input"])
    func malformedParameter(_ line: String) throws {
        #expect(try #require(firstProblem("A.\n- Parameters:\n" + line)).hasSuffix("is not of the form '- name: text'"))
    }
}

extension String {
    func components(_ separator: Character) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}
