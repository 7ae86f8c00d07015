import Chainrule
import Foundation
import Testing

/// A file that was cut off or altered is an error, or still the same network; nothing traps and nothing is half-loaded.
@Suite struct AlteredFileTests {
    private let folder: TemporaryFolder
    /// One file for all alterations: making thousands would wait for the disk.
    private let file: FileHandle
    private let network: Network
    private let bytes: [UInt8]
    private let headerEnd: Int
    /// The network's prediction.
    private let expected: [UInt32]

    /// No name here becomes another that is known by the change of one byte, as "relu" would become "selu": so that
    /// what still loads must be the same network.
    init() throws {
        folder = try TemporaryFolder()
        var architecture = try Architecture(inputs: 3)
        try architecture.dense(2, .sigmoid, name: "first")
        try architecture.activation(.softplus, name: "second")
        try architecture.sum(of: ["first", "second"], name: "total")
        network = try Network(architecture, seed: 71)
        try network.save(to: folder.path("model"))
        bytes = try folder.read("model")
        try folder.write(bytes, to: "altered")
        file = try FileHandle(forUpdating: URL(filePath: folder.path("altered")))
        expected = bits(try network.predict([1, 2, 3]))
        headerEnd = bytes.count - 4 * network.parameterCount
    }

    /// Loads the bytes in both ways. Returns the errors, nil where there was none.
    private func load(_ altered: [UInt8], _ what: String) throws -> [ChainruleError?] {
        try file.seek(toOffset: 0)
        try file.write(contentsOf: altered)
        try file.truncate(atOffset: UInt64(altered.count))
        var errors: [ChainruleError?] = []
        do throws(ChainruleError) {
            let loaded = try Network(contentsOf: folder.path("altered"))
            #expect(bits(loaded.parameterVector) == bits(network.parameterVector), "\(what)")
            let y = try loaded.predict([1, 2, 3])
            #expect(bits(y) == expected, "\(what)")
            errors.append(nil)
        } catch {
            errors.append(error)
        }
        let target = try Network(network.architecture, seed: 72)
        let before = target.parameterVector
        do throws(ChainruleError) {
            try target.loadParameters(from: folder.path("altered"))
            #expect(bits(target.parameterVector) == bits(network.parameterVector), "\(what)")
            errors.append(nil)
        } catch {
            #expect(bits(target.parameterVector) == bits(before), "\(what)")
            errors.append(error)
        }
        for error in errors {
            guard let error else { continue }
            #expect(error.code == .format || error.code == .fileVersion, "\(what): \(error)")
            #expect(error.message.contains(folder.path("altered")), "\(what): \(error.message)")
        }
        return errors
    }

    @Test func theFileItselfLoads() throws {
        #expect(try load(bytes, "unaltered").allSatisfy { $0 == nil })
    }

    @Test func everyTruncationIsAnError() throws {
        for length in alteredPlaces(0..<bytes.count) {
            let errors = try load(Array(bytes[..<length]), "cut to \(length)")
            #expect(errors.allSatisfy { $0?.code == .format }, "cut to \(length)")
        }
    }

    @Test func everyAppendedByteIsAnError() throws {
        for count in [1, 4, 1000] {
            let errors = try load(bytes + [UInt8](repeating: 0, count: count), "\(count) more")
            #expect(errors.allSatisfy { $0?.code == .format }, "\(count) more")
        }
    }

    @Test(arguments: [UInt8(0x01), 0x20, 0x80])
    func anAlteredHeaderByteIsAnErrorOrTheSameNetwork(mask: UInt8) throws {
        var failures = 0
        for index in alteredPlaces(0..<headerEnd) {
            var altered = bytes
            altered[index] ^= mask
            if try load(altered, "byte \(index) xor \(mask)")[0] != nil { failures += 1 }
        }
        // Spaces, and names that nothing refers to, may change.
        #expect(failures > alteredPlaces(0..<headerEnd).count * 3 / 4)
    }

    @Test(arguments: [UInt8(0), 0x22, 0x30, 0x7d])
    func aReplacedHeaderByteIsAnErrorOrTheSameNetwork(byte: UInt8) throws {
        for index in alteredPlaces(0..<headerEnd) {
            var altered = bytes
            altered[index] = byte
            _ = try load(altered, "byte \(index) is \(byte)")
        }
    }

    @Test func aRemovedHeaderByteIsAnErrorOrTheSameNetwork() throws {
        for index in alteredPlaces(8..<headerEnd) {
            var altered = bytes
            altered.remove(at: index)
            _ = try load(altered, "without byte \(index)")
        }
    }

    /// The header's length is given as every power of two.
    @Test func otherLengthsOfTheHeader() throws {
        for shift in 0..<64 {
            var altered = bytes
            for index in 0..<8 {
                altered[index] = UInt8(truncatingIfNeeded: (UInt64(1) << shift) >> (8 * UInt64(index)))
            }
            #expect(try load(altered, "a header of 2^\(shift)").allSatisfy { $0?.code == .format })
        }
    }
}
