internal import CKernels
internal import Glibc

/// A weight matrix, [rows x columns], repacked into tiles of 16 rows for the kernels.
///
/// The tiles serve every instruction set. The file's bytes are not needed afterwards.
@safe
public final class WeightMatrix: Sendable {
    public let rows: Int
    public let columns: Int
    public let format: WeightFormat
    /// Bytes of memory that the repacked weights take.
    public let residentByteCount: Int
    let tiles: PackedTiles

    /// Repacks a matrix on the pool's workers.
    ///
    /// - Parameters:
    ///   - rows: Outputs.
    ///   - columns: Inputs.
    ///   - format: How the rows are written.
    ///   - source: Where the rows come from.
    ///   - memory: Where the tiles go; nil takes memory for them alone.
    ///   - pool: Who repacks.
    ///   - release: Called by the workers with stored bytes that are not needed any more.
    /// - Throws: `WeightError` when the shape, the format and the bytes do not fit together, or where memory runs out.
    public init(
        rows: Int, columns: Int, format: WeightFormat, source: WeightRows, memory: WeightMemory? = nil,
        pool: WorkerPool, releasing release: @Sendable (UnsafeRawBufferPointer) -> Void = { _ in }
    ) throws(WeightError) {
        self.rows = rows
        self.columns = columns
        self.format = format
        tiles = try PackedTiles(matrices: 1, rows: rows, columns: columns, format: format, memory: memory)
        residentByteCount = tiles.byteCount
        try unsafe tiles.pack([source], pool: pool, releasing: release)
    }

    /// Repacks the bytes of a file, row after row.
    public convenience init(
        rows: Int, columns: Int, format: WeightFormat, bytes: UnsafeRawBufferPointer, memory: WeightMemory? = nil,
        pool: WorkerPool
    ) throws(WeightError) {
        try unsafe self.init(
            rows: rows, columns: columns, format: format, source: .stored(bytes), memory: memory, pool: pool)
    }

    /// Writes one row as floats, exactly the values that the file stands for: a token's embedding.
    ///
    /// - Parameters:
    ///   - index: The row.
    ///   - values: Room for `columns` floats.
    public func row(_ index: Int, into values: UnsafeMutablePointer<Float>) {
        precondition(index >= 0 && index < rows, "A weight row's index is within the matrix.")
        unsafe unpack_weight_row(tiles.views, index, values)
    }
}

/// The same projection of all experts of a layer, each [rows x columns].
@safe
public final class ExpertWeights: Sendable {
    public let expertCount: Int
    public let rows: Int
    public let columns: Int
    public let format: WeightFormat
    public let residentByteCount: Int
    let tiles: PackedTiles

    /// Repacks all experts on the pool's workers.
    ///
    /// - Parameters:
    ///   - rows: Outputs of an expert.
    ///   - columns: Inputs of an expert.
    ///   - format: How the rows are written.
    ///   - experts: Where each expert's rows come from.
    ///   - memory: Where the tiles go; nil takes memory for them alone.
    ///   - pool: Who repacks.
    ///   - release: Called by the workers with stored bytes that are not needed any more.
    /// - Throws: `WeightError` when the shape, the format and the bytes do not fit together, or where memory runs out.
    public init(
        rows: Int, columns: Int, format: WeightFormat, experts: [WeightRows], memory: WeightMemory? = nil,
        pool: WorkerPool, releasing release: @Sendable (UnsafeRawBufferPointer) -> Void = { _ in }
    ) throws(WeightError) {
        expertCount = experts.count
        self.rows = rows
        self.columns = columns
        self.format = format
        tiles = try PackedTiles(
            matrices: expertCount, rows: rows, columns: columns, format: format, memory: memory)
        residentByteCount = tiles.byteCount
        try unsafe tiles.pack(experts, pool: pool, releasing: release)
    }

    /// Repacks experts that lie one after another, [expertCount x rows x columns], as GGUF keeps them.
    public convenience init(
        expertCount: Int, rows: Int, columns: Int, format: WeightFormat, bytes: UnsafeRawBufferPointer, pool: WorkerPool
    ) throws(WeightError) {
        guard expertCount > 0, bytes.count.isMultiple(of: expertCount) else {
            throw .shapeOutOfRange(rows: rows, columns: columns)
        }
        let size = bytes.count / expertCount
        let experts = (0..<expertCount).map {
            unsafe WeightRows.stored(UnsafeRawBufferPointer(rebasing: bytes[$0 * size..<($0 + 1) * size]))
        }
        try unsafe self.init(rows: rows, columns: columns, format: format, experts: experts, pool: pool)
    }
}
