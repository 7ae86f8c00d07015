// Trains a network to read handwritten digits, from Swift.
//
//     swift run --package-path Examples/swift --scratch-path build/swift/examples digits Examples/data/digits.csv
import Chainrule
import Foundation

@main
struct Main {
    static let wantedAccuracy = 0.975

    static func main() {
        guard CommandLine.arguments.count == 2 else { stop("usage: digits DIGITS.csv") }
        do {
            let (training, heldOut) = try Digits.read(CommandLine.arguments[1])
            let accuracy = try learn(training, heldOut)
            if accuracy < wantedAccuracy { stop("accuracy: less than 97.5 %") }
        } catch let error as ChainruleError {
            stop("error \(error.code.rawValue): \(error.message)")
        } catch {
            stop("\(error)")
        }
    }

    /// Trains, prints the result, and returns the accuracy on the held-out digits.
    static func learn(_ training: Digits, _ heldOut: Digits) throws(ChainruleError) -> Double {
        // The architecture is a value. The network made from it is an object with parameters.
        var architecture = try Architecture(inputs: Digits.pixels)
        try architecture.dense(100, .relu)
        try architecture.dense(Digits.classes)
        let network = try Network(architecture, seed: 1)

        let optimizer = try Optimizer(Adam(), learningRate: 0.003, for: network)
        var options = TrainingOptions(cost: .crossEntropy())
        options.epochs = 30
        options.seed = 1
        options.onEpoch = { epoch in
            if epoch.number % 5 == 0 {
                print(
                    String(
                        format: "epoch %2d/%d: loss %.5f, held-out accuracy %.2f %%", epoch.number, epoch.count,
                        epoch.cost, 100 * (epoch.validation?.accuracy ?? 0)))
            }
            return true
        }
        try network.fit(
            training.images, targets: .classes(training.written), optimizer: optimizer, options: options,
            validation: (heldOut.images, .classes(heldOut.written)))

        // Write into existing memory: this makes no array for the result.
        var logits = [Float](repeating: 0, count: heldOut.count * Digits.classes)
        var span = logits.mutableSpan
        try network.predict(heldOut.images.span, rows: heldOut.count, into: &span)

        var right = 0
        for (row, digit) in heldOut.written.enumerated() {
            let scores = logits[row * Digits.classes..<(row + 1) * Digits.classes]
            let said = scores.indices.max { scores[$0] < scores[$1] }! - scores.startIndex
            if said == Int(digit) { right += 1 }
        }
        let accuracy = Double(right) / Double(heldOut.count)
        print(String(format: "Held-out accuracy: %.2f %% (%d of %d)", 100 * accuracy, right, heldOut.count))
        return accuracy
    }

    static func stop(_ why: String) -> Never {
        FileHandle.standardError.write(Data("\(why)\n".utf8))
        exit(EXIT_FAILURE)
    }
}
