import CPlatform

/// The data caches of a processor core, in bytes, within what the kernels are made for. Read once.
public enum CacheSizes {
    public static let first = size(ofLevel: 1, otherwise: 32 << 10, within: 16 << 10...128 << 10)
    public static let second = size(ofLevel: 2, otherwise: 512 << 10, within: 256 << 10...2 << 20)

    private static func size(ofLevel level: Int32, otherwise: Int, within range: ClosedRange<Int>) -> Int {
        let size = Int(platform_cache_bytes(level))
        return size > 0 ? min(max(size, range.lowerBound), range.upperBound) : otherwise
    }
}
