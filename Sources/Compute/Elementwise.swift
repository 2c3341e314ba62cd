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

/// Normalises each head of query or key rows, if there is a weight, and rotates it to its row's position, in place.
///
/// Pairs are (i, i + half), as in GPT-NeoX and Qwen.
///
/// - Parameters:
///   - rows: [rows x heads · headDimension].
///   - headDimension: Even.
///   - weight: [headDimension] of the heads' RMSNorm, or nil.
///   - epsilon: As for `normalize`.
///   - positions: [rows].
///   - tables: The angles.
///   - pool: Who computes.
public func rotate(
    _ rows: RowsView, headDimension: Int, weight: UnsafePointer<Float>?, epsilon: Float,
    positions: UnsafeBufferPointer<Int32>, tables: RotationTables, pool: WorkerPool
) {
    precondition(headDimension > 0 && headDimension.isMultiple(of: 2), "A head's length is even.")
    precondition(rows.columns.isMultiple(of: headDimension), "Rows hold whole heads.")
    precondition(positions.count >= rows.count, "Every row has a position.")
    for row in 0..<rows.count {
        let position = Int(unsafe positions[row])
        precondition(position >= 0 && position < tables.positionCount, "The tables hold every position.")
    }
    unsafe rotate_heads_on_pool(
        pool.workers,
        pool.kernels,
        head_rotation(
            rows: rows.rows,
            head_dimension: headDimension,
            weight: weight,
            epsilon: epsilon,
            positions: positions.baseAddress,
            cosines: tables.cosines,
            sines: tables.sines
        )
    )
}

/// SwiGLU: result = gate / (1 + exp(-gate)) · up, element by element; results may be either input.
public func activate(gate: RowsView, up: RowsView, into results: RowsView, pool: WorkerPool) {
    precondition(gate.count == up.count && gate.columns == up.columns, "Gate and up have one shape.")
    precondition(gate.count == results.count && gate.columns == results.columns, "Every element has a result.")
    unsafe activate_on_pool(pool.workers, pool.kernels, gate.rows, up.rows, results.rows)
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
