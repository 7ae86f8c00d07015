import Testing

@testable import Chainrule

@Suite struct RandomGeneratorTests {
    /// What the reference implementations of SplitMix64 and xoshiro256** give (Blackman and Vigna, prng.di.unimi.it),
    /// computed by a separate program.
    @Test func knownAnswers() {
        let known: [(seed: UInt64, numbers: [UInt64])] = [
            (0, [0x99ec_5f36_cb75_f2b4, 0xbf6e_1f78_4956_452a, 0x1a5f_849d_4933_e6e0, 0x6aa5_94f1_262d_2d2c]),
            (1, [0xb3f2_af6d_0fc7_10c5, 0x853b_5596_4736_4cea, 0x92f8_9756_082a_4514, 0x642e_1c7b_c266_a3a7]),
            (42, [0x1578_0b2e_0c2e_c716, 0x6104_d986_6d11_3a7e, 0xae17_5332_39e4_99a1, 0xecb8_ad47_03b3_60a1]),
            (.max, [0x8f55_20d5_2a7e_ad08, 0xc476_a018_caa1_802d, 0x81de_31c0_d260_469e, 0xbf65_8d7e_065f_3c2f]),
        ]
        for (seed, numbers) in known {
            var generator = RandomGenerator(seed: seed)
            for number in numbers { #expect(generator.next() == number) }
        }
        var generator = RandomGenerator(seed: 42)
        for _ in 1..<1000 { _ = generator.next() }
        #expect(generator.next() == 0x8de5_848c_61ab_8968)
    }

    @Test func uniformIsTheTopBitsOfTheNumber() {
        var generator = RandomGenerator(seed: 1)
        // 0xb3f2af6d0fc710c5 / 2⁶⁴, cut to 53 bits.
        #expect(generator.uniform() == 0.7029218331588505)
    }

    /// Mean 1/2 and variance 1/12; of n numbers the mean strays by √(1/12n), here 0.0009. Five times that is allowed.
    @Test func uniformMoments() {
        var generator = RandomGenerator(seed: 3)
        let numbers = (0..<100_000).map { _ in generator.uniform() }
        #expect(numbers.allSatisfy { $0 >= 0 && $0 < 1 })
        let (mean, variance) = moments(numbers)
        #expect((mean - 0.5).magnitude < 0.0046)
        #expect((variance - 1.0 / 12).magnitude < 0.0012)
    }

    /// Mean 0, variance 1, and the tails of the normal distribution: 4.55 % beyond 2, 0.27 % beyond 3.
    @Test func normalMoments() {
        var generator = RandomGenerator(seed: 4)
        let numbers = (0..<100_000).map { _ in generator.normal() }
        let (mean, variance) = moments(numbers)
        #expect(mean.magnitude < 0.016)
        #expect((variance - 1).magnitude < 0.0225)
        let fourth = numbers.map { $0 * $0 * $0 * $0 }.reduce(0, +) / 100_000
        #expect((fourth - 3).magnitude < 0.16)
        #expect((Double(numbers.count { $0.magnitude > 2 }) / 100_000 - 0.0455).magnitude < 0.0033)
        #expect((Double(numbers.count { $0.magnitude > 3 }) / 100_000 - 0.0027).magnitude < 0.0009)
        // The two of a pair are independent.
        let pairs = stride(from: 0, to: 100_000, by: 2).map { numbers[$0] * numbers[$0 + 1] }
        #expect((pairs.reduce(0, +) / 50_000).magnitude < 0.0224)
    }

    private func moments(_ numbers: [Double]) -> (mean: Double, variance: Double) {
        let mean = numbers.reduce(0, +) / Double(numbers.count)
        return (mean, numbers.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(numbers.count))
    }

    /// Each of `bound` numbers as often as another: the counts' χ² stays below what 1 run in 10⁵ exceeds.
    @Test func integersAreUnbiased() {
        for (bound, limit) in [(1, 0.0), (2, 19.5), (3, 23.0), (7, 33.1), (10, 39.3)] {
            var generator = RandomGenerator(seed: 5)
            var counts = [Int](repeating: 0, count: bound)
            for _ in 0..<20_000 { counts[generator.integer(below: bound)] += 1 }
            let expected = 20_000 / Double(bound)
            let chiSquare = counts.map { (Double($0) - expected) * (Double($0) - expected) / expected }.reduce(0, +)
            #expect(chiSquare <= limit, "below \(bound): \(counts)")
        }
    }

    /// Where a bias would be large: eight random numbers fall on three below a bound of 3 · 2⁶¹, so that without drawing
    /// some again every third number would come two times where the others come three.
    @Test func integersBelowAHugeBoundAreUnbiased() {
        let bound = 3 << 61
        var generator = RandomGenerator(seed: 6)
        var counts = [0, 0, 0]
        for _ in 0..<30_000 {
            let number = generator.integer(below: bound)
            #expect(number >= 0 && number < bound)
            counts[number % 3] += 1
        }
        // √(30000 · 2/9) = 82; five times that.
        #expect(counts.allSatisfy { ($0 - 10_000).magnitude < 410 }, "\(counts)")
    }

    @Test func shufflingPermutes() throws {
        for count in [0, 1, 2, 3, 10, 257] {
            var generator = RandomGenerator(seed: 7)
            var order = Array(0..<count)
            try generator.shuffle(&order)
            #expect(order.sorted() == Array(0..<count))
            if count >= 10 { #expect(order != Array(0..<count)) }
        }
    }

    /// Each of the 24 orders of 4 as often as another: χ² with 23 degrees of freedom, exceeded by 1 run in 10⁵.
    @Test func everyOrderIsAsLikelyAsAnother() throws {
        var generator = RandomGenerator(seed: 8)
        var counts: [[Int]: Int] = [:]
        for _ in 0..<24_000 {
            var order = Array(0..<4)
            try generator.shuffle(&order)
            counts[order, default: 0] += 1
        }
        #expect(counts.count == 24)
        let chiSquare = counts.values.map { Double(($0 - 1000) * ($0 - 1000)) / 1000 }.reduce(0, +)
        #expect(chiSquare < 64.0)
    }

    @Test func aCopyGoesItsOwnWay() {
        var generator = RandomGenerator(seed: 9)
        _ = generator.normal()
        var copy = generator
        #expect(generator.normal() == copy.normal())
        _ = copy.next()
        #expect(generator.next() != copy.next())
    }
}
