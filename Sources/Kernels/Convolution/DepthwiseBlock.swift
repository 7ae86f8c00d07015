/// Results of a depthwise convolution with the same taps, and how far apart everything lies, in elements.
public struct DepthwiseBlock {
    /// So many results or taps in one direction.
    public struct Direction {
        public let count: Int
        /// From the source under one to that under the next.
        public let x: Int
        /// From one result to the next, or from the weights of a tap to those of the next.
        public let other: Int

        @inlinable @inline(__always)
        public init(_ count: Int, x: Int, other: Int) {
            self.count = count
            self.x = x
            self.other = other
        }
    }

    public let channels: Int
    public let samples: Direction
    public let lines: Direction
    public let places: Direction
    public let lineTaps: Direction
    public let taps: Direction

    @inlinable @inline(__always)
    public init(
        channels: Int, samples: Direction, lines: Direction, places: Direction, lineTaps: Direction, taps: Direction
    ) {
        self.channels = channels
        self.samples = samples
        self.lines = lines
        self.places = places
        self.lineTaps = lineTaps
        self.taps = taps
    }
}
