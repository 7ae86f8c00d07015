import Chainrule
import KernelDispatch
import Testing

/// Predictors in files. Tests/Clients/prepared.c has more.
@Suite struct PreparedFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static func makeNetwork() throws -> Network {
        var architecture = try Architecture(inputs: 6)
        try architecture.dense(20, .relu)
        try architecture.prelu()
        try architecture.dense(3)
        return try Network(architecture, seed: 3)
    }

    private static let x: [Float] = (0..<12).map { Float($0) / 8 - 0.5 }

    @Test(arguments: Precision.allCases) func anOpenedPredictorIsTheSavedOne(precision: Precision) throws {
        for level in InstructionSetLevel.allCases where level.isSupported {
            let predictor = try Predictor(PreparedFileTests.makeNetwork(), precision: precision, level: level)
            let path = folder.path("model")
            try predictor.save(to: path)
            for checksData in [false, true] {
                let opened = try Predictor(contentsOf: path, checksData: checksData)
                #expect(opened.precision == precision && opened.inputs == 6 && opened.outputs == 3)
                #expect(try opened.predict(PreparedFileTests.x) == predictor.predict(PreparedFileTests.x))
            }
            let bytes = try folder.read("model")
            let read = try Predictor(preparedBytes: bytes)
            #expect(try read.predict(PreparedFileTests.x) == predictor.predict(PreparedFileTests.x))
        }
    }

    /// The packing of one small network. If this fails, the packing or the format has changed: give the format a new version, and
    /// write the new number here.
    @Test func versionsHaveOnePacking() throws {
        var sums: [UInt64] = []
        for precision in Precision.allCases {
            let predictor = try Predictor(PreparedFileTests.makeNetwork(), precision: precision, level: .baseline)
            try predictor.save(to: folder.path("model"))
            let bytes = try folder.read("model")
            var sum: UInt64 = 0xcbf2_9ce4_8422_2325
            for byte in bytes { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
            sums.append(sum)
        }
        #if arch(x86_64)
            #expect(sums == PreparedFileTests.sumsOfVersion1)
        #endif
    }

    private static let sumsOfVersion1: [UInt64] = [
        16_216_543_829_810_668_587, 10_328_746_187_448_046_959, 15_144_384_822_949_278_842,
    ]

    @Test func classLabelsAreThoseOfTheNetwork() throws {
        let network = try PreparedFileTests.makeNetwork()
        for labels in [["ash", "böök \"\\", ""], []] {
            try network.setClassLabels(labels)
            let predictor = try Predictor(network, precision: .int8)
            try network.setClassLabels([])
            try predictor.save(to: folder.path("model"))
            let opened = try Predictor(contentsOf: folder.path("model"))
            #expect(predictor.classLabels == labels && opened.classLabels == labels)
            try opened.save(to: folder.path("again"))
            #expect(try folder.read("again") == folder.read("model"))
        }
    }

    @Test func altersAreFound() throws {
        try Predictor(PreparedFileTests.makeNetwork()).save(to: folder.path("model"))
        let bytes = try folder.read("model")
        for place in stride(from: 0, to: 64, by: 3) {
            var altered = bytes
            altered[place] ^= 0x20
            #expect(throws: ChainruleError.self) { _ = try Predictor(preparedBytes: altered) }
        }
        for count in stride(from: 0, to: bytes.count, by: 37) {
            #expect(throws: ChainruleError.self) { _ = try Predictor(preparedBytes: Array(bytes[..<count])) }
        }
        var altered = bytes
        altered[bytes.count - 1] ^= 1
        _ = try Predictor(preparedBytes: altered)
        #expect(throws: ChainruleError.self) { _ = try Predictor(preparedBytes: altered, checksData: true) }
        #expect(throws: ChainruleError.self) { _ = try Network(savedBytes: bytes) }
    }
}
