internal import CKernels

/// The sequences of a batch, as attention sees them. Made once; refilled each step without allocating.
@safe
public final class AttentionBatch {
    public let sequenceLimit: Int
    public private(set) var count = 0
    private(set) var rowCount = 0
    private(set) var highestBlock: Int32 = -1
    let sequences: AlignedBuffer<attention_sequence>

    /// - Parameter sequenceLimit: The most sequences of a step.
    public init(sequenceLimit: Int) {
        self.sequenceLimit = sequenceLimit
        unsafe sequences = AlignedBuffer(count: sequenceLimit)
    }

    /// Bytes of its memory.
    public var byteCount: Int { unsafe sequences.byteCount }

    /// What each sequence of the limit adds to that.
    public static var byteCountPerSequence: Int { unsafe MemoryLayout<attention_sequence>.stride }

    /// Forgets all sequences.
    public func removeAll() {
        count = 0
        rowCount = 0
        highestBlock = -1
    }

    /// Adds a sequence whose rows are adjacent and ascending.
    ///
    /// - Parameters:
    ///   - firstRow: Its first row in the batch.
    ///   - rowCount: Its rows, at least one; row i stands at position `firstPosition + i`.
    ///   - firstPosition: Its first row's position. Keys and values of all positions up to the last row's are in the cache.
    ///   - blockTable: Cache blocks of positions 0..., 32 positions each; stays as it is until attention is done.
    public func append(firstRow: Int, rowCount: Int, firstPosition: Int, blockTable: UnsafeBufferPointer<Int32>) {
        precondition(count < sequenceLimit, "The sequences fit the limit.")
        precondition(firstRow >= 0 && rowCount > 0 && firstPosition >= 0, "A sequence has rows.")
        let blocks = (firstPosition + rowCount + KVLayout.blockLength - 1) / KVLayout.blockLength
        precondition(blocks <= blockTable.count, "The block table covers all positions.")
        for index in 0..<blocks {
            let block = unsafe blockTable[index]
            precondition(block >= 0, "A block's id is not negative.")
            highestBlock = max(highestBlock, block)
        }
        unsafe sequences.pointer[count] = attention_sequence(
            first_row: firstRow,
            row_count: rowCount,
            first_position: firstPosition,
            block_table: blockTable.baseAddress
        )
        self.rowCount = max(self.rowCount, firstRow + rowCount)
        count += 1
    }
}

/// Writes keys (normalised and rotated) and values of a batch's rows into one layer's cache.
///
/// - Parameters:
///   - keys: [rows x KV heads · head dimension].
///   - values: Likewise.
///   - slots: [rows]: where a row goes, block · 32 + position mod 32.
///   - plane: The layer's cache.
///   - pool: Who computes.
public func storeKeysAndValues(
    keys: RowsView, values: RowsView, at slots: UnsafeBufferPointer<Int32>, in plane: KVPlane, pool: WorkerPool
) {
    let width = plane.layout.kvHeadCount * plane.layout.headDimension
    precondition(keys.columns == width && values.columns == width, "Keys and values have the layout's width.")
    precondition(keys.count == values.count && slots.count >= keys.count, "Every row has a slot.")
    for row in 0..<keys.count {
        let slot = Int(unsafe slots[row])
        precondition(slot >= 0 && slot / KVLayout.blockLength < plane.blockCount, "A slot lies in the cache.")
    }
    var store = unsafe kv_store(
        layout: plane.layout.layout,
        cache: plane.base.assumingMemoryBound(to: UInt8.self),
        block_stride: plane.blockStride,
        row_count: keys.count,
        slots: slots.baseAddress,
        keys: keys.pointer,
        key_stride: keys.stride,
        values: values.pointer,
        value_stride: values.stride
    )
    unsafe store_kv_on_pool(pool.workers, pool.kernels, &store)
}

/// Causal attention with grouped queries over the paged cache; head h reads KV head h / (heads / KV heads).
///
/// A row's result depends on its query and the cache alone: not on how its prompt was cut, on the batch or on the threads.
///
/// - Parameters:
///   - queries: [rows x heads · head dimension], normalised and rotated.
///   - results: Likewise: written; may be the queries.
///   - batch: Which rows belong to which sequence.
///   - plane: The layer's cache, keys and values of these rows included.
///   - headCount: A multiple of the KV heads.
///   - scale: Multiplies every score: 1 / √(head dimension).
///   - pool: Who computes.
public func attend(
    queries: RowsView, into results: RowsView, batch: AttentionBatch, plane: KVPlane, headCount: Int, scale: Float,
    pool: WorkerPool
) {
    let layout = plane.layout
    precondition(headCount > 0 && headCount.isMultiple(of: layout.kvHeadCount), "Heads share KV heads evenly.")
    precondition(headCount / layout.kvHeadCount <= Int(attention_query_limit), "A KV head's group is in range.")
    let width = headCount * layout.headDimension
    precondition(queries.columns == width && results.columns == width, "Queries and results have all heads.")
    precondition(batch.rowCount <= queries.count && batch.rowCount <= results.count, "All rows are there.")
    precondition(Int(batch.highestBlock) < plane.blockCount, "All blocks lie in the cache.")
    var plan = unsafe attention_plan(
        layout: layout.layout,
        head_count: headCount,
        scale: scale,
        queries: queries.pointer,
        query_stride: queries.stride,
        outputs: results.pointer,
        output_stride: results.stride,
        cache: plane.base.assumingMemoryBound(to: UInt8.self),
        block_stride: plane.blockStride,
        sequence_count: batch.count,
        sequences: batch.sequences.pointer
    )
    unsafe attend_on_pool(pool.workers, pool.kernels, &plan)
}
