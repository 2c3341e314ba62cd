/// Where the rows of a weight matrix come from when they are packed.
@safe
public enum WeightRows: @unchecked Sendable {
    /// The bytes of a file in the matrix's format, row after row, which stay as they are meanwhile.
    case stored(UnsafeRawBufferPointer)
    /// Rows that are made as they are needed. The workers call this, several at once, for each row once: it writes the given
    /// rows in the matrix's format, one after another, to where it is told.
    case made(@Sendable (Range<Int>, UnsafeMutableRawBufferPointer) -> Void)

    /// How many bytes there are; nil where they are yet to be made.
    var byteCount: Int? {
        switch self {
        case .stored(let bytes): bytes.count
        case .made: nil
        }
    }
}
