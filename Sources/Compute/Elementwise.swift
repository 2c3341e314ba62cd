internal import CKernels

/// RMSNorm of each row: result = input / √(mean of squares + epsilon) · weight.
///
/// - Parameters:
///   - input: [rows x columns].
///   - weight: [columns].
///   - epsilon: Added to the mean of squares.
///   - results: [rows x columns]: written; may be the input.
///   - pool: Who computes.
public func normalize(
    _ input: RowsView, weight: UnsafePointer<Float>, epsilon: Float, into results: RowsView, pool: WorkerPool
) {
    precondition(input.count == results.count && input.columns == results.columns, "Every row has a result.")
    unsafe normalize_on_pool(pool.workers, pool.kernels, input.rows, weight, epsilon, results.rows)
}

/// Adds a branch to the residual stream and normalises the sum for the next branch:
/// stream += branch; normed = RMSNorm(stream) · weight.
///
/// - Parameters:
///   - stream: [rows x columns]: written if there is a branch.
///   - branch: [rows x columns], or nil before the first one.
///   - weight: [columns].
///   - epsilon: Added to the mean of squares.
///   - normed: [rows x columns]: written.
///   - input: Holds `normed` afterwards.
///   - group: How the matrices that follow want their input quantised, or nil.
///   - pool: Who computes.
public func advanceResidual(
    _ stream: RowsView, adding branch: RowsView?, weight: UnsafePointer<Float>, epsilon: Float,
    into normed: RowsView, loading input: MultiplyInput, quantizing group: ActivationGroup?, pool: WorkerPool
) {
    precondition(stream.count == normed.count && stream.columns == normed.columns, "Every row has a result.")
    precondition(stream.columns.isMultiple(of: group?.rawValue ?? 1), "Quantised rows are whole groups.")
    if let branch {
        precondition(branch.count == stream.count && branch.columns == stream.columns, "The shapes agree.")
    }
    input.load(normed, quantized: group)
    unsafe advance_residual_on_pool(
        pool.workers,
        pool.kernels,
        residual_step(
            stream: stream.rows,
            addend: branch?.rows ?? float_rows(),
            weight: weight,
            epsilon: epsilon,
            output: normed.rows,
            blocks: group == nil ? nil : input.blockPointers.pointer,
            group_columns: group?.rawValue ?? 0
        )
    )
}

/// The cosines and sines of rotary position embedding: [positions x head dimension / 2] each.
@safe
public struct RotationTables: BitwiseCopyable {
    let cosines: UnsafePointer<Float>
    let sines: UnsafePointer<Float>
    let positionCount: Int

    public init(cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, positionCount: Int) {
        unsafe self.cosines = cosines
        unsafe self.sines = sines
        self.positionCount = positionCount
    }
}

/// Query or key heads, and the weight of their RMSNorm, [headDimension], if they have one.
public typealias Heads = (rows: RowsView, weight: UnsafePointer<Float>?)

/// Normalises each head of some rows, if there is a weight, and rotates it to its row's position, in place.
///
/// Pairs are (i, i + half), as in GPT-NeoX and Qwen.
///
/// - Parameters:
///   - heads: [rows x heads · headDimension], such as keys.
///   - others: Likewise, of the same rows: their queries, or nil.
///   - headDimension: Even.
///   - epsilon: As for `normalize`.
///   - positions: [rows].
///   - tables: The angles.
///   - pool: Who computes.
public func rotate(
    _ heads: Heads, _ others: Heads? = nil, headDimension: Int, epsilon: Float,
    positions: UnsafeBufferPointer<Int32>, tables: RotationTables, pool: WorkerPool
) {
    let rowCount = unsafe heads.rows.count
    if let others = unsafe others { precondition(unsafe others.rows.count == rowCount, "Both have every row.") }
    precondition(positions.count >= rowCount, "Every row has a position.")
    for row in 0..<rowCount {
        let position = Int(unsafe positions[row])
        precondition(position >= 0 && position < tables.positionCount, "The tables hold every position.")
    }
    func rotation(_ heads: Heads) -> head_rotation {
        precondition(headDimension > 0 && headDimension.isMultiple(of: 2), "A head's length is even.")
        precondition(unsafe heads.rows.columns.isMultiple(of: headDimension), "Rows hold whole heads.")
        return unsafe head_rotation(
            rows: heads.rows.rows,
            head_dimension: headDimension,
            weight: heads.weight,
            epsilon: epsilon,
            positions: positions.baseAddress,
            cosines: tables.cosines,
            sines: tables.sines
        )
    }
    unsafe rotate_heads_on_pool(
        pool.workers, pool.kernels, rotation(heads), others.map(rotation) ?? head_rotation())
}

/// Adds rows to others: the residual stream.
public func add(_ addend: RowsView, to accumulator: RowsView, pool: WorkerPool) {
    precondition(addend.count == accumulator.count && addend.columns == accumulator.columns, "The shapes agree.")
    unsafe add_on_pool(pool.workers, pool.kernels, accumulator.rows, addend.rows)
}

/// Adds one vector, [columns], to every row: a projection's bias.
public func add(_ vector: UnsafePointer<Float>, toEachRowOf rows: RowsView, pool: WorkerPool) {
    let addend = unsafe float_rows(
        values: UnsafeMutablePointer(mutating: vector),
        row_count: rows.count,
        columns: rows.columns,
        stride: 0
    )
    unsafe add_on_pool(pool.workers, pool.kernels, rows.rows, addend)
}
