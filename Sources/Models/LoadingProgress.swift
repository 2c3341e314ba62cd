/// How much of a model's weights has been read.
public struct LoadingProgress: Hashable, Sendable {
    /// Bytes of the files that were repacked.
    public var loadedByteCount: Int
    public var totalByteCount: Int
    /// Whether floats are quantised on the way, which takes longer than reading.
    public var isQuantizing = false
    /// What went otherwise than asked for, though the model loads: a line each.
    public var notices: [String] = []

    /// From 0 to 1.
    public var fraction: Double {
        totalByteCount == 0 ? 1 : Double(loadedByteCount) / Double(totalByteCount)
    }
}
