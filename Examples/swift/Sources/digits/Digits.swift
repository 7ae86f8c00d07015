import Foundation

/// Images of handwritten digits, and their labels.
struct Digits {
    static let pixels = 64
    static let classes = 10

    /// `count × pixels`, row-major: 0 is paper, 1 is ink.
    private(set) var images: [Float] = []
    private(set) var written: [Int32] = []

    var count: Int { written.count }

    /// Reads lines of 64 pixels from 0 to 16 and the digit. Holds out every fourth image of each digit.
    static func read(_ path: String) throws -> (training: Digits, heldOut: Digits) {
        var training = Digits()
        var heldOut = Digits()
        var seen = [Int](repeating: 0, count: classes)
        for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
            let numbers = line.split(separator: ",").compactMap { Int32($0) }
            guard numbers.count == pixels + 1, (0..<Int32(classes)).contains(numbers[pixels]) else {
                throw NotDigits(path: path, line: String(line))
            }
            let digit = Int(numbers[pixels])
            seen[digit] += 1
            if seen[digit] % 4 == 0 {
                heldOut.append(numbers)
            } else {
                training.append(numbers)
            }
        }
        return (training, heldOut)
    }

    private mutating func append(_ numbers: [Int32]) {
        images += numbers[..<Digits.pixels].map { Float($0) / 16 }
        written.append(numbers[Digits.pixels])
    }
}

struct NotDigits: Error, CustomStringConvertible {
    let path: String
    let line: String

    var description: String { "\(path): a line is not 64 pixels and a digit: \(line)" }
}
