import Foundation
import KernelDispatch
import Kernels
import Testing

@Suite struct NoiseKernelTests {
    /// Random123's known answers for philox4x32-10.
    @Test func philox() {
        for (counter, key, words) in [
            ((0, 0, 0, 0), (0, 0), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            (
                (0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff), (0xffff_ffff, 0xffff_ffff),
                [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
            ),
            (
                (0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), (0xa409_3822, 0x299f_31d0),
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
            ),
        ] as [(Philox.Words, (UInt32, UInt32), [UInt32])] {
            let found = Philox.words(counter: counter, key: key)
            #expect([found.0, found.1, found.2, found.3] == words)
        }
    }

    private func mask(
        _ level: InstructionSetLevel, _ place: NoisePlace, _ columns: Int, rate: Double, scale: Float = 2
    ) -> [Float] {
        var row = [Float](repeating: 7, count: columns + 1)
        level.kernels.noise.mask(columns, place, UInt32(rate * 4_294_967_296), [scale], &row)
        #expect(row[columns] == 7)
        return Array(row.dropLast())
    }

    private func normal(_ level: InstructionSetLevel, _ place: NoisePlace, _ columns: Int) -> [Float] {
        var row = [Float](repeating: 7, count: columns + 1)
        level.kernels.noise.normal(columns, place, [1], &row)
        #expect(row[columns] == 7)
        return Array(row.dropLast())
    }

    /// A number depends on its place alone: not on how many others are drawn, and what differs in one part differs.
    @Test(arguments: supportedLevels) func numbersOfPlaces(level: InstructionSetLevel) {
        let place = NoisePlace(seed: 5, step: 6, layer: 7, row: 8)
        for columns in 1...40 {
            let some = (mask(level, place, columns, rate: 0.5), bits(normal(level, place, columns)))
            let all = (mask(level, place, 64, rate: 0.5), bits(normal(level, place, 64)))
            #expect(some.0 == Array(all.0[..<columns]) && some.1 == Array(all.1[..<columns]))
        }
        let places = [
            place, NoisePlace(seed: 6, step: 6, layer: 7, row: 8), NoisePlace(seed: 5 << 32, step: 6, layer: 7, row: 8),
            NoisePlace(seed: 5, step: 7, layer: 7, row: 8), NoisePlace(seed: 5, step: 6 + (1 << 32), layer: 7, row: 8),
            NoisePlace(seed: 5, step: 6, layer: 8, row: 8), NoisePlace(seed: 5, step: 6, layer: 7, row: 9),
        ]
        #expect(Set(places.map { mask(level, $0, 128, rate: 0.5) }).count == places.count)
        #expect(Set(places.map { bits(normal(level, $0, 128)) }).count == places.count)
        #expect(mask(level, place, 200, rate: 0.5) == mask(.baseline, place, 200, rate: 0.5))
    }

    @Test(arguments: supportedLevels, [0.0, 0.25, 0.5, 0.875]) func sharesOfMasks(
        level: InstructionSetLevel, rate: Double
    ) {
        let columns = 100_000
        let row = mask(level, NoisePlace(seed: 1, step: 2, layer: 3, row: 4), columns, rate: rate)
        #expect(row.allSatisfy { $0 == 0 || $0 == 2 })
        let share = Double(row.count { $0 == 0 }) / Double(columns)
        // Five standard deviations.
        let deviation = (rate * (1 - rate) / Double(columns)).squareRoot()
        #expect(abs(share - rate) <= 5 * deviation)
    }

    /// Each number is where the normal distribution function is the uniform number that it was made of.
    @Test(arguments: supportedLevels) func normalNumbers(level: InstructionSetLevel) {
        let place = NoisePlace(seed: 11, step: 12, layer: 13, row: 14)
        let columns = 100_000
        let row = normal(level, place, columns)
        var sums = [0.0, 0.0, 0.0, 0.0]
        for (column, x) in row.enumerated() {
            let words = Philox.words(
                counter: (UInt32(column / 4), 14, 13, 12), key: (11, 0))
            let word = [words.0, words.1, words.2, words.3][column % 4]
            let tail = (Double(word >> 1) + 0.5) / 4_294_967_296
            #expect((x < 0) == (word & 1 == 1))
            // Φ(−|x|) = erfc(|x| / √2) / 2, whose slope is the density.
            let x = abs(Double(x))
            let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
            let probability = erfc(x / 2.0.squareRoot()) / 2
            let error = abs(probability - tail)
            let tolerance = density * 1e-6 * max(1, x) + 1e-7 * tail
            guard error <= tolerance else {
                Issue.record("\(x) for \(tail): \(error / density)")
                return
            }
            for power in 0..<4 { sums[power] += pow(Double(row[column]), Double(power + 1)) }
        }
        let moments = sums.map { $0 / Double(columns) }
        for (moment, exact) in zip(moments, [0.0, 1, 0, 3]) { #expect(abs(moment - exact) < 0.1) }
        #expect(abs(moments[0]) < 0.016 && abs(moments[1] - 1) < 0.023)
    }
}
