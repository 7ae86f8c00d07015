import Testing

/// The package's own tests, in the interpreter of this process.
@Suite(.enabled(if: Interpreter.site != nil, Comment(rawValue: skipped)))
struct EmbeddedSuiteTests {
    @Python init() throws {
        try Interpreter.start()
    }

    @Python @Test func pytestPasses() throws {
        let tests = Interpreter.package.appending(path: "tests").path
        // Captured at sys.stdout only: the file descriptors belong to the whole process. Without h5py, whose library waits for the
        // interpreter when the process ends: that would be for ever.
        let outcome = try Interpreter.run(
            """
            import pytest

            class Outcome:
                passed = 0
                failures = ""

                def pytest_runtest_logreport(self, report):
                    self.passed += report.when == "call" and report.passed
                    if report.failed:
                        self.failures += f"{report.nodeid}\\n{report.longreprtext}\\n"

            outcome = Outcome()
            outcome.status = int(pytest.main(
                [r"\(tests)", "-q", "-p", "no:cacheprovider", "--capture=sys", "--tb=short",
                 r"--ignore=\(tests)/test_hdf5.py", r"--ignore=\(tests)/test_keras.py"], plugins=[outcome]))
            """, resultIn: "outcome")
        let failures = try outcome.attribute("failures").text
        #expect(try outcome.attribute("status").integer == 0, "\(failures)")
        #expect(try outcome.attribute("passed").integer > 0)
    }
}
