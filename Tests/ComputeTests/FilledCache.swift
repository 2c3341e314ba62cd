import Compute

/// A cache with shuffled blocks that is never freed.
struct FilledCache {
    let layout: KVLayout
    let memory: UnsafeMutableRawBufferPointer
    let blockTable: [Int32]
    let stride: Int

    init(
        format: KVCacheFormat, kvHeads: Int, dimension: Int, keys: Rows, values: Rows, pool: WorkerPool,
        blockGap: Int = 64
    ) {
        layout = KVLayout(format: format, kvHeadCount: kvHeads, headDimension: dimension)
        stride = layout.blockByteCount + blockGap
        let blocks = (keys.count + 31) / 32
        memory = .allocate(byteCount: stride * (blocks + 2), alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        let table = (0..<blocks).map { Int32($0 ^ 1) }
        blockTable = table
        let slots = (0..<keys.count).map { table[$0 / 32] * 32 + Int32($0 % 32) }
        let plane = self.plane
        slots.withUnsafeBufferPointer {
            storeKeysAndValues(keys: keys.view, values: values.view, at: $0, in: plane, pool: pool)
        }
    }

    var plane: KVPlane {
        KVPlane(
            layout: layout, base: memory.baseAddress.unsafelyUnwrapped, blockCount: memory.count / stride,
            blockStride: stride)
    }

    /// Attends with rows that stand at `firstPosition` and after.
    func attend(_ queries: RowsView, into results: RowsView, firstPosition: Int, heads: Int, pool: WorkerPool) {
        let batch = AttentionBatch(sequenceLimit: 1)
        blockTable.withUnsafeBufferPointer {
            batch.append(firstRow: 0, rowCount: queries.count, firstPosition: firstPosition, blockTable: $0)
            Compute.attend(
                queries: queries, into: results, batch: batch, plane: plane, headCount: heads,
                scale: 1 / Float(layout.headDimension).squareRoot(), pool: pool)
        }
    }
}
