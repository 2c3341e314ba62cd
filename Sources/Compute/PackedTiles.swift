internal import CKernels
internal import Glibc

/// The memory of one or several repacked matrices of one shape.
@safe
final class PackedTiles: @unchecked Sendable {
    let byteCount: Int
    private let matrixCount: Int
    private let fileByteCount: Int
    private let rowByteCount: Int
    private let memory: UnsafeMutableRawPointer
    /// One view a matrix, as the kernels take them.
    let views: UnsafeMutablePointer<weight_tiles>

    init(matrices: Int, rows: Int, columns: Int, format: WeightFormat) throws(WeightError) {
        guard matrices > 0, rows > 0, columns > 0 else { throw .shapeOutOfRange(rows: rows, columns: columns) }
        guard columns.isMultiple(of: format.blockColumns) else {
            throw .columnsNotInBlocks(columns: columns, format: format)
        }
        guard let rowBytes = format.rowByteCount(columns: columns),
            let matrixBytes = format.residentByteCount(rows: rows, columns: columns)
        else { throw .shapeOutOfRange(rows: rows, columns: columns) }
        let (fileBytes, fileOverflow) = rows.multipliedReportingOverflow(by: rowBytes)
        let (bytes, overflow) = matrices.multipliedReportingOverflow(by: matrixBytes)
        guard !overflow, !fileOverflow else { throw .shapeOutOfRange(rows: rows, columns: columns) }
        // The alignment of a huge page, so that the kernel may use them; smaller ones need no more than a cache line.
        let alignment = bytes >= 1 << 21 ? 1 << 21 : 64
        let rounded = bytes <= Int.max - alignment ? (bytes + alignment - 1) / alignment * alignment : bytes
        guard let memory = unsafe aligned_alloc(alignment, rounded) else { throw .outOfMemory(byteCount: bytes) }
        if alignment > 64 { unsafe madvise(memory, rounded, MADV_HUGEPAGE) }
        matrixCount = matrices
        fileByteCount = fileBytes
        rowByteCount = rowBytes
        byteCount = bytes
        unsafe self.memory = memory
        unsafe views = UnsafeMutablePointer.allocate(capacity: matrices)
        for index in 0..<matrices {
            unsafe (views + index).initialize(
                to: weight_tiles(
                    format: format.code,
                    rows: rows,
                    columns: columns,
                    tile_bytes: weight_tile_bytes(format.code, columns),
                    data: UnsafeRawPointer(memory + index * matrixBytes)
                )
            )
        }
    }

    deinit {
        unsafe views.deallocate()
        unsafe free(memory)
    }

    /// Repacks one matrix's file bytes; a tile is a chunk.
    func pack(_ bytes: UnsafeRawBufferPointer, asMatrix index: Int, pool: WorkerPool) throws(WeightError) {
        precondition(index >= 0 && index < matrixCount, "A matrix's index is within the count.")
        guard bytes.count == fileByteCount, let base = bytes.baseAddress else {
            throw .byteCountDiffers(expected: fileByteCount, found: bytes.count)
        }
        nonisolated(unsafe) let view = unsafe views[index]
        nonisolated(unsafe) let source = unsafe base.assumingMemoryBound(to: UInt8.self)
        let rowByteCount = rowByteCount
        pool.run(chunkCount: tile_count(unsafe view.rows)) { tile in
            let first = tile * Int(tile_rows)
            unsafe pack_weight_tile(
                view.format,
                view.columns,
                min(Int(tile_rows), view.rows - first),
                source + first * rowByteCount,
                rowByteCount,
                UnsafeMutableRawPointer(mutating: view.data + tile * view.tile_bytes)
            )
        }
    }
}
