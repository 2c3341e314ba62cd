/// The number of a block of the key-value cache.
typealias BlockID = Int32

/// Which blocks are free, and how many sequences use each of the others.
struct BlockAllocator {
    let blockCount: Int
    /// A stack: the block that was freed last is used next.
    private(set) var freeBlocks: [BlockID]
    /// Per block: how many sequences have it in their tables.
    private(set) var referenceCounts: [Int32]

    init(blockCount: Int) {
        self.blockCount = blockCount
        freeBlocks = (0..<blockCount).reversed().map(BlockID.init)
        referenceCounts = Array(repeating: 0, count: blockCount)
    }

    var freeCount: Int { freeBlocks.count }

    func canAllocate(_ count: Int) -> Bool {
        count <= freeCount
    }

    /// Takes a free block, with one reference. There must be one.
    mutating func allocate() -> BlockID {
        let block = freeBlocks.removeLast()
        referenceCounts[Int(block)] = 1
        return block
    }

    /// Adds a reference to a block that is not free.
    mutating func retain(_ block: BlockID) {
        referenceCounts[Int(block)] += 1
    }

    /// Removes a reference and answers whether it was the last; the block is not free before `free` says so.
    mutating func release(_ block: BlockID) -> Bool {
        precondition(referenceCounts[Int(block)] > 0, "a block is released more often than it was retained")
        referenceCounts[Int(block)] -= 1
        return referenceCounts[Int(block)] == 0
    }

    /// Makes an unreferenced block free.
    mutating func free(_ block: BlockID) {
        precondition(referenceCounts[Int(block)] == 0, "a block in use cannot be free")
        freeBlocks.append(block)
    }
}
