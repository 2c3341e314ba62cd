import Testing
import Tokens

@testable import Engine

@Suite struct PrefixCacheTests {
    private let first: [TokenID] = [1, 2, 3, 4]
    private let second: [TokenID] = [5, 6, 7, 8]

    private func match(_ cache: PrefixCache, _ tokens: [TokenID], salt: UInt64 = 0, limit: Int = 9) -> [BlockID] {
        var found: [PrefixCache.Published] = []
        cache.match(tokens, salt: salt, limit: limit, into: &found)
        return found.map(\.block)
    }

    /// A cache that holds `first` in block 0 and `first + second` in block 1.
    private func filled() throws -> PrefixCache {
        var cache = PrefixCache(blockCount: 4, blockLength: 4)
        let parent = cache.publish(0, content: first[...], parentSerial: BlockHash.rootSerial, salt: 0)
        _ = cache.publish(1, content: second[...], parentSerial: try #require(parent).serial, salt: 0)
        return cache
    }

    @Test func `a chain is found as far as it goes`() throws {
        let cache = try filled()
        #expect(match(cache, first + second) == [0, 1])
        #expect(match(cache, first + second + [9, 9, 9, 9]) == [0, 1])
        #expect(match(cache, first + [5, 6, 7]) == [0])
        #expect(match(cache, first + second, limit: 1) == [0])
        #expect(match(cache, second + first) == [])
        #expect(match(cache, first + second, salt: 1) == [])
        #expect(match(cache, second) == [])
    }

    @Test func `equal contents behind different prefixes are different`() throws {
        var cache = try filled()
        let other = cache.publish(2, content: second[...], parentSerial: BlockHash.rootSerial, salt: 0)
        _ = cache.publish(3, content: second[...], parentSerial: try #require(other).serial, salt: 0)
        #expect(match(cache, second + second) == [2, 3])
        #expect(match(cache, first + second) == [0, 1])
    }

    @Test func `a known prefix is answered instead of published twice`() throws {
        var cache = try filled()
        let twin = cache.publish(3, content: first[...], parentSerial: BlockHash.rootSerial, salt: 0)
        #expect(twin?.block == 0)
        #expect(!cache.isPublished(3))
        #expect(cache.integrityViolations().isEmpty)
    }

    @Test func `the block that was out of use for longest is evicted first`() throws {
        var cache = try filled()
        var evicted = cache.evict()
        #expect(evicted == nil)
        cache.makeEvictable(1)
        cache.makeEvictable(0)
        #expect(cache.evictableCount == 2)
        cache.retain(1)
        cache.makeEvictable(1)
        evicted = cache.evict()
        #expect(evicted == 0)
        #expect(match(cache, first + second) == [])
        evicted = cache.evict()
        #expect(evicted == 1)
        evicted = cache.evict()
        #expect(evicted == nil)
        #expect(cache.publishedCount == 0)
        #expect(cache.integrityViolations().isEmpty)
    }

    @Test func `a child does not follow another parent with the same content`() throws {
        var cache = try filled()
        cache.makeEvictable(0)
        let evicted = cache.evict()
        #expect(evicted == 0)
        _ = cache.publish(0, content: first[...], parentSerial: BlockHash.rootSerial, salt: 0)
        #expect(match(cache, first + second) == [0])
    }
}
