import CChainrule
import Chainrule
import ChainruleC
import Foundation
import Testing

/// Versions, status codes, and the messages of errors.
@Suite struct MessageTests {
    static let header = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func versionsAreThoseOfTheHeader() throws {
        let version = CRL_VERSION_MAJOR * 10000 + CRL_VERSION_MINOR * 100 + CRL_VERSION_PATCH
        #expect(crlVersion() == version)
        #expect(
            String(cString: crlVersionString()) == "\(CRL_VERSION_MAJOR).\(CRL_VERSION_MINOR).\(CRL_VERSION_PATCH)")
        #expect(["avx512", "avx2", "baseline", "neon"].contains(String(cString: crlInstructionSet())))
    }

    static let statuses: [(Int, String)] = [
        (CRL_OK, "CRL_OK"), (CRL_ERROR_NULL, "CRL_ERROR_NULL"), (CRL_ERROR_HANDLE, "CRL_ERROR_HANDLE"),
        (CRL_ERROR_SIZE, "CRL_ERROR_SIZE"), (CRL_ERROR_VALUE, "CRL_ERROR_VALUE"), (CRL_ERROR_NAME, "CRL_ERROR_NAME"),
        (CRL_ERROR_TARGET, "CRL_ERROR_TARGET"), (CRL_ERROR_OVERLAP, "CRL_ERROR_OVERLAP"),
        (CRL_ERROR_NOT_BUILT, "CRL_ERROR_NOT_BUILT"),
        (CRL_ERROR_ALREADY_BUILT, "CRL_ERROR_ALREADY_BUILT"), (CRL_ERROR_MISMATCH, "CRL_ERROR_MISMATCH"),
        (CRL_ERROR_NO_FORWARD, "CRL_ERROR_NO_FORWARD"), (CRL_ERROR_BUSY, "CRL_ERROR_BUSY"),
        (CRL_ERROR_NOT_FINITE, "CRL_ERROR_NOT_FINITE"),
        (CRL_CANCELLED, "CRL_CANCELLED"), (CRL_ERROR_CALLBACK, "CRL_ERROR_CALLBACK"),
        (CRL_ERROR_FILE, "CRL_ERROR_FILE"),
        (CRL_ERROR_FORMAT, "CRL_ERROR_FORMAT"), (CRL_ERROR_FILE_VERSION, "CRL_ERROR_FILE_VERSION"),
        (CRL_ERROR_MEMORY, "CRL_ERROR_MEMORY"),
    ]

    @Test(arguments: statuses)
    func statusHasItsName(_ status: Int, _ text: String) { #expect(name(of: crl_status(status)) == text) }

    @Test(arguments: [crl_status(-1), 1, 99, 107, 700, .min, .max])
    func otherNumbersAreNoStatus(_ status: crl_status) { #expect(name(of: status) == "CRL_UNKNOWN") }

    /// The table above leaves none out.
    @Test func everyStatusOfTheHeaderHasAName() throws {
        let text = try String(
            contentsOf: MessageTests.header.appendingPathComponent("include/chainrule.h"), encoding: .utf8)
        let block = try #require(text.firstMatch(of: /enum \{\s*CRL_OK = 0,[^}]*\}/)).output
        let names = block.matches(of: /(CRL_[A-Z_]+) = (\d+)/).map { (Int($0.2)!, String($0.1)) }
        #expect(names.map { $0.0 } == MessageTests.statuses.map { $0.0 })
        #expect(names.map { $0.1 } == MessageTests.statuses.map { $0.1 })
    }

    @Test func codesOfTheSwiftLibraryAreThoseOfTheHeader() {
        let codes: [(ChainruleError.Code, Int)] = [
            (.size, CRL_ERROR_SIZE), (.value, CRL_ERROR_VALUE), (.name, CRL_ERROR_NAME), (.target, CRL_ERROR_TARGET),
            (.mismatch, CRL_ERROR_MISMATCH), (.noForward, CRL_ERROR_NO_FORWARD), (.busy, CRL_ERROR_BUSY),
            (.notFinite, CRL_ERROR_NOT_FINITE),
            (.cancelled, CRL_CANCELLED), (.callback, CRL_ERROR_CALLBACK), (.file, CRL_ERROR_FILE),
            (.format, CRL_ERROR_FORMAT), (.fileVersion, CRL_ERROR_FILE_VERSION), (.memory, CRL_ERROR_MEMORY),
        ]
        for (code, constant) in codes { #expect(code.rawValue == crl_status(constant)) }
    }

    @Test func messageLastsUntilTheNextFailure() {
        let f = Fixture()
        fails(crlNetworkSave(f.network, nil), CRL_ERROR_NULL, "crl_network_save", ["path is NULL"])
        ok(crlNetworkPredict(f.network, f.x.pointer, 4, 2, f.y.pointer, 4, 2))
        #expect(errorMessage == "crl_network_save: path is NULL")
        fails(crlNetworkBuild(f.network, 1), CRL_ERROR_ALREADY_BUILT, "crl_network_build", ["already built"])
        #expect(errorMessage.hasPrefix("crl_network_build: "))
    }

    /// A message of more than 511 bytes is cut between two characters, whatever their lengths.
    @Test(arguments: ["n", "é", "€", "𝛿"], 0..<8)
    func longMessageIsCutBetweenCharacters(_ character: String, _ shift: Int) {
        let f = Fixture()
        let name = String(repeating: "a", count: shift) + String(repeating: character, count: 600)
        let options = f.layer { $0.input = f.text(name) }
        #expect(crlNetworkAddDense(f.unbuilt, 1, 0, options) == crl_status(CRL_ERROR_NAME))
        let bytes = Array(UnsafeBufferPointer(start: crlErrorMessage(), count: 512)).map { UInt8(bitPattern: $0) }
        let length = bytes.firstIndex(of: 0) ?? 512
        #expect(length <= 511 && length > 511 - 2 * character.utf8.count)
        let message = String(validating: bytes[..<length], as: UTF8.self)
        #expect(message?.hasPrefix("crl_network_add_dense: ") == true)
        #expect(message?.contains(name.prefix(100)) == true)
    }
}
