import Chainrule
import KernelDispatch
import Testing

/// Choosing an instruction set. That the numbers are those of other machines, Tools/test-instruction-sets checks.
@Suite struct InstructionSetTests {
    static func architecture() throws -> Architecture {
        var architecture = try Architecture(inputs: 7)
        try architecture.dense(33, .tanh)
        try architecture.dense(3, .softmax)
        return architecture
    }

    @Test func aNetworkComputesWithTheSetItWasBuiltFor() throws {
        var noise = Noise(3)
        let x = noise.floats(5 * 7)
        let supported = InstructionSet.allCases.filter(\.isSupported)
        #expect(supported.count == supportedLevels.count)
        for (set, level) in zip(supported, supportedLevels) {
            let network = try Network(InstructionSetTests.architecture(), seed: 7, instructionSet: set)
            let y = try network.predict(x)
            #expect(bits(y) == bits(try Network(InstructionSetTests.architecture(), seed: 7, level: level).predict(x)))
            #expect(bits(y) == bits(try Predictor(network).predict(x)), "\(set.name)")
            #expect(bits(y) == bits(try Publisher(network).predict(x)), "\(set.name)")
        }
    }

    @Test func whatIsNotThereIsAnErrorThatNamesWhatIs() throws {
        for set in InstructionSet.allCases where !set.isSupported {
            for attempt in [
                { _ = try Network(InstructionSetTests.architecture(), seed: 7, instructionSet: set) },
                { try InstructionSet.set(set) },
            ] {
                let error = try #require(throws: ChainruleError.self) { try attempt() }
                #expect(error.code == .value)
                #expect(error.message.hasPrefix("\(set.name) is not there"))
                for other in InstructionSet.allCases where other.isSupported {
                    #expect(error.message.contains(other.name.description))
                }
            }
        }
    }

    /// Another test may have been the first to compute, but none has chosen.
    @Test func whatIsDecidedStays() throws {
        _ = try Network(InstructionSetTests.architecture(), seed: 7)
        let supported = InstructionSet.allCases.filter(\.isSupported)
        let best = try #require(supported.last)
        #expect(InstructionSet.current == best)
        try InstructionSet.set(best)
        for set in supported where set != best {
            let error = try #require(throws: ChainruleError.self) { try InstructionSet.set(set) }
            #expect(error.code == .busy)
            #expect(error.message.contains("already computes with \(best.name)"))
        }
        #expect(InstructionSet.current == best)
    }
}
