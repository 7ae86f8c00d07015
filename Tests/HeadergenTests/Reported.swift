@testable import headergen

/// What `body` reports as wrong; nothing if it succeeds.
func reported(_ body: () throws(GeneratorError) -> some Any) -> [String] {
    do {
        _ = try body()
        return []
    } catch {
        return error.problems
    }
}
