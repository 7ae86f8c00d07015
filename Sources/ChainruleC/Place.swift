import CChainrule
import Chainrule

/// Where an array lies: rows of bytes at a stride. What a call writes must lie apart from what it still reads.
struct Place {
    let name: StaticString
    private let start: UInt
    private let rows: UInt
    private let rowBytes: UInt
    private let stride: UInt

    private init<Element>(
        _ base: UnsafePointer<Element>?, rows: Int, columns: Int, stride: Int, _ name: StaticString
    ) {
        self.name = name
        start = UInt(bitPattern: base)
        self.rows = UInt(rows)
        rowBytes = UInt(columns * MemoryLayout<Element>.stride)
        self.stride = UInt(stride * MemoryLayout<Element>.stride)
    }

    init(_ matrix: Matrix, _ name: StaticString) {
        self.init(
            UnsafePointer(matrix.base), rows: matrix.rows, columns: matrix.columns, stride: matrix.stride, name)
    }

    init<Element>(_ elements: UnsafeBufferPointer<Element>, _ name: StaticString) {
        self.init(elements.baseAddress, rows: 1, columns: elements.count, stride: elements.count, name)
    }

    init(_ bytes: UnsafeRawBufferPointer, _ name: StaticString) {
        self.init(
            bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), rows: 1, columns: bytes.count, stride: bytes.count,
            name)
    }

    /// Checks that the two arrays share no byte. Rows may lie between the other's rows, as the columns of one table do.
    func checkApart(from other: Place) throws(ChainruleError) {
        guard start <= other.start ? overlaps(later: other) : other.overlaps(later: self) else { return }
        throw ChainruleError(.overlap, "\(name) overlaps \(other.name): what is written must lie apart from all else")
    }

    private var byteCount: UInt { (rows - 1) * stride + rowBytes }

    private func overlaps(later: Place) -> Bool {
        // Never add addresses: the sum may overflow.
        let distance = later.start - start
        guard rowBytes > 0 && later.rowBytes > 0 && distance < byteCount else { return false }
        for row in 0..<later.rows {
            let place = distance + row * later.stride
            guard place < byteCount else { return false }
            let (before, offset) = place.quotientAndRemainder(dividingBy: stride)
            if offset < rowBytes || (before + 1 < rows && stride - offset < later.rowBytes) { return true }
        }
        return false
    }
}

/// Checks that a result lies apart from what it is computed from.
func checkApart(
    _ result: Place, from x: Matrix, _ targets: TargetView = TargetView(), of network: Network
) throws(ChainruleError) {
    try result.checkApart(from: Place(x, "x"))
    try targets.checkApart(from: result)
    try result.checkApart(from: Place(network.numbers, "the network's parameters"))
}

/// Checks that the training data lie apart from the network's parameters.
func checkApart(_ network: Network, from data: DataView) throws(ChainruleError) {
    let parameters = Place(network.numbers, "the network's parameters")
    try parameters.checkApart(from: Place(data.x, "x"))
    try data.targets.checkApart(from: parameters)
}

extension TargetView {
    func checkApart(from result: Place) throws(ChainruleError) {
        if let values { try result.checkApart(from: Place(values, "targets->values")) }
        if let classes { try result.checkApart(from: Place(classes, "targets->classes")) }
        if let weights { try result.checkApart(from: Place(weights, "targets->weights")) }
    }
}
