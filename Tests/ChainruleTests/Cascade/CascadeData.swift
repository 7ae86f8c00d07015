import Chainrule
import Foundation

/// What networks are grown on in tests.
struct CascadeData {
    let x: [Float]
    let inputs: Int
    let targets: Targets

    func grow(_ options: CascadeOptions, outputs: Int = 1, validation: CascadeData? = nil) throws -> Network {
        try Network.cascade(
            x, inputs: inputs, targets: targets, outputs: outputs, validation: validation.map { ($0.x, $0.targets) },
            options: options)
    }

    /// The same, and the reports.
    func watch(
        _ options: CascadeOptions, outputs: Int = 1, validation: CascadeData? = nil
    ) throws -> (network: Network, reports: [CascadeUnit]) {
        var reports: [CascadeUnit] = []
        var watched = options
        watched.onUnit = { report in
            reports.append(report)
            return options.onUnit?(report) ?? true
        }
        return (try grow(watched, outputs: outputs, validation: validation), reports)
    }

    func evaluate(_ network: Network, _ cost: Cost) throws -> Metrics {
        try network.evaluate(cost, x, targets: targets)
    }

    /// Two spirals of 97 points each that turn three times round each other (Lang and Witbrock 1988; Fahlman and Lebiere 1990).
    static var spirals: CascadeData {
        var x: [Float] = []
        var t: [Float] = []
        for point in 0..<97 {
            let radius = 6.5 * (104 - Double(point)) / 104
            let angle = Double(point) * .pi / 16
            let (a, b) = (Float(radius * sin(angle)), Float(radius * cos(angle)))
            x += [a, b, -a, -b]
            t += [1, 0]
        }
        return CascadeData(x: x, inputs: 2, targets: .values(t, columns: 1))
    }

    /// All words of so many bits, and whether the number of ones is odd.
    static func parity(bits: Int) -> CascadeData {
        var x: [Float] = []
        var t: [Float] = []
        for word in 0..<1 << bits {
            for bit in 0..<bits { x.append(Float((word >> bit) & 1)) }
            t.append(Float(word.nonzeroBitCount & 1))
        }
        return CascadeData(x: x, inputs: bits, targets: .values(t, columns: 1))
    }

    /// A sine of nearly two turns, its x times `scale`.
    static func sine(rows: Int = 200, scale: Float = 1) -> CascadeData {
        let places = (0..<rows).map { 2 * Float($0) / Float(rows) - 1 }
        return CascadeData(
            x: places.map { $0 * scale }, inputs: 1, targets: .values(places.map { sin(6 * $0) }, columns: 1))
    }

    /// Noise, which has nothing to be learnt but itself.
    static func noise(_ seed: UInt64, rows: Int, inputs: Int = 3, outputs: Int = 1) -> CascadeData {
        var noise = Noise(seed)
        return CascadeData(
            x: noise.floats(rows * inputs), inputs: inputs,
            targets: .values(noise.floats(rows * outputs), columns: outputs))
    }
}

/// Options for few and quick units.
func cascadeOptions(
    _ cost: Cost = .meanSquaredError(), units: Int = 4, _ change: (inout CascadeOptions) -> Void = { _ in }
)
    -> CascadeOptions
{
    var options = CascadeOptions(cost: cost)
    options.maxUnits = units
    options.candidates = 4
    options.seed = 1
    change(&options)
    return options
}
