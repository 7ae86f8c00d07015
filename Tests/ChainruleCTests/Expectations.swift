import CChainrule
import ChainruleC
import Foundation
import Testing

/// What the last failed call on this thread left.
var errorMessage: String { String(cString: crlErrorMessage()) }

func name(of status: crl_status) -> String { String(cString: crlStatusName(status)) }

/// Expects success.
func ok(_ status: crl_status, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(
        status == crl_status(CRL_OK), "\(name(of: status)): \(status == 0 ? "" : errorMessage)",
        sourceLocation: sourceLocation)
}

/// Expects a failure of exactly this kind, whose message begins with the function's name and has every one of the words.
func fails(
    _ status: crl_status, _ code: Int, _ function: String, _ words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard status != crl_status(CRL_OK) else {
        Issue.record("succeeded; \(name(of: crl_status(code))) was expected", sourceLocation: sourceLocation)
        return
    }
    let message = errorMessage
    #expect(
        name(of: status) == name(of: crl_status(code)), "the message is: \(message)", sourceLocation: sourceLocation)
    #expect(message.hasPrefix("\(function): "), sourceLocation: sourceLocation)
    for word in words { #expect(message.contains(word), sourceLocation: sourceLocation) }
}

/// A call that must fail and change nothing.
struct BadCall: Sendable, CustomTestStringConvertible {
    let function: String
    let code: Int
    let words: [String]
    let call: @Sendable (Fixture) -> crl_status
    let line: Int

    /// - Parameter words: what the message says besides the function: the argument, and the offending value.
    init(
        _ function: String, _ code: Int, _ words: String..., line: Int = #line,
        call: @escaping @Sendable (Fixture) -> crl_status
    ) {
        self.function = function
        self.code = code
        self.words = words
        self.call = call
        self.line = line
    }

    var testDescription: String { "\(function), \(name(of: crl_status(code))), \(words), line \(line)" }

    /// Makes the call on a new fixture: the status is exact, the message tells, and not one bit of anything has changed.
    func check() {
        let fixture = Fixture()
        let before = fixture.state
        let prediction = fixture.prediction
        fails(call(fixture), code, function, words)
        #expect(fixture.state == before, "the call changed something")
        #expect(fixture.prediction == prediction)
    }
}

/// The handle of another kind, as a C program with a wrong cast would pass it.
func cast<From, To>(_ pointer: UnsafeMutablePointer<From>, to _: To.Type = To.self) -> UnsafeMutablePointer<To> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: To.self)
}

/// An address that no handle can have.
func misaligned<Handle>(_ handle: UnsafeMutablePointer<Handle>) -> UnsafeMutablePointer<Handle> {
    (UnsafeMutableRawPointer(handle) + 1).assumingMemoryBound(to: Handle.self)
}

/// A folder that is deleted with everything in it.
final class TemporaryFolder {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("chainrule-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}
