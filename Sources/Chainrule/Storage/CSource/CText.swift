/// C code in the making, as UTF-8.
struct CText {
    private(set) var bytes: [UInt8] = []

    @inline(never) mutating func add(_ text: ErrorMessage) { bytes.append(contentsOf: text.text.utf8) }
    mutating func append(bytes more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    /// A line of a function.
    @inline(never) mutating func line(_ text: ErrorMessage) {
        add("    ")
        add(text)
        add("\n")
    }

    /// An array, with a name for each ten numbers of it.
    /// - Parameter number: writes one.
    @inline(never)
    mutating func array(
        _ declaration: ErrorMessage, count: Int, bytesEach: Int, _ number: (Int) throws(ChainruleError) -> String
    ) throws(ChainruleError) {
        let (size, overflow) = count.multipliedReportingOverflow(by: bytesEach)
        guard !overflow && count <= Int(Int32.max) / bytesEach else {
            throw ChainruleError(.size, "C source would have an array of \(count) numbers, which are too many")
        }
        // It grows by doubling.
        try Reserve.setAside(3 * (bytes.count + size) + 4096)
        add(declaration)
        add(" = {")
        for index in 0..<count {
            if index % 4096 == 0 { try Cancellation.look() }
            if index % 10 == 0 { append(bytes: "\n   ".utf8) }
            bytes.append(UInt8(ascii: " "))
            append(bytes: try number(index).utf8)
            bytes.append(UInt8(ascii: ","))
        }
        add("\n};\n")
    }

    mutating func floats(_ declaration: ErrorMessage, _ vector: Matrix) throws(ChainruleError) {
        try array(declaration, count: vector.count, bytesEach: 18) { index throws(ChainruleError) in
            let number = vector.base[index]
            guard number.isFinite else {
                throw ChainruleError(.notFinite, "a parameter is \(number), which C source cannot hold")
            }
            return CText.number(number)
        }
    }

    /// A float32 as C writes it: the shortest decimal that is read as the same number.
    static func number(_ number: Float) -> String {
        if number.isFinite { return number.description + "f" }
        return number > 0 ? "of_bits(0x7f800000u)" : "of_bits(0xff800000u)"
    }

    static func list(_ numbers: [Int]) -> String {
        var text = "{"
        for (index, number) in numbers.enumerated() {
            if index > 0 { text += ", " }
            text += number.description
        }
        return text + "}"
    }
}

/// The C functions that a file needs.
struct CCode {
    /// A function or a type: its text, and whether it is needed.
    private var pieces: [(name: UnsafeBufferPointer<UInt8>, text: UnsafeBufferPointer<UInt8>, isNeeded: Bool)] = []

    init() {
        for text in [CFunctions.text, CLayers.text, CCells.text, CSlopes.text, CTraining.text, CSequencesBack.text] {
            let all = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
            var start = 0
            while start < all.count {
                // "@name\ntext", where no text has an "@".
                var (nameEnd, end) = (start, start + 1)
                while all[nameEnd] != UInt8(ascii: "\n") { nameEnd += 1 }
                while end < all.count && all[end] != UInt8(ascii: "@") { end += 1 }
                pieces.append(
                    (
                        UnsafeBufferPointer(rebasing: all[start + 1..<nameEnd]),
                        UnsafeBufferPointer(rebasing: all[nameEnd + 1..<end]), false
                    ))
                start = end
            }
        }
    }

    mutating func need(_ text: [UInt8]) { text.withUnsafeBufferPointer { need($0) } }

    /// Marks the functions whose names are in a text, and those that they call.
    mutating func need(_ text: UnsafeBufferPointer<UInt8>) {
        var place = 0
        while place < text.count {
            if text[place] == UInt8(ascii: "/") && place + 1 < text.count && text[place + 1] == UInt8(ascii: "*") {
                place += 2
                while place < text.count && !(text[place] == UInt8(ascii: "/") && text[place - 1] == UInt8(ascii: "*"))
                {
                    place += 1
                }
            }
            let start = place
            while place < text.count && CCode.isInName(text[place]) { place += 1 }
            if place > start {
                need(named: UnsafeBufferPointer(rebasing: text[start..<place]))
            } else {
                place += 1
            }
        }
    }

    private mutating func need(named name: UnsafeBufferPointer<UInt8>) {
        for index in pieces.indices where !pieces[index].isNeeded && pieces[index].name.elementsEqual(name) {
            pieces[index].isNeeded = true
            need(pieces[index].text)
        }
    }

    private static func isInName(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
            || byte == UInt8(ascii: "_")
    }

    /// The text of the needed ones.
    func write(to text: inout CText) {
        for piece in pieces where piece.isNeeded {
            text.append(bytes: piece.text)
            text.add("\n")
        }
    }
}
