/// The rows of logits that one forward pass made, in the order in which the batch asked for them.
///
/// A view of the model's scratch memory: valid until the next forward pass. The sampler may write to it.
@safe
public struct Logits {
    /// `[rowCount × vocabularySize]`, row after row.
    public let values: UnsafeMutablePointer<Float>
    public let rowCount: Int
    public let vocabularySize: Int

    public init(values: UnsafeMutablePointer<Float>, rowCount: Int, vocabularySize: Int) {
        unsafe self.values = unsafe values
        self.rowCount = rowCount
        self.vocabularySize = vocabularySize
    }

    /// The logits of one row, `vocabularySize` values.
    public func row(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        precondition(index >= 0 && index < rowCount, "no such row of logits")
        return unsafe UnsafeMutableBufferPointer(start: values + index * vocabularySize, count: vocabularySize)
    }
}
