internal import CKernels

/// One or several repacked matrices of one shape.
@safe
final class PackedTiles: @unchecked Sendable {
    /// About what a worker packs at a time: a huge page's worth, so that workers seldom ask for the same page.
    private static let chunkByteCount = 1 << 20

    let byteCount: Int
    private let matrixCount: Int
    private let fileByteCount: Int
    private let rowByteCount: Int
    private let memory: WeightMemory
    /// One view a matrix, as the kernels take them.
    let views: UnsafeMutablePointer<weight_tiles>

    /// Room for matrices in `memory`; nil takes memory for them alone. Throws where the shape and the format do not fit
    /// together, or where memory runs out.
    init(
        matrices: Int, rows: Int, columns: Int, format: WeightFormat, memory: WeightMemory? = nil
    ) throws(WeightError) {
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
        let memory = if let memory { memory } else { try WeightMemory(byteCount: bytes) }
        let start = try unsafe memory.take(bytes)
        matrixCount = matrices
        fileByteCount = fileBytes
        rowByteCount = rowBytes
        byteCount = bytes
        self.memory = memory
        unsafe views = UnsafeMutablePointer.allocate(capacity: matrices)
        for index in 0..<matrices {
            unsafe (views + index).initialize(
                to: weight_tiles(
                    format: format.code,
                    rows: rows,
                    columns: columns,
                    tile_bytes: weight_tile_bytes(format.code, columns),
                    data: UnsafeRawPointer(start + index * matrixBytes)
                )
            )
        }
    }

    deinit {
        unsafe views.deallocate()
    }

    /// Repacks the file bytes of all matrices in one parallel region, unless the memory holds the tiles already.
    ///
    /// - Parameters:
    ///   - sources: Where each matrix's rows come from.
    ///   - pool: Who repacks.
    ///   - release: Called by the workers with stored bytes that are not needed any more.
    /// - Throws: `WeightError` where the bytes are not as many as the matrices' shape says.
    func pack(
        _ sources: [WeightRows], pool: WorkerPool,
        releasing release: @Sendable (UnsafeRawBufferPointer) -> Void
    ) throws(WeightError) {
        precondition(sources.count == matrixCount, "Every matrix has its rows.")
        for case let count? in sources.map(\.byteCount) where count != fileByteCount {
            throw .byteCountDiffers(expected: fileByteCount, found: count)
        }
        guard !memory.isFilled else { return }
        let tilesOfMatrix = unsafe tile_count(views[0].rows)
        let tilesOfChunk = min(max(1, Self.chunkByteCount / (byteCount / (tilesOfMatrix * matrixCount))), tilesOfMatrix)
        let chunksOfMatrix = (tilesOfMatrix + tilesOfChunk - 1) / tilesOfChunk
        pool.run(chunkCount: chunksOfMatrix * matrixCount) { chunk in
            let (matrix, part) = chunk.quotientAndRemainder(dividingBy: chunksOfMatrix)
            let tiles = part * tilesOfChunk..<min((part + 1) * tilesOfChunk, tilesOfMatrix)
            let rows = unsafe tiles.lowerBound * Int(tile_rows)..<min(tiles.upperBound * Int(tile_rows), views[0].rows)
            switch sources[matrix] {
            case .stored(let source):
                let bytes = unsafe UnsafeRawBufferPointer(
                    rebasing: source[rows.lowerBound * rowByteCount..<rows.upperBound * rowByteCount])
                unsafe pack(tiles, of: views[matrix], from: bytes)
                unsafe release(bytes)
            case .made(let make):
                let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: rows.count * rowByteCount, alignment: 64)
                defer { unsafe bytes.deallocate() }
                unsafe make(rows, bytes)
                unsafe pack(tiles, of: views[matrix], from: UnsafeRawBufferPointer(bytes))
            }
        }
    }

    /// Packs tiles from the bytes of their rows.
    private func pack(_ tiles: Range<Int>, of view: weight_tiles, from bytes: UnsafeRawBufferPointer) {
        guard let base = unsafe bytes.assumingMemoryBound(to: UInt8.self).baseAddress else { return }
        for tile in tiles {
            let first = tile * Int(tile_rows)
            unsafe pack_weight_tile(
                view.format,
                view.columns,
                min(Int(tile_rows), view.rows - first),
                base + (tile - tiles.lowerBound) * Int(tile_rows) * rowByteCount,
                rowByteCount,
                UnsafeMutableRawPointer(mutating: view.data + tile * view.tile_bytes)
            )
        }
    }
}
