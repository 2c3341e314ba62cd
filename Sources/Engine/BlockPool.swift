internal import Tokens

/// All blocks of the key-value cache: free, referenced, or unused with content that may be read again.
struct BlockPool {
    private(set) var allocator: BlockAllocator
    private(set) var cache: PrefixCache

    init(blockCount: Int, blockLength: Int) {
        allocator = BlockAllocator(blockCount: blockCount)
        cache = PrefixCache(blockCount: blockCount, blockLength: blockLength)
    }

    /// Blocks that `take` can still give.
    var availableCount: Int { allocator.freeCount + cache.evictableCount }

    var usedCount: Int { allocator.blockCount - availableCount }

    /// A free block, or else the one that was out of use for longest, with one reference; nil if all are in use.
    mutating func take() -> BlockID? {
        if !allocator.canAllocate(1) {
            guard let evicted = cache.evict() else { return nil }
            allocator.free(evicted)
        }
        return allocator.allocate()
    }

    /// Frees every published block that nobody uses, and answers how many there were.
    mutating func forgetUnused() -> Int {
        var count = 0
        while let block = cache.evict() {
            allocator.free(block)
            count += 1
        }
        return count
    }

    /// Adds a reference to a published block.
    mutating func retain(_ block: BlockID) {
        cache.retain(block)
        allocator.retain(block)
    }

    /// Removes a reference; a published block keeps its content until it is evicted.
    mutating func release(_ block: BlockID) {
        guard allocator.release(block) else { return }
        if cache.isPublished(block) {
            cache.makeEvictable(block)
        } else {
            allocator.free(block)
        }
    }

    /// Makes a full block known, or changes it for the one that is known by the same prefix already: by the model's law
    /// both hold the same bits.
    ///
    /// - Returns: the block that the sequence uses from now on; nil if the prefix cannot be published.
    mutating func publish(
        _ block: BlockID, content: ArraySlice<TokenID>, parentSerial: UInt64, scope: PrefixScope
    ) -> PrefixCache.Published? {
        let published = cache.publish(block, content: content, parentSerial: parentSerial, scope: scope)
        if let published, published.block != block {
            retain(published.block)
            release(block)
        }
        return published
    }
}
