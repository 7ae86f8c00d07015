import Chainrule
import Foundation

/// The contents of golden.json, which make_golden.py wrote: what PyTorch computed in float64.
struct GoldenFile: Decodable {
    struct ActivationCase: Decodable {
        let name: String
        let alpha: Float?
        let columns: Int
        let z: [Float]
        let delta: [Float]
        let h: [Double]
        let s: [Double]
    }

    struct CostCase: Decodable {
        let name: String
        let parameter: Float?
        let reduction: String
        let columns: Int
        let y: [Float]
        let values: [Float]?
        let classes: [Int32]?
        let weights: [Float]?
        let cost: Double
        let gradient: [Double]
    }

    struct Layer: Decodable {
        let type: String
        let name: String
        let units: Int?
        let activation: String?
        let alpha: Float?
        let bias: Bool?
        let shape: [Int]?
        let inputs: [String]
    }

    struct NetworkCase: Decodable {
        let name: String
        let inputs: Int
        let layers: [Layer]
        let columns: Int
        let rows: Int
        let x: [Float]
        let parameters: [Float]
        let cost: String
        let reduction: String
        let values: [Float]?
        let classes: [Int32]?
        let weights: [Float]?
        let outputs: [Double]
        let value: Double
        let gradients: [Double]
        let inputGradient: [Double]
        let deltas: [String: [Double]]
    }

    struct Regularized: Decodable {
        let weightDecay: Float?
        let l2: Float?
        let clipNorm: Float?
        let clipValue: Float?
        let includesBiases: Bool

        var library: Regularization {
            Regularization(
                weightDecay: weightDecay, l2: l2 ?? 0, clipNorm: clipNorm ?? .infinity,
                clipValue: clipValue ?? .infinity, includesBiases: includesBiases)
        }
    }

    struct Group: Decodable {
        let learningRateFactor: Float?
        let weightDecay: Float?
        let isFrozen: Bool?
    }

    struct DerivativeCase: Decodable {
        let name: String
        let inputs: Int
        let layers: [Layer]
        let columns: Int
        let x: [Float]
        let parameters: [Float]
        let cost: String
        let parameter: Float
        let reduction: String
        let values: [Float]?
        let classes: [Int32]?
        let weights: [Float]?
        let vector: [Float]
        let inputTangent: [Float]
        let outputVector: [Float]
        let jvp: [Double]
        let vjp: [Double]
        let inputVJP: [Double]
        let hessianProduct: [Double]
        let gaussNewtonProduct: [Double]
    }

    struct TrajectoryCase: Decodable {
        let name: String
        let learningRate: Float
        let momentum: Float?
        let betas: [Float]?
        let alpha: Float?
        let epsilon: Float?
        let regularization: Regularized
        /// By layer.
        let groups: [String: Group]
        let growth: Float?
        let shrink: Float?
        let minStep: Float?
        let maxStep: Float?
        let inputs: Int
        let layers: [Layer]
        let columns: Int
        let x: [Float]
        let values: [Float]
        let start: [Float]
        let costs: [Double]
        let steps: [[Double]]
        /// Of a chaotic method.
        let gradients: [[Float]]?
    }

    struct ScheduleCase: Decodable {
        let name: String
        let base: Float
        let warmup: Int
        let period: Int?
        let periodFactor: Int?
        let factor: Float?
        let minRate: Float?
        let peak: Float?
        let startDivisor: Float?
        let endDivisor: Float?
        let patience: Int?
        let threshold: Float?
        let cooldown: Int?
        let costs: [Double]?
        let rates: [Double]
    }

    let activations: [ActivationCase]
    let costs: [CostCase]
    let networks: [NetworkCase]
    let trajectories: [TrajectoryCase]
    let schedules: [ScheduleCase]
    let derivatives: [DerivativeCase]

    static func read() throws -> GoldenFile {
        guard let url = Bundle.module.url(forResource: "golden", withExtension: "json") else {
            throw CocoaError(.fileNoSuchFile)
        }
        return try JSONDecoder().decode(GoldenFile.self, from: Data(contentsOf: url))
    }
}

/// A name in the file that the library's tables do not have.
struct UnknownName: Error { let name: String }

extension GoldenFile {
    static func activation(_ name: String, alpha: Float?) throws -> Activation {
        guard let activation = Activation.all.first(where: { $0.identifier.description == name }) else {
            throw UnknownName(name: name)
        }
        return try alpha.map { try activation.with(alpha: $0) } ?? activation
    }

    static func cost(_ name: String, _ reduction: String, parameter: Float?) throws -> Cost {
        let reduction: Cost.Reduction = reduction == "sum" ? .sum : .mean
        if name == "cross_entropy", let parameter { return try .crossEntropy(smoothing: parameter, reduction) }
        if name == "huber" { return try .huber(delta: parameter ?? 1, reduction) }
        guard let cost = try Cost.all(reduction).first(where: { $0.identifier.description == name }) else {
            throw UnknownName(name: name)
        }
        return cost
    }

    static func targets(_ values: [Float]?, _ classes: [Int32]?, columns: Int, weights: [Float]?) -> Targets {
        classes.map { .classes($0, weights: weights) } ?? .values(values ?? [], columns: columns, weights: weights)
    }

    static func architecture(inputs: Int, _ layers: [Layer]) throws -> Architecture {
        var architecture = try Architecture(inputs: inputs)
        for layer in layers {
            switch layer.type {
            case "dense":
                try architecture.dense(
                    layer.units ?? 0, activation(layer.activation ?? "", alpha: layer.alpha), name: layer.name,
                    input: layer.inputs[0], bias: layer.bias ?? true)
            case "activation":
                try architecture.activation(
                    activation(layer.activation ?? "", alpha: layer.alpha), name: layer.name, input: layer.inputs[0])
            case "sum": try architecture.sum(of: layer.inputs, name: layer.name)
            case "reshape":
                try architecture.reshape(Shape(layer.shape ?? []), name: layer.name, input: layer.inputs[0])
            case "concatenation": try architecture.concatenation(of: layer.inputs, name: layer.name)
            default: throw UnknownName(name: layer.type)
            }
        }
        return architecture
    }
}
