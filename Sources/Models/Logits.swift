/// Unnormalised scores, `[rowCount × vocabularySize]`, in memory that the model owns and reuses.
@safe
public struct Logits: BitwiseCopyable {
    /// `rowCount × vocabularySize` values, row after row.
    public let values: UnsafeMutablePointer<Float>
    public let rowCount: Int
    public let vocabularySize: Int

    public init(values: UnsafeMutablePointer<Float>, rowCount: Int, vocabularySize: Int) {
        unsafe self.values = unsafe values
        self.rowCount = rowCount
        self.vocabularySize = vocabularySize
    }

    /// One row's `vocabularySize` scores.
    public func row(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        precondition(index >= 0 && index < rowCount)
        return unsafe UnsafeMutableBufferPointer(start: values + index * vocabularySize, count: vocabularySize)
    }
}
