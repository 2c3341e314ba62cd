internal import Models
internal import Tokens

/// The prefix cache on disk: what was computed before a restart can be read behind it, bit for bit.
extension EngineLoop {
    mutating func perform(_ command: PrefixCacheCommand) throws(SnapshotError) -> PrefixCacheOutcome {
        let start = ContinuousClock.now
        let (blockCount, byteCount) =
            switch command {
            case .save(let path, let model): try save(path, model)
            case .restore(let path, let model): try restore(path, model)
            case .erase: (scheduler.pool.forgetUnused(), 0)
            }
        return PrefixCacheOutcome(
            tokenCount: blockCount * cache.blockLength, byteCount: byteCount, duration: ContinuousClock.now - start)
    }

    /// An index without blocks of this model and cache.
    private func emptyIndex(_ model: String) -> SnapshotIndex {
        SnapshotIndex(
            identity: "\(model) \(cache.format) \(cache.shape)", blockLength: cache.blockLength,
            blockByteCount: cache.byteCount / cache.blockCount)
    }

    private func save(_ path: String, _ model: String) throws(SnapshotError) -> (blockCount: Int, byteCount: Int) {
        var index = emptyIndex(model)
        var blocks: [Int] = []
        var places: [UInt64: Int32] = [BlockHash.rootSerial: -1]
        for content in scheduler.pool.cache.contents {
            // Without the block before it nobody would find it.
            guard let parent = places[content.parentSerial] else { continue }
            places[content.serial] = Int32(blocks.count)
            blocks.append(Int(content.block))
            var digest: UInt64 = 0
            unsafe cache.withBytes(of: Int(content.block)) {
                unsafe digest = SnapshotDigest.of(UnsafeRawBufferPointer($0))
            }
            index.entries.append(
                .init(parent: parent, scope: content.scope, digest: digest, tokens: Array(content.tokens)))
        }
        var file = try SnapshotFile.writing(path, index)
        for block in blocks {
            try unsafe cache.withBytes(of: block) { (bytes) throws(SnapshotError) in
                try unsafe file.append(UnsafeRawBufferPointer(bytes))
            }
        }
        try file.finish()
        return (blocks.count, file.byteCount)
    }

    private mutating func restore(
        _ path: String, _ model: String
    ) throws(SnapshotError) -> (blockCount: Int, byteCount: Int) {
        let file = try SnapshotFile.reading(path)
        var expected = emptyIndex(model)
        expected.entries = file.index.entries
        guard file.index == expected else { throw .otherModel }
        var restored: [PrefixCache.Published?] = []
        // The last blocks first, so that they are evicted first.
        defer {
            for published in restored.reversed() {
                if let published { scheduler.pool.release(published.block) }
            }
        }
        for (place, entry) in file.index.entries.enumerated() {
            let parentSerial = entry.parent < 0 ? BlockHash.rootSerial : restored[Int(entry.parent)]?.serial
            // Each sequence that runs may soon need a block more.
            guard let parentSerial, scheduler.pool.availableCount > scheduler.running.count,
                let block = scheduler.pool.take()
            else {
                restored.append(nil)
                continue
            }
            do {
                try unsafe cache.withBytes(of: Int(block)) { (bytes) throws(SnapshotError) in
                    try unsafe file.read(block: place, into: bytes)
                }
            } catch {
                scheduler.pool.release(block)
                throw error
            }
            let published = scheduler.pool.publish(
                block, content: entry.tokens[...], parentSerial: parentSerial, scope: entry.scope)
            if published == nil { scheduler.pool.release(block) }
            restored.append(published)
        }
        return (restored.count { $0 != nil }, file.byteCount)
    }
}
