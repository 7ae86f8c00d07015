import CPythonEmbed
import Testing

/// The Python package called through Python's C interface.
@Suite(.enabled(if: Interpreter.site != nil, Comment(rawValue: skipped)))
struct EmbeddedCallTests {
    @Python init() throws {
        try Interpreter.start()
    }

    @Python @Test func theInterpreterIsTheOneLinked() throws {
        let system = try Interpreter.module("sys")
        #expect(try system.attribute("version").text.hasPrefix(PY_VERSION))
        let version = "\(PY_MAJOR_VERSION).\(PY_MINOR_VERSION)"
        let library = try Interpreter.module("os").attribute("__file__").text
        #expect(try library == system.attribute("prefix").text + "/lib/python\(version)/os.py")
    }

    @Python @Test func predict() throws {
        let network = try network()
        let weights = try network.attribute("parameters")
        // W = (2 3), b = 1, written straight into the library's memory.
        try weights.withFloats { floats in
            #expect(floats.count == 3)
            for (index, value) in [2, 3, 1].enumerated() { floats[index] = Float(value) }
        }
        let x = try PythonObject([PythonObject(10.0), PythonObject(100.0)])
        let y = try network.call("predict", [x])
        #expect(try y.withFloats(Array.init) == [321])
    }

    @Python @Test func parametersOutliveTheNetwork() throws {
        let network = try network()
        let weights = try network.attribute("parameters")
        let before = try weights.withFloats(Array.init)
        _ = try network.call("close")
        #expect(try weights.withFloats(Array.init) == before)
        let closed = PythonError(type: "ArgumentError", message: "the network is closed")
        #expect(throws: closed) { try network.attribute("parameters") }
    }

    @Python @Test func fit() throws {
        let rows = [(0.0, 0.0, 0), (0.0, 1.0, 1), (1.0, 0.0, 1), (1.0, 1.0, 0)]
        let x = try PythonObject(rows.map { try PythonObject([PythonObject($0.0), PythonObject($0.1)]) })
        let labels = try PythonObject(rows.map { try PythonObject($0.2) })
        let network = try Interpreter.module("chainrule").call("Network", [PythonObject(2)])
        _ = try network.call("add_dense", [PythonObject(8), PythonObject("tanh")])
        _ = try network.call("add_dense", [PythonObject(2)])
        _ = try network.call("build", [PythonObject(1)])
        let history = try network.call(
            "fit", [x, labels],
            ["epochs": PythonObject(300), "batch_size": PythonObject(4), "learning_rate": PythonObject(0.05)])
        #expect(try history.call("__len__").integer == 300)
        let y = try network.call("predict", [x]).withFloats(Array.init)
        let predicted = stride(from: 0, to: 8, by: 2).map { y[$0] < y[$0 + 1] ? 1 : 0 }
        #expect(predicted == [0, 1, 1, 0])
    }

    @Python @Test func errorsCarryTheLibrarysMessage() throws {
        let network = try network()
        let error = #expect(throws: PythonError.self) { try network.call("build") }
        #expect(error?.type == "StateError")
        #expect(error?.message.isEmpty == false)
        #expect(throws: PythonError.self) { try network.call("predict", [PythonObject([PythonObject(1.0)])]) }
    }

    /// Two inputs, one identity unit, built.
    @Python private func network() throws -> PythonObject {
        let network = try Interpreter.module("chainrule").call("Network", [PythonObject(2)])
        return try network.call("add_dense", [PythonObject(1)]).call("build")
    }
}

/// Why the suites are not run.
let skipped = """
    CHAINRULE_PYTHON_SITE does not name a folder with numpy, pytest and hypothesis; `make test` makes one and sets it
    """
