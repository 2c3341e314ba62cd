internal import CKernels

/// Rows of floats somewhere in memory that outlives the view: [count x columns], `stride` floats apart.
@safe
public struct RowsView: BitwiseCopyable {
    public let pointer: UnsafeMutablePointer<Float>
    public let count: Int
    public let columns: Int
    public let stride: Int

    /// - Parameters:
    ///   - pointer: The first row's first float; aligned to 4 bytes at least.
    ///   - count: Rows.
    ///   - columns: Floats of a row.
    ///   - stride: Floats from one row's start to the next one's; `columns` when nil.
    public init(_ pointer: UnsafeMutablePointer<Float>, count: Int, columns: Int, stride: Int? = nil) {
        precondition(count >= 0 && columns >= 0 && (stride ?? columns) >= columns, "Rows do not overlap.")
        unsafe self.pointer = unsafe pointer
        self.count = count
        self.columns = columns
        self.stride = stride ?? columns
    }

    /// The first `count` rows.
    public func prefix(_ count: Int) -> RowsView {
        precondition(count >= 0 && count <= self.count, "A prefix is not longer than the rows.")
        return unsafe RowsView(pointer, count: count, columns: columns, stride: stride)
    }

    /// Moves some rows to the front.
    ///
    /// - Parameter rows: Ascending.
    public func gather(_ rows: [Int32]) {
        for (place, row) in rows.enumerated() where place < row {
            precondition(row < count, "A row's index is within the count.")
            unsafe (pointer + place * stride).update(from: pointer + Int(row) * stride, count: columns)
        }
    }

    /// The floats of one row.
    public func row(_ index: Int) -> UnsafeMutableBufferPointer<Float> {
        precondition(index >= 0 && index < count, "A row's index is within the count.")
        return unsafe UnsafeMutableBufferPointer(start: pointer + index * stride, count: columns)
    }

    var rows: float_rows { unsafe float_rows(values: pointer, row_count: count, columns: columns, stride: stride) }
}
