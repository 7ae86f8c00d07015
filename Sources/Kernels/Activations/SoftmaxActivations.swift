/// `h_i = e^z_i / Σ_j e^z_j`, with the largest z taken out first; `s_i = h_i (δ_i − Σ_j h_j δ_j)`.
/// J is symmetric; `R{s}_i = R{h}_i (δ_i − Σ_j h_j δ_j) − h_i Σ_j R{h}_j δ_j` for a fixed δ.
public enum SoftmaxActivation: RowActivation {
    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(
        _ z: UnsafePointer<Set.Scalar>, _ h: UnsafeMutablePointer<Set.Scalar>, columns: Int, _: Set.Type
    ) {
        let e = RowExponentials<Set>(z, columns, writing: h)
        let total = Lanes<Set>(e.total)
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            (e.values(from: h + i, left) / total).store(h + i, left)
        }
    }

    @inlinable @inline(__always)
    public static func backward<Set: InstructionSet>(
        _ h: UnsafePointer<Set.Scalar>, _ delta: UnsafePointer<Set.Scalar>, _ s: UnsafeMutablePointer<Set.Scalar>,
        columns: Int, _: Set.Type
    ) {
        var sums: Lanes<Set> = 0.0
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            sums = sums.adding(Lanes(loading: h + i, left), times: Lanes(loading: delta + i, left))
        }
        let mean = Lanes<Set>(Set.pairwiseSum(sums.vector))
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            (Lanes(loading: h + i, left) * (Lanes(loading: delta + i, left) - mean)).store(s + i, left)
        }
    }

    @inlinable @inline(__always)
    public static func addCurvature<Set: InstructionSet>(
        _ h: UnsafePointer<Set.Scalar>, _ hTangent: UnsafePointer<Set.Scalar>, _ delta: UnsafePointer<Set.Scalar>,
        _ s: UnsafeMutablePointer<Set.Scalar>, columns: Int, _: Set.Type
    ) {
        var sums: Lanes<Set> = 0.0
        var tangentSums: Lanes<Set> = 0.0
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            let slope = Lanes<Set>(loading: delta + i, left)
            sums = sums.adding(Lanes(loading: h + i, left), times: slope)
            tangentSums = tangentSums.adding(Lanes(loading: hTangent + i, left), times: slope)
        }
        let mean = Lanes<Set>(Set.pairwiseSum(sums.vector))
        let meanTangent = Lanes<Set>(Set.pairwiseSum(tangentSums.vector))
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            let change =
                Lanes<Set>(loading: hTangent + i, left) * (Lanes(loading: delta + i, left) - mean)
                - Lanes(loading: h + i, left) * meanTangent
            (Lanes(loading: s + i, left) + change).store(s + i, left)
        }
    }
}

/// `h_i = z_i − log Σ_j e^z_j`; `s_i = δ_i − e^h_i Σ_j δ_j`,
/// `R{h}_i = R{z}_i − Σ_j e^h_j R{z}_j`, and `R{s}_i = −e^h_i R{h}_i Σ_j δ_j` for a fixed δ.
public enum LogSoftmaxActivation: AsymmetricRowActivation {
    @inlinable @inline(__always)
    public static func value<Set: InstructionSet>(
        _ z: UnsafePointer<Set.Scalar>, _ h: UnsafeMutablePointer<Set.Scalar>, columns: Int, _: Set.Type
    ) {
        let e = RowExponentials<Set>(z, columns, writing: nil)
        let logarithm = Lanes.log(Lanes<Set>(e.total))
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            ((Lanes(loading: z + i, left) - e.largest) - logarithm).store(h + i, left)
        }
    }

    @inlinable @inline(__always)
    public static func backward<Set: InstructionSet>(
        _ h: UnsafePointer<Set.Scalar>, _ delta: UnsafePointer<Set.Scalar>, _ s: UnsafeMutablePointer<Set.Scalar>,
        columns: Int, _: Set.Type
    ) {
        var sums: Lanes<Set> = 0.0
        for (i, left) in Lanes<Set>.vectors(of: columns) { sums = sums + Lanes(loading: delta + i, left) }
        let total = Lanes<Set>(Set.pairwiseSum(sums.vector))
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            (Lanes(loading: delta + i, left) - .exp(Lanes(loading: h + i, left)) * total).store(s + i, left)
        }
    }

    @inlinable @inline(__always)
    public static func tangent<Set: InstructionSet>(
        _ h: UnsafePointer<Set.Scalar>, _ zTangent: UnsafePointer<Set.Scalar>,
        _ hTangent: UnsafeMutablePointer<Set.Scalar>, columns: Int, _: Set.Type
    ) {
        var sums: Lanes<Set> = 0.0
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            sums = sums.adding(.exp(Lanes(loading: h + i, left)), times: Lanes(loading: zTangent + i, left))
        }
        let mean = Lanes<Set>(Set.pairwiseSum(sums.vector))
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            (Lanes(loading: zTangent + i, left) - mean).store(hTangent + i, left)
        }
    }

    @inlinable @inline(__always)
    public static func addCurvature<Set: InstructionSet>(
        _ h: UnsafePointer<Set.Scalar>, _ hTangent: UnsafePointer<Set.Scalar>, _ delta: UnsafePointer<Set.Scalar>,
        _ s: UnsafeMutablePointer<Set.Scalar>, columns: Int, _: Set.Type
    ) {
        var sums: Lanes<Set> = 0.0
        for (i, left) in Lanes<Set>.vectors(of: columns) { sums = sums + Lanes(loading: delta + i, left) }
        let total = Lanes<Set>(Set.pairwiseSum(sums.vector))
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            let change = Lanes<Set>.exp(Lanes(loading: h + i, left)) * Lanes(loading: hTangent + i, left) * total
            (Lanes(loading: s + i, left) - change).store(s + i, left)
        }
    }
}

/// What softmax, log-softmax and cross-entropy need of a row z: `e_i = e^(z_i − largest)`, and their sum.
///
/// The largest z and `log Σ_i e_i` are kept apart: their sum would round away what distinguishes large z.
@usableFromInline
struct RowExponentials<Set: InstructionSet> {
    /// The largest z, in every lane.
    @usableFromInline let largest: Lanes<Set>
    /// `Σ_i e_i`.
    @usableFromInline let total: Set.Scalar
    /// Whether the row fits into one vector: `all`, which is then every e and 0 after them.
    @usableFromInline let fits: Bool
    @usableFromInline let all: Lanes<Set>

    /// Writes the e to `memory`, which may be `z`, if the row does not fit into one vector and it is not nil.
    @inlinable @inline(__always)
    init(_ z: UnsafePointer<Set.Scalar>, _ columns: Int, writing memory: UnsafeMutablePointer<Set.Scalar>?) {
        // What fills a partial vector changes neither the largest number nor the sum.
        let nothing = Lanes<Set>(-Set.Scalar.infinity)
        fits = columns <= Lanes<Set>.count
        if fits {
            let values = Lanes<Set>(loading: z, columns).prefix(columns, else: nothing)
            largest = Lanes(Set.largest(values.vector))
            all = Lanes.exp(values - largest)
            total = Set.pairwiseSum(all.vector)
            return
        }
        var most = nothing
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            let values = Lanes<Set>(loading: z + i, left).prefix(left, else: nothing)
            most = .select(most < values, values, most)
        }
        let largest = Lanes<Set>(Set.largest(most.vector))
        var sums: Lanes<Set> = 0.0
        for (i, left) in Lanes<Set>.vectors(of: columns) {
            let e = Lanes.exp(Lanes(loading: z + i, left) - largest)
            if let memory { e.store(memory + i, left) }
            sums = sums + e.prefix(left, else: 0.0)
        }
        self.largest = largest
        total = Set.pairwiseSum(sums.vector)
        all = 0.0
    }

    /// A vector's worth of e from the memory they were written to.
    @inlinable @inline(__always)
    func values(from memory: UnsafePointer<Set.Scalar>, _ left: Int) -> Lanes<Set> {
        fits ? all : Lanes(loading: memory, left)
    }
}
