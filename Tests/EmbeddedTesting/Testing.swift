// What the kernel tests use of swift-testing, for a target that has no such library. Tools/embedded-tests translates them.

/// As `#expect`.
func expect(
    _ holds: Bool, _ comment: @autoclosure () -> String = "does not hold", file: StaticString = #fileID,
    line: Int = #line
) {
    if holds { counts.passed += 1 } else { Issue.record(comment(), file: file, line: line) }
}

enum Issue {
    static func record(_ comment: String, file: StaticString = #fileID, line: Int = #line) {
        counts.failed += 1
        if counts.failed <= 100 { print("\(file):\(line): \(comment)") }
    }
}

protocol CustomTestStringConvertible {}

/// A test with each of its arguments.
func each<A>(_ arguments: [A], _ test: (A) -> Void) { arguments.forEach(test) }

/// A test with each pair of its arguments.
func each<A, B>(_ first: [A], _ second: [B], _ test: (A, B) -> Void) {
    for a in first { for b in second { test(a, b) } }
}

/// The program has one thread.
nonisolated(unsafe) private var counts = (tests: 0, passed: 0, failed: 0)

@_cdecl("main")
func main() -> Int32 {
    runTests { name, test in
        let failedBefore = counts.failed
        test()
        counts.tests += 1
        if counts.failed > failedBefore { print("\(name) FAILED") }
    }
    print("\(counts.tests) tests: \(counts.passed) checks passed, \(counts.failed) failed")
    return counts.failed == 0 && counts.passed > 0 ? 0 : 1
}
