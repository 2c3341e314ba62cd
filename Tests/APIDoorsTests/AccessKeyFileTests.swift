import Testing

@testable import APIDoors

@Suite struct AccessKeyFileTests {
    /// The SHA-256 of "abc", as FIPS 180-4 has it.
    static let digestOfABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    @Test func `a digest opens for the key that it was made of`() throws {
        let keys = try AccessKeyFile.parse("sha256:\(Self.digestOfABC)\n")
        let access = AccessControl(keys: keys)
        #expect(access.caller(bringing: [Array("abc".utf8)])?.name == "line-1")
        #expect(access.caller(bringing: [Array("abd".utf8)]) == nil)
        #expect(access.caller(bringing: [Array("sha256:\(Self.digestOfABC)".utf8)]) == nil)
    }

    @Test func `behind a key stand scopes, limits and a name, in any order`() throws {
        let keys = try AccessKeyFile.parse(
            """
            # who may do what
            one infer,metrics requests=60 alice

            two bob tokens=1000 priority=-5 requests=2 admin   # a comment
            \tthree\t
            """)
        #expect(keys.map(\.name) == ["alice", "bob", "line-5"])
        #expect(keys.map(\.scopes) == [[.infer, .metrics], [.admin], [.infer, .metrics, .admin]])
        #expect(keys.map(\.limits.requestsPerMinute) == [60, 2, nil])
        #expect(keys.map(\.limits.tokensPerMinute) == [nil, 1_000, nil])
        #expect(keys.map(\.standing.priorityBound) == [nil, -5, nil])
    }

    @Test func `a key has its weight, and may be for what nobody waits for`() throws {
        let access = AccessControl(keys: try AccessKeyFile.parse("one weight=3 batch nightly\ntwo"))
        let one = try #require(access.caller(bringing: [Array("one".utf8)]))
        let two = try #require(access.caller(bringing: [Array("two".utf8)]))
        #expect([one.name, two.name] == ["nightly", "line-2"])
        #expect([one.client.weight, two.client.weight] == [3, 1])
        #expect([one.client.isBatch, two.client.isBatch] == [true, false])
        #expect(Set([0, one.client.id, two.client.id]).count == 3)
    }

    @Test func `a key may hold the sign of comments`() throws {
        let access = AccessControl(keys: try AccessKeyFile.parse("a#b name #c"))
        #expect(access.caller(bringing: [Array("a#b".utf8)])?.name == "name")
        #expect(access.caller(bringing: [Array("a".utf8)]) == nil)
    }

    @Test(arguments: [
        ("secret\nsecret", "line 2: this key stands in the file already"),
        ("sha256:12", "line 1: a key is visible ASCII, or sha256: and 64 hexadecimal digits"),
        ("sha256:" + String(repeating: "g", count: 64), "line 1: a key is visible ASCII, or sha256:"),
        ("\n\nsécret", "line 3: a key is visible ASCII"),
        ("secret requests=0", "line 1: 'requests=0' needs a whole number"),
        ("secret tokens=many", "line 1: 'tokens=many' needs a whole number"),
        ("secret colour=3", "line 1: 'colour=3' is none of requests=, tokens=, weight= and priority="),
        ("secret weight=1001", "line 1: 'weight=1001' needs a whole number from 1 to 1000"),
        ("secret priority=1001", "line 1: 'priority=1001' needs a whole number from -1000 to 1000"),
        ("secret infer,root joe", "line 1: 'joe' is a second name"),
    ])
    func `a line that cannot be used is told without its key`(text: String, complaint: String) {
        let error = #expect(throws: AccessKeyFile.Complaint.self) { try AccessKeyFile.parse(text) }
        #expect(error?.description.hasPrefix(complaint) == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test func `a key that stays keeps what it has spent, and no key is not everybody`() throws {
        let parse = { try AccessKeyFile.parse($0) }
        let access = AccessControl(keys: try parse("one requests=1\ntwo"))
        #expect(access.caller(bringing: [Array("one".utf8)])?.limiter.admit() == nil)
        access.replaceKeys(try parse("one requests=1 renamed"))
        let one = try #require(access.caller(bringing: [Array("one".utf8)]))
        #expect(one.name == "renamed")
        #expect(one.limiter.admit()?.kind == .requests)
        #expect(access.caller(bringing: [Array("two".utf8)]) == nil)
        access.replaceKeys([])
        #expect(access.caller(bringing: []) == nil)
        #expect(AccessControl().caller(bringing: []) != nil)
    }
}
