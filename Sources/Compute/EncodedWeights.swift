internal import CKernels

/// A weight matrix as a file holds it, in a format of the kernels or in one that must be rewritten for them.
///
/// It keeps pointers into the file, which must stay mapped.
@safe
public struct EncodedWeights: @unchecked Sendable {
    public let rows: Int
    public let columns: Int
    /// Formats that hold the weights as they are, or but for a group's minimum that is rounded to binary16.
    public let exactFormats: [WeightFormat]
    private let storage: Storage

    @unsafe
    private enum Storage {
        case blocks(WeightFormat, UnsafeRawBufferPointer)
        case float8(float8_matrix)
        case grouped(grouped_matrix)
    }

    /// Rows at a time: what is in between, as floats, stays in the second-level cache.
    private static let rowsAtOnce = 16

    /// Weights in a format of the kernels.
    public init(
        rows: Int, columns: Int, format: WeightFormat, bytes: UnsafeRawBufferPointer
    ) throws(WeightError) {
        guard rows > 0, let size = format.rowByteCount(columns: columns) else {
            throw .columnsNotInBlocks(columns: columns, format: format)
        }
        try Self.check(bytes.count, rows, size)
        self.rows = rows
        self.columns = columns
        exactFormats = [format]
        unsafe storage = unsafe .blocks(format, bytes)
    }

    /// Weights of 8-bit floats (E4M3 without infinities): `[rows × columns]` bytes, and a scale (F32, F16 or BF16) for each block,
    /// `[⌈rows / blockRows⌉ × ⌈columns / blockColumns⌉]`.
    public init(
        rows: Int, columns: Int, codes: UnsafeRawBufferPointer, scales: UnsafeRawBufferPointer,
        scaleFormat: WeightFormat, blockRows: Int, blockColumns: Int
    ) throws(WeightError) {
        guard rows > 0, columns > 0, blockRows > 0, blockColumns > 0 else {
            throw .shapeOutOfRange(rows: rows, columns: columns)
        }
        try Self.check(codes.count, rows, columns)
        let scaleRows = (rows - 1) / blockRows + 1
        try Self.check(scales.count, scaleRows, ((columns - 1) / blockColumns + 1) * scaleFormat.blockByteCount)
        self.rows = rows
        self.columns = columns
        exactFormats = []
        unsafe storage = unsafe .float8(
            float8_matrix(
                codes: codes.assumingMemoryBound(to: UInt8.self).baseAddress,
                scales: scales.assumingMemoryBound(to: UInt8.self).baseAddress, scale_format: scaleFormat.code,
                columns: columns, block_rows: blockRows, block_columns: blockColumns))
    }

    /// Weights of small integers in groups.
    public init(_ weights: GroupedWeights) throws(WeightError) {
        rows = weights.rows
        columns = weights.columns
        var matrix = try unsafe weights.checked()
        exactFormats = unsafe Self.exactFormats(of: &matrix)
        unsafe storage = unsafe .grouped(matrix)
    }

    /// Columns whose groups are mixed have no place in blocks of 32 that share a scale.
    private static func exactFormats(of matrix: inout grouped_matrix) -> [WeightFormat] {
        let groupCount = unsafe matrix.columns / matrix.group_columns
        guard unsafe matrix.group_columns.isMultiple(of: 32),
            unsafe grouped_matrix_order(&matrix, groupCount) == groups_in_order
        else { return [] }
        let isSymmetric = unsafe grouped_matrix_is_symmetric(&matrix, groupCount)
        if unsafe matrix.bits == 8 { return isSymmetric ? [.q8_0] : [] }
        return isSymmetric ? [.q4_0, .q4_1] : [.q4_1]
    }

    /// The bytes of some rows, where those lie in one stretch.
    public func storedBytes(of range: Range<Int>) -> UnsafeRawBufferPointer? {
        switch unsafe storage {
        case .blocks(let format, let bytes):
            guard let size = format.rowByteCount(columns: columns) else { return nil }
            return unsafe UnsafeRawBufferPointer(rebasing: bytes[range.lowerBound * size..<range.upperBound * size])
        case .float8(let matrix):
            guard let codes = unsafe matrix.codes else { return nil }
            return unsafe UnsafeRawBufferPointer(
                start: codes + range.lowerBound * columns, count: range.count * columns)
        case .grouped: return nil
        }
    }

    /// Writes rows in a format of the kernels: as they are where it holds them exactly, and rounded to it otherwise.
    ///
    /// - Parameters:
    ///   - range: Some of the rows.
    ///   - format: One of `WeightFormat.canBeMade`, whose blocks the columns fill.
    ///   - bytes: Room for so many rows of the format.
    public func write(_ range: Range<Int>, as format: WeightFormat, to bytes: UnsafeMutableRawBufferPointer) {
        guard let size = format.rowByteCount(columns: columns),
            let start = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
        else { return }
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "Rows are within the matrix.")
        precondition(bytes.count == range.count * size, "There is room for the rows.")
        if case .grouped(var matrix) = unsafe storage, exactFormats.contains(format) {
            unsafe repack_grouped_rows(&matrix, format.code, range.lowerBound, range.count, start)
            return
        }
        precondition(format.canBeMade, "Weights are rounded to formats that can be made.")
        unsafe withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.rowsAtOnce * columns) { values in
            guard let values = values.baseAddress else { return }
            for first in stride(from: range.lowerBound, to: range.upperBound, by: Self.rowsAtOnce) {
                let count = min(Self.rowsAtOnce, range.upperBound - first)
                unsafe read(first, count, into: values)
                for row in 0..<count {
                    unsafe quantize_weight_row(
                        format.code, columns, values + row * columns, start + (first - range.lowerBound + row) * size)
                }
            }
        }
    }

    /// Reads rows as floats, exactly the values that the file stands for, but for one rounding of a product.
    public func read(_ range: Range<Int>, into values: UnsafeMutablePointer<Float>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "Rows are within the matrix.")
        unsafe read(range.lowerBound, range.count, into: values)
    }

    private func read(_ first: Int, _ count: Int, into values: UnsafeMutablePointer<Float>) {
        switch unsafe storage {
        case .blocks(let format, let bytes):
            guard let size = format.rowByteCount(columns: columns),
                let start = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress
            else { return }
            for row in 0..<count {
                unsafe dequantize_weight_row(
                    format.code, columns, start + (first + row) * size, values + row * columns)
            }
        case .float8(var matrix): unsafe read_float8_rows(&matrix, first, count, values)
        case .grouped(var matrix): unsafe read_grouped_rows(&matrix, first, count, values)
        }
    }

    static func check(_ byteCount: Int, _ rows: Int, _ rowByteCount: Int) throws(WeightError) {
        let (expected, overflow) = rows.multipliedReportingOverflow(by: rowByteCount)
        guard !overflow else { throw .shapeOutOfRange(rows: rows, columns: rowByteCount) }
        guard byteCount == expected else { throw .byteCountDiffers(expected: expected, found: byteCount) }
    }
}

extension WeightFormat {
    /// Whether floats can be rounded to the format.
    public var canBeMade: Bool { weight_format_can_be_made(code) }
}
