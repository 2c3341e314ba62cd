import HTTPTypes
import JSON
import ServingTestSupport
import Testing

@Suite struct APIKeyTests {
    static let routes: [(HTTPRequest.Method, String)] = [
        (.post, "/v1/chat/completions"), (.post, "/chat/completions"), (.post, "/v1/completions"),
        (.get, "/v1/models"), (.get, "/v1/models/test-model"), (.post, "/tokenize"), (.post, "/detokenize"),
        (.post, "/apply-template"), (.get, "/ready"), (.get, "/version"), (.get, "/nothing"), (.get, "/"),
        (.delete, "/v1/models"),
    ]

    @Test(arguments: routes.indices) func everyRouteAsksForAKey(index: Int) async throws {
        let (method, path) = Self.routes[index]
        let reply = try await APIClient(keys: ["secret"]).send(method, path)
        #expect(reply.status == 401)
        #expect(reply.header("www-authenticate") == "Bearer")
        #expect(try reply.error("type") == "invalid_request_error")
        #expect(try reply.error("code") == "invalid_api_key")
        #expect(try reply.error("param") == .some(.null))
    }

    @Test func onlyLivenessIsOpenToAll() async throws {
        #expect(try await APIClient(keys: ["secret"]).get("/health").status == 200)
    }

    @Test(arguments: ["Bearer two", "bearer two", "Bearer  two"]) func anyOfTheKeysOpens(field: String) async throws {
        let client = try APIClient(keys: ["one", "two"])
        #expect(try await client.send(.get, "/v1/models", headers: [.authorization: field]).status == 200)
    }

    @Test(arguments: [
        "Bearer", "Bearer ", "Bearer on", "Bearer onee", "Bearer ONE", "one", "Basic one", "Bearer oneone",
    ])
    func nothingElseOpens(field: String) async throws {
        let client = try APIClient(keys: ["one"])
        #expect(try await client.send(.get, "/v1/models", headers: [.authorization: field]).status == 401)
    }

    @Test func withoutKeysNoneIsNeeded() async throws {
        #expect(try await APIClient().get("/v1/models").status == 200)
    }
}
