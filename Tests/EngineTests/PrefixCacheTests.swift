import Testing
import Tokens

@testable import Engine

@Suite struct PrefixCacheTests {
    private let first: [TokenID] = [1, 2, 3, 4]
    private let second: [TokenID] = [5, 6, 7, 8]

    private func match(_ cache: PrefixCache, _ tokens: [TokenID], scope: PrefixScope = PrefixScope(), limit: Int = 9)
        -> [BlockID]
    {
        var found: [PrefixCache.Published] = []
        cache.match(tokens, scope: scope, limit: limit, into: &found)
        return found.map(\.block)
    }

    /// A cache that holds `first` in block 0 and `first + second` in block 1.
    private func filled() throws -> PrefixCache {
        var cache = PrefixCache(blockCount: 4, blockLength: 4)
        let parent = cache.publish(0, content: first[...], parentSerial: BlockHash.rootSerial, scope: PrefixScope())
        _ = cache.publish(1, content: second[...], parentSerial: try #require(parent).serial, scope: PrefixScope())
        return cache
    }

    @Test func `a chain is found as far as it goes`() throws {
        let cache = try filled()
        #expect(match(cache, first + second) == [0, 1])
        #expect(match(cache, first + second + [9, 9, 9, 9]) == [0, 1])
        #expect(match(cache, first + [5, 6, 7]) == [0])
        #expect(match(cache, first + second, limit: 1) == [0])
        #expect(match(cache, second + first) == [])
        #expect(match(cache, first + second, scope: PrefixScope(salt: 1)) == [])
        #expect(match(cache, second) == [])
    }

    @Test func `equal contents behind different prefixes are different`() throws {
        var cache = try filled()
        let other = cache.publish(2, content: second[...], parentSerial: BlockHash.rootSerial, scope: PrefixScope())
        _ = cache.publish(3, content: second[...], parentSerial: try #require(other).serial, scope: PrefixScope())
        #expect(match(cache, second + second) == [2, 3])
        #expect(match(cache, first + second) == [0, 1])
    }

    @Test func `equal prefixes of different windows are different, and each finds its own`() throws {
        var cache = try filled()
        let window = PrefixScope(window: 1)
        #expect(match(cache, first + second, scope: window) == [])
        let other = cache.publish(2, content: first[...], parentSerial: BlockHash.rootSerial, scope: window)
        #expect(other?.block == 2)
        #expect(match(cache, first + second, scope: window) == [2])
        #expect(match(cache, first + second) == [0, 1])
        #expect(cache.matchCount(first + second, scope: PrefixScope(), limit: 9) == 2)
        #expect(cache.matchCount(first + second, scope: window, limit: 9) == 1)
        #expect(cache.matchCount(first + second, scope: PrefixScope(), limit: 1) == 1)
    }

    @Test func `a known prefix is answered instead of published twice`() throws {
        var cache = try filled()
        let twin = cache.publish(3, content: first[...], parentSerial: BlockHash.rootSerial, scope: PrefixScope())
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
        _ = cache.publish(0, content: first[...], parentSerial: BlockHash.rootSerial, scope: PrefixScope())
        #expect(match(cache, first + second) == [0])
    }
}
