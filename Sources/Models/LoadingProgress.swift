/// How much of a model's weights has been read.
public struct LoadingProgress: Hashable, Sendable {
    /// Bytes of the files that were repacked.
    public var loadedByteCount: Int
    public var totalByteCount: Int

    /// From 0 to 1.
    public var fraction: Double {
        totalByteCount == 0 ? 1 : Double(loadedByteCount) / Double(totalByteCount)
    }
}
