import CPythonEmbed

/// An exception that Python raised.
struct PythonError: Error, Equatable {
    var type: String
    var message: String
}

/// A reference to a Python object, given back when this object goes.
@Python
final class PythonObject {
    let pointer: UnsafeMutablePointer<PyObject>

    /// Takes over a new reference. NULL is the way in which Python's functions say that they raised an exception.
    init(owned pointer: UnsafeMutablePointer<PyObject>?) throws(PythonError) {
        guard let pointer else { throw Self.raised() }
        self.pointer = pointer
    }

    /// Adds a reference to one that something else holds.
    convenience init(borrowed pointer: UnsafeMutablePointer<PyObject>?) throws(PythonError) {
        try self.init(owned: pointer)
        Py_IncRef(pointer)
    }

    convenience init(_ text: String) throws(PythonError) {
        try self.init(owned: PyUnicode_FromString(text))
    }

    convenience init(_ number: Double) throws(PythonError) {
        try self.init(owned: PyFloat_FromDouble(number))
    }

    convenience init(_ number: Int) throws(PythonError) {
        try self.init(owned: PyLong_FromLong(number))
    }

    convenience init(_ items: [PythonObject]) throws(PythonError) {
        try self.init(owned: PyList_New(0))
        for item in items where PyList_Append(pointer, item.pointer) != 0 {
            throw Self.raised()
        }
    }

    isolated deinit {
        Py_DecRef(pointer)
    }

    /// `object.name`
    func attribute(_ name: String) throws(PythonError) -> PythonObject {
        try PythonObject(owned: PyObject_GetAttrString(pointer, name))
    }

    /// `object.name(arguments..., named...)`
    func call(
        _ name: String, _ arguments: [PythonObject] = [], _ named: KeyValuePairs<String, PythonObject> = [:]
    ) throws(PythonError) -> PythonObject {
        let list = try PythonObject(arguments)
        let tuple = try PythonObject(owned: PyList_AsTuple(list.pointer))
        let keywords = try PythonObject(owned: PyDict_New())
        for (keyword, value) in named where PyDict_SetItemString(keywords.pointer, keyword, value.pointer) != 0 {
            throw Self.raised()
        }
        return try PythonObject(owned: PyObject_Call(attribute(name).pointer, tuple.pointer, keywords.pointer))
    }

    /// `list.insert(index, item)`
    func insert(_ item: PythonObject, at index: Int) throws(PythonError) {
        _ = try call("insert", [PythonObject(index), item])
    }

    /// `str(object)`
    var text: String {
        get throws(PythonError) {
            let text = try PythonObject(owned: PyObject_Str(pointer))
            guard let bytes = PyUnicode_AsUTF8(text.pointer) else { throw Self.raised() }
            return String(cString: bytes)
        }
    }

    /// `int(object)`
    var integer: Int {
        get throws(PythonError) {
            let value = PyLong_AsLong(pointer)
            if value == -1, PyErr_Occurred() != nil { throw Self.raised() }
            return value
        }
    }

    /// Calls `body` with the floats of a contiguous, writable float32 array, in place.
    func withFloats<Result>(_ body: (UnsafeMutableBufferPointer<Float>) -> Result) throws(PythonError) -> Result {
        var buffer = Py_buffer()
        let layout = PyBUF_ND | PyBUF_WRITABLE | PyBUF_FORMAT
        guard PyObject_GetBuffer(pointer, &buffer, layout) == 0 else { throw Self.raised() }
        defer { PyBuffer_Release(&buffer) }
        guard buffer.format.map({ String(cString: $0) }) == "f" else {
            throw PythonError(type: "format", message: "the array does not hold float32")
        }
        let bytes = UnsafeMutableRawBufferPointer(start: buffer.buf, count: buffer.len)
        return body(bytes.bindMemory(to: Float.self))
    }

    /// The exception that Python has just raised on this thread, which is thereby dealt with.
    private static func raised() -> PythonError {
        var type: UnsafeMutablePointer<PyObject>?
        var value: UnsafeMutablePointer<PyObject>?
        var traceback: UnsafeMutablePointer<PyObject>?
        PyErr_Fetch(&type, &value, &traceback)
        PyErr_NormalizeException(&type, &value, &traceback)
        defer { for pointer in [type, value, traceback] { Py_DecRef(pointer) } }
        guard let type, let value, let name = try? PythonObject(borrowed: type).attribute("__name__").text else {
            return PythonError(type: "NULL", message: "Python gave NULL without an exception")
        }
        return PythonError(type: name, message: (try? PythonObject(borrowed: value).text) ?? "")
    }
}
