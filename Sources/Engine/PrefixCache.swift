internal import Tokens

/// The index of full blocks by the prefix that they end: what was computed once can be read by whoever has the same prefix.
///
/// Four verbs: `match` looks, `retain` keeps a block from being evicted, `publish` adds one, `evict` gives up the one that
/// was out of use for longest. A published block is either referenced or in the list of those that may be evicted.
struct PrefixCache {
    /// What a published block holds; `serial` is 0 while it is not published.
    private struct Entry {
        var key: UInt64 = 0
        var serial: UInt64 = 0
        var parentSerial: UInt64 = 0
        var scope = PrefixScope()
        /// Neighbours in the list of evictable blocks; `blockCount` is the list's own head.
        var previous: BlockID = -1
        var next: BlockID = -1
    }

    /// A block that was found or published, and the number of its publication.
    struct Published: Hashable {
        var block: BlockID
        var serial: UInt64
    }

    private let blockLength: Int
    private var blocksByKey: [UInt64: BlockID] = [:]
    private var entries: [Entry]
    /// `blockLength` tokens per block.
    private var tokens: [TokenID]
    private var nextSerial: UInt64 = BlockHash.rootSerial + 1
    private var listHead: Int { entries.count - 1 }
    /// Published blocks that nobody uses.
    private(set) var evictableCount = 0

    init(blockCount: Int, blockLength: Int) {
        self.blockLength = blockLength
        entries = Array(repeating: Entry(), count: blockCount + 1)
        tokens = Array(repeating: 0, count: blockCount * blockLength)
        blocksByKey.reserveCapacity(blockCount)
        entries[blockCount].previous = BlockID(blockCount)
        entries[blockCount].next = BlockID(blockCount)
    }

    var publishedCount: Int { blocksByKey.count }

    func isPublished(_ block: BlockID) -> Bool {
        entries[Int(block)].serial != 0
    }

    func isEvictable(_ block: BlockID) -> Bool {
        entries[Int(block)].next >= 0
    }

    /// Finds the longest chain of published blocks that begins `sequence`, of at most `limit` blocks. Only looks.
    func match(_ sequence: [TokenID], scope: PrefixScope, limit: Int, into found: inout [Published]) {
        found.removeAll(keepingCapacity: true)
        var parentSerial = BlockHash.rootSerial
        for index in 0..<max(0, min(limit, sequence.count / blockLength)) {
            let content = sequence[index * blockLength..<(index + 1) * blockLength]
            guard let published = find(content, parentSerial: parentSerial, scope: scope) else { return }
            found.append(published)
            parentSerial = published.serial
        }
    }

    /// How many blocks `match` would find.
    func matchCount(_ sequence: [TokenID], scope: PrefixScope, limit: Int) -> Int {
        var parentSerial = BlockHash.rootSerial
        var count = 0
        while count < min(limit, sequence.count / blockLength) {
            let content = sequence[count * blockLength..<(count + 1) * blockLength]
            guard let published = find(content, parentSerial: parentSerial, scope: scope) else { break }
            parentSerial = published.serial
            count += 1
        }
        return count
    }

    /// Keeps a published block from being evicted while it is referenced.
    mutating func retain(_ block: BlockID) {
        if isEvictable(block) {
            unlink(block)
        }
    }

    /// Makes a full block known. If one with the same prefix is known already, that one is answered and nothing changes;
    /// nil if the block cannot be published, because its key is taken by another content.
    mutating func publish(
        _ block: BlockID, content: ArraySlice<TokenID>, parentSerial: UInt64, scope: PrefixScope
    ) -> Published? {
        if let known = find(content, parentSerial: parentSerial, scope: scope) {
            return known
        }
        let key = BlockHash.key(parentSerial: parentSerial, scope: scope, tokens: content)
        guard blocksByKey[key] == nil, !isPublished(block) else { return nil }
        blocksByKey[key] = block
        entries[Int(block)].key = key
        entries[Int(block)].serial = nextSerial
        entries[Int(block)].parentSerial = parentSerial
        entries[Int(block)].scope = scope
        let start = Int(block) * blockLength
        tokens.replaceSubrange(start..<start + blockLength, with: content)
        nextSerial += 1
        return Published(block: block, serial: nextSerial - 1)
    }

    /// Nobody uses this published block any more: it may be evicted, after all that may be already.
    mutating func makeEvictable(_ block: BlockID) {
        precondition(isPublished(block) && !isEvictable(block), "only a published block in use can become evictable")
        let last = entries[listHead].previous
        entries[Int(block)].previous = last
        entries[Int(block)].next = BlockID(listHead)
        entries[Int(last)].next = block
        entries[listHead].previous = block
        evictableCount += 1
    }

    /// Forgets the block that was out of use for longest and answers it; nil if every published block is in use.
    mutating func evict() -> BlockID? {
        let block = entries[listHead].next
        if Int(block) == listHead {
            return nil
        }
        unlink(block)
        blocksByKey[entries[Int(block)].key] = nil
        entries[Int(block)].serial = 0
        return block
    }

    private func find(_ content: ArraySlice<TokenID>, parentSerial: UInt64, scope: PrefixScope) -> Published? {
        let key = BlockHash.key(parentSerial: parentSerial, scope: scope, tokens: content)
        guard let block = blocksByKey[key] else { return nil }
        let entry = entries[Int(block)]
        let start = Int(block) * blockLength
        guard
            entry.parentSerial == parentSerial, entry.scope == scope,
            tokens[start..<start + blockLength].elementsEqual(content)
        else { return nil }
        return Published(block: block, serial: entry.serial)
    }

    private mutating func unlink(_ block: BlockID) {
        let entry = entries[Int(block)]
        entries[Int(entry.previous)].next = entry.next
        entries[Int(entry.next)].previous = entry.previous
        entries[Int(block)].previous = -1
        entries[Int(block)].next = -1
        evictableCount -= 1
    }
}

extension PrefixCache {
    /// A published block with all that it is found by.
    struct Content {
        var block: BlockID
        var serial: UInt64
        var parentSerial: UInt64
        var scope: PrefixScope
        var tokens: ArraySlice<TokenID>
    }

    /// All published blocks, each behind the one that it continues.
    var contents: [Content] {
        // A block is published after the one before it.
        let blocks = blocksByKey.values.sorted { entries[Int($0)].serial < entries[Int($1)].serial }
        return blocks.map { block in
            let entry = entries[Int(block)]
            let start = Int(block) * blockLength
            return Content(
                block: block, serial: entry.serial, parentSerial: entry.parentSerial, scope: entry.scope,
                tokens: tokens[start..<start + blockLength])
        }
    }

    /// What is wrong with the index, in sentences; nothing if all is well.
    func integrityViolations() -> [String] {
        var violations: [String] = []
        for (key, block) in blocksByKey where entries[Int(block)].key != key || !isPublished(block) {
            violations.append("key \(key) leads to block \(block), which was published under another key or not at all")
        }
        let publishedCount = entries.dropLast().count { $0.serial != 0 }
        if publishedCount != blocksByKey.count {
            violations.append("\(publishedCount) blocks are published, \(blocksByKey.count) can be found")
        }
        var listed = 0
        var block = entries[listHead].next
        while Int(block) != listHead && listed <= entries.count {
            if !isPublished(block) {
                violations.append("block \(block) is evictable but not published")
            }
            listed += 1
            block = entries[Int(block)].next
        }
        if listed != evictableCount {
            violations.append("\(listed) blocks are evictable, \(evictableCount) are counted")
        }
        return violations
    }
}
