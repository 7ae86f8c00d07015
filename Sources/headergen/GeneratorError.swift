/// What is wrong with the generator's input: one line for each problem, each saying where it is.
struct GeneratorError: Error, Equatable {
    let problems: [String]

    init(_ problems: [String]) {
        self.problems = problems
    }

    init(_ problem: String) {
        problems = [problem]
    }
}
