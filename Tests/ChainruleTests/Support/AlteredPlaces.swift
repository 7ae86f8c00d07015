/// The places of a file at which tests alter it: each of them in a build for release, every seventh in a debug build, which takes
/// ten times as long for each.
func alteredPlaces(_ places: Range<Int>) -> [Int] {
    #if DEBUG
        Array(stride(from: places.lowerBound, to: places.upperBound, by: 7))
    #else
        Array(places)
    #endif
}
