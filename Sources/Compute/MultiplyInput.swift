internal import CKernels

/// Rows that are about to be multiplied: quantised at most once for all the matrices that they meet.
///
/// Made once with room for the largest step; `load` and `multiply` allocate nothing.
@safe
public final class MultiplyInput {
    public let rowLimit: Int
    public let columnLimit: Int
    private var rows: RowsView
    private var isQuantized = false
    private let blocks: AlignedBuffer<activation_block>
    private let valuePointers: AlignedBuffer<UnsafePointer<Float>?>
    private let blockPointers: AlignedBuffer<UnsafeMutablePointer<activation_block>?>
    private let resultPointers: AlignedBuffer<UnsafeMutablePointer<Float>?>

    /// - Parameters:
    ///   - rowLimit: The most rows of a step.
    ///   - columnLimit: The most columns of a row.
    public init(rowLimit: Int, columnLimit: Int) {
        precondition(rowLimit >= 0 && columnLimit >= 0, "Limits are not negative.")
        self.rowLimit = rowLimit
        self.columnLimit = columnLimit
        blocks = AlignedBuffer(count: rowLimit * activation_block_count(columnLimit))
        unsafe valuePointers = AlignedBuffer(count: rowLimit)
        unsafe blockPointers = AlignedBuffer(count: rowLimit)
        unsafe resultPointers = AlignedBuffer(count: rowLimit)
        unsafe rows = RowsView(UnsafeMutablePointer(bitPattern: 64).unsafelyUnwrapped, count: 0, columns: 0)
    }

    /// Bytes of its memory.
    public var byteCount: Int {
        unsafe blocks.byteCount + valuePointers.byteCount + blockPointers.byteCount + resultPointers.byteCount
    }

    /// What each row of the limit adds to that.
    public static func byteCountPerRow(columns: Int) -> Int {
        activation_block_count(columns) * MemoryLayout<activation_block>.stride
            + 3 * MemoryLayout<Int>.stride
    }

    /// Takes rows that stay as they are until the last multiplication with them.
    public func load(_ rows: RowsView) {
        precondition(rows.count <= rowLimit && rows.columns <= columnLimit, "The rows fit the limits.")
        self.rows = rows
        isQuantized = false
        let blocksPerRow = activation_block_count(rows.columns)
        for row in 0..<rows.count {
            unsafe valuePointers.pointer[row] = UnsafePointer(rows.pointer + row * rows.stride)
            unsafe blockPointers.pointer[row] = blocks.pointer + row * blocksPerRow
        }
    }

    /// Multiplies the loaded rows with a matrix: [rows x K] · [N x K]ᵀ → [rows x N].
    fileprivate func multiply(by matrix: WeightMatrix, into results: RowsView, pool: WorkerPool) {
        precondition(rows.columns == matrix.columns, "The rows are as long as the matrix's.")
        precondition(
            results.count == rows.count && results.columns == matrix.rows, "The results have the product's shape.")
        if matrix.format.isQuantized, !isQuantized {
            unsafe quantize_on_pool(
                pool.workers, pool.kernels, rows.count, rows.columns, valuePointers.pointer, blockPointers.pointer)
            isQuantized = true
        }
        for row in 0..<rows.count { unsafe resultPointers.pointer[row] = results.pointer + row * results.stride }
        let blocks = unsafe UnsafeRawPointer(blockPointers.pointer)
        var described = unsafe multiply_rows(
            count: rows.count,
            values: valuePointers.pointer,
            blocks: blocks.assumingMemoryBound(to: UnsafePointer<activation_block>?.self),
            results: resultPointers.pointer
        )
        unsafe multiply_on_pool(pool.workers, pool.kernels, matrix.tiles.views, &described)
    }
}

/// Multiplies the rows that `input` holds with a matrix: [rows x K] · [N x K]ᵀ → [rows x N], floats in and out.
///
/// A row's result has the same bits whatever other rows there are, on any number of threads and any instruction set.
public func multiply(_ input: MultiplyInput, by matrix: WeightMatrix, into results: RowsView, pool: WorkerPool) {
    input.multiply(by: matrix, into: results, pool: pool)
}
