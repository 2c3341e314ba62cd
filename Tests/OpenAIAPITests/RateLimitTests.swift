import APIDoors
import HTTPTypes
import JSON
import ServingTestSupport
import Testing

@Suite struct RateLimitTests {
    /// A client of a server whose clock stands still.
    private func client(_ file: String) throws -> APIClient {
        let start = ContinuousClock.now
        return try APIClient(access: AccessControl(keys: try AccessKeyFile.parse(file)) { start })
    }

    private func chat(
        _ client: APIClient, _ key: String, _ members: JSONObject = [:]
    ) async throws -> Reply {
        try await client.send(
            .post, "/v1/chat/completions", headers: [.authorization: "Bearer \(key)"],
            body: APIClient.chat(members).serializedBytes())
    }

    @Test func aKeyThatAsksTooOftenIsToldWhenToComeBack() async throws {
        let client = try client("one requests=2 alice\ntwo bob\n")
        #expect(try await chat(client, "one").header("x-ratelimit-remaining-requests") == "1")
        let second = try await chat(client, "one", ["stream": true])
        #expect(second.status == 200)
        #expect(second.header("x-ratelimit-remaining-requests") == "0")
        #expect(second.header("x-ratelimit-limit-requests") == "2")
        let third = try await chat(client, "one")
        #expect(third.status == 429)
        #expect(try third.error("type") == "rate_limit_error")
        #expect(try third.error("code") == "rate_limit_exceeded")
        #expect(
            try third.error("message")?.stringValue?.hasPrefix("The key 'alice' may send 2 requests a minute.") == true)
        let seconds = try #require(third.header("retry-after").flatMap { Int($0) })
        let milliseconds = try #require(third.header("retry-after-ms").flatMap { Int($0) })
        #expect((1...30).contains(seconds) && (1...30_000).contains(milliseconds))
        #expect(third.header("x-ratelimit-reset-requests")?.hasSuffix("s") == true)
        let other = try await chat(client, "two")
        #expect(other.status == 200)
        #expect(other.header("x-ratelimit-limit-requests") == nil)
    }

    @Test(arguments: [false, true]) func aKeyInDebtWaitsHoweverItsReplyWasRead(isStreamed: Bool) async throws {
        let client = try client("one tokens=1")
        #expect(try await chat(client, "one", ["stream": .bool(isStreamed)]).status == 200)
        let next = try await chat(client, "one")
        #expect(next.status == 429)
        #expect(try next.error("message")?.stringValue?.contains("use 1 tokens a minute") == true)
        #expect(next.header("x-ratelimit-remaining-tokens") == "0")
    }

    @Test func allEndpointsShareAKeysTokens() async throws {
        let client = try client("one tokens=1")
        let body: JSONValue = ["model": "test-model", "prompt": "Hello", "max_tokens": 1]
        let headers: HTTPFields = [.authorization: "Bearer one"]
        let path = "/v1/completions"
        #expect(try await client.send(.post, path, headers: headers, body: body.serializedBytes()).status == 200)
        #expect(try await client.send(.post, "/tokenize", headers: headers).status == 429)
    }

    @Test func whatEndsRepliesIsAnsweredBeyondTheLimit() async throws {
        let client = try client("one requests=1")
        #expect(try await chat(client, "one").status == 200)
        #expect(try await chat(client, "one").status == 429)
        let body: JSONValue = ["abort_all": true]
        let abort = try await client.send(
            .post, "/abort_request", headers: [.authorization: "Bearer one"], body: body.serializedBytes())
        #expect(abort.status == 200)
    }

    @Test func whatComputesNothingIsNotCounted() async throws {
        let client = try client("one requests=1")
        for _ in 0..<3 {
            #expect(try await client.send(.get, "/v1/models", headers: [.authorization: "Bearer one"]).status == 200)
        }
        #expect(try await chat(client, "one").status == 200)
    }
}
