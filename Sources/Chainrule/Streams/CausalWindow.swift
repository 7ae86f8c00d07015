/// The frames that a causal convolution has yet to see again. They lie in a ring, each of them twice, a whole ring apart:
/// then any frames that follow one another lie side by side, wherever the ring begins.
struct CausalWindow: BitwiseCopyable {
    let channels: Int
    /// How many frames before its own an output sees.
    let before: Int
    /// The frames in the ring: those before, and a block of new ones.
    let capacity: Int
    let ring: UnsafeMutablePointer<Float>

    /// The floats of the ring.
    static func count(channels: Int, before: Int, block: Int) throws(ChainruleError) -> Int {
        try Plan.checkedProduct(Plan.checkedProduct(2, Plan.checkedSum([before, block])), channels)
    }

    init(channels: Int, before: Int, block: Int, ring: UnsafeMutablePointer<Float>) {
        self.channels = channels
        self.before = before
        capacity = before + block
        self.ring = ring
    }

    /// Takes new frames in, at most a block of them.
    /// - Parameter seen: how many frames came before.
    /// - Returns: the new frames, and before them those that the first one sees.
    func take(_ frames: Matrix, after seen: UInt64) -> Matrix {
        let place = Int(seen % UInt64(capacity))
        let untilEnd = min(frames.rows, capacity - place)
        write(frames.rows(from: 0, count: untilEnd), at: place)
        if untilEnd < frames.rows { write(frames.rows(from: untilEnd, count: frames.rows - untilEnd), at: 0) }
        let visible = Int(min(seen, UInt64(before)))
        let first = place >= visible ? place - visible : place - visible + capacity
        return Matrix(base: ring + first * channels, rows: visible + frames.rows, columns: channels)
    }

    private func write(_ frames: Matrix, at place: Int) {
        let first = Matrix(base: ring + place * channels, rows: frames.rows, columns: channels)
        first.assign(frames)
        Matrix(base: first.base + capacity * channels, rows: frames.rows, columns: channels).assign(frames)
    }

    // MARK: State

    /// An element of the frames before, which are in order; 0 of a frame that never came.
    /// - Parameter seen: how many frames came.
    func element(_ index: Int, after seen: UInt64) -> Float {
        place(of: index, after: seen).map { ring[$0] } ?? 0
    }

    /// Sets one.
    func set(_ index: Int, to value: Float, after seen: UInt64) {
        guard let place = place(of: index, after: seen) else { return }
        ring[place] = value
        ring[place + capacity * channels] = value
    }

    private func place(of index: Int, after seen: UInt64) -> Int? {
        let (frame, channel) = index.quotientAndRemainder(dividingBy: channels)
        let distance = UInt64(before - frame)
        guard distance <= seen else { return nil }
        return Int((seen - distance) % UInt64(capacity)) * channels + channel
    }
}
