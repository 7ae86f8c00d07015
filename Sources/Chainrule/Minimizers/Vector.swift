import Kernels

/// A view of a float64 vector in memory that someone else owns and that must outlive it.
package struct Vector: @unchecked Sendable {
    package let base: UnsafeMutablePointer<Double>
    package let count: Int

    package subscript(index: Int) -> Double {
        get { base[index] }
        nonmutating set { base[index] = newValue }
    }

    /// The first elements.
    func prefix(_ count: Int) -> Vector {
        precondition(count <= self.count)
        return Vector(base: base, count: count)
    }

    /// `self · x`. The same on every processor, bit for bit.
    package func dot(_ x: Vector) -> Double {
        precondition(count == x.count)
        return Float64Vectors.dot(base, x.base, count: count)
    }

    /// The Euclidean norm.
    package var norm: Double { dot(self).squareRoot() }

    package var largestMagnitude: Double { Float64Vectors.largestMagnitude(base, count: count) }

    /// `self ← x`.
    package func assign(_ x: Vector) {
        precondition(count == x.count)
        UnsafeMutableRawPointer(base).copyMemory(from: x.base, byteCount: count * MemoryLayout<Double>.stride)
    }

    /// `self ← a self`.
    func scale(by a: Double) { Float64Vectors.scale(base, by: a, count: count) }

    /// `self ← self + a x`.
    package func add(_ a: Double, _ x: Vector) {
        precondition(count == x.count)
        Float64Vectors.add(a, x.base, to: base, count: count)
    }

    /// `self ← x + a y`.
    func assign(_ x: Vector, plus a: Double, _ y: Vector) {
        assign(x)
        add(a, y)
    }
}

/// The vectors that a method keeps, all of the same length, zero at first.
final class Vectors: FallibleClass {
    /// The length of each vector.
    let length: Int
    private let memory: Memory<Double>

    fileprivate init(length: Int, memory: Memory<Double>) {
        self.length = length
        self.memory = memory
    }

    subscript(index: Int) -> Vector {
        precondition(index >= 0 && (index + 1) * length <= memory.count, "a vector outside its memory")
        return Vector(base: memory.base + index * length, count: length)
    }
}

extension FallibleClass where Self == Vectors {
    init(_ count: Int, length: Int, for purpose: StaticString) throws(ChainruleError) {
        self = Vectors(
            length: length, memory: try Memory(count: Plan.checkedProduct(count, length), for: purpose))
    }
}
