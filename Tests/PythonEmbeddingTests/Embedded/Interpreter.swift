import CPythonEmbed
import Foundation

/// The interpreter that this program is linked with, and the package under test.
@Python
enum Interpreter {
    /// The package's folder in this checkout.
    nonisolated static let package =
        URL(filePath: #filePath).appending(path: "../../../../bindings/python").standardizedFileURL

    /// The folder with numpy, pytest and hypothesis for this interpreter.
    nonisolated static let site = ProcessInfo.processInfo.environment["CHAINRULE_PYTHON_SITE"]

    private static let started = Result { try initialize() }

    /// Starts the interpreter, if it does not run yet. Everything else needs it.
    static func start() throws {
        try started.get()
    }

    /// Imports a module.
    static func module(_ name: String) throws -> PythonObject {
        try PythonObject(owned: PyImport_ImportModule(name))
    }

    /// Runs `source` and gives the value of its variable `name`.
    static func run(_ source: String, resultIn name: String) throws -> PythonObject {
        let names = try PythonObject(owned: PyDict_New())
        _ = try PythonObject(owned: PyRun_StringFlags(source, Py_file_input, names.pointer, names.pointer, nil))
        return try PythonObject(borrowed: PyDict_GetItemString(names.pointer, name))
    }

    /// Starts the interpreter with the standard library beside the shared library it is linked with. `PATH` is not asked: the
    /// `python3` there may be another Python.
    private static func initialize() throws {
        var preconfig = PyPreConfig()
        PyPreConfig_InitIsolatedConfig(&preconfig)
        preconfig.utf8_mode = 1
        try check(Py_PreInitialize(&preconfig))

        let config = UnsafeMutablePointer<PyConfig>.allocate(capacity: 1)
        PyConfig_InitIsolatedConfig(config)
        defer {
            PyConfig_Clear(config)
            config.deallocate()
        }
        let prefix = try prefix()
        let executable = "\(prefix)/bin/python\(PY_MAJOR_VERSION).\(PY_MINOR_VERSION)"
        try check(PyConfig_SetBytesString(config, &config.pointee.home, prefix))
        try check(PyConfig_SetBytesString(config, &config.pointee.executable, executable))
        config.pointee.site_import = 0
        try check(Py_InitializeFromConfig(config))

        let path = try PythonObject(borrowed: PySys_GetObject("path"))
        for (index, folder) in [package.path, site].compactMap(\.self).enumerated() {
            _ = try path.insert(PythonObject(folder), at: index)
        }
    }

    /// The folder above `lib` that holds the standard library of the `libpython` in this process.
    private static func prefix() throws -> String {
        let maps = try FileHandle(forReadingFrom: URL(filePath: "/proc/self/maps")).readToEnd() ?? Data()
        let mapped = String(decoding: maps, as: UTF8.self).matches(of: /\S*\/libpython[^\/\s]*/).first
        guard let mapped else {
            throw PythonError(type: "prefix", message: "this program is not linked with a shared libpython")
        }
        let landmark = "lib/python\(PY_MAJOR_VERSION).\(PY_MINOR_VERSION)/os.py"
        var folder = URL(filePath: String(mapped.output)).deletingLastPathComponent()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            if FileManager.default.fileExists(atPath: folder.appending(path: landmark).path) { return folder.path }
        }
        throw PythonError(type: "prefix", message: "no \(landmark) above \(mapped.output)")
    }

    private static func check(_ status: PyStatus) throws {
        guard PyStatus_Exception(status) != 0 else { return }
        let message = status.err_msg.map { String(cString: $0) }
        throw PythonError(type: "PyStatus", message: message ?? "cannot start Python")
    }
}
