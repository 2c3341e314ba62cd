import HTTP
import HTTPTypes
import JSON
import Serving
import ServingTestSupport
import Testing

@testable import APIDoors

@Suite struct APIKeyTests {
    @Test func everyRouteAsksForAKey() async throws {
        let client = try APIClient(keys: ["secret"])
        #expect(client.door.routes.count > 20)
        #expect(try await client.routesThatAskForNoKey() == ["GET /health", "GET /v1/health"])
    }

    @Test(arguments: [
        "GET /nothing", "GET /", "DELETE /v1/models", "OPTIONS /v1/models", "OPTIONS *", "POST /health", "GET //health",
        "GET /health/", "GET /health%2F", "GET /v1/models/../../health", "GET /x?/health", "GET /openapi.json",
    ])
    func whatIsNoRouteAsksForOneToo(line: String) async throws {
        let words = line.split(separator: " ").map(String.init)
        let method = try #require(HTTPRequest.Method(rawValue: words[0]))
        #expect(try await APIClient(keys: ["secret"]).send(method, words[1]).status == 401)
    }

    @Test func aRefusalSaysHowToBringAKey() async throws {
        let reply = try await APIClient(keys: ["secret"]).get("/v1/models")
        #expect(reply.header("www-authenticate") == "Bearer")
        #expect(try reply.error("type") == "invalid_request_error")
        #expect(try reply.error("code") == "invalid_api_key")
        #expect(try reply.error("param") == .some(.null))
    }

    @Test func onlyLivenessIsOpenToAll() async throws {
        for path in ["/health", "/v1/health", "/health?x", "/%68ealth"] {
            #expect(try await APIClient(keys: ["secret"]).get(path).status == 200)
        }
    }

    @Test(arguments: ["Bearer two", "bearer two", "Bearer  two"]) func anyOfTheKeysOpens(field: String) async throws {
        let client = try APIClient(keys: ["one", "two"])
        #expect(try await client.send(.get, "/v1/models", headers: [.authorization: field]).status == 200)
    }

    @Test func aKeyMayComeInEitherField() async throws {
        let client = try APIClient(keys: ["one"])
        let field = try #require(HTTPField.Name("x-api-key"))
        for headers: HTTPFields in [
            [field: "one"], [field: "one", .authorization: "Bearer no"], [field: "no", .authorization: "Bearer one"],
        ] {
            #expect(try await client.send(.get, "/v1/models", headers: headers).status == 200)
        }
        #expect(try await client.send(.get, "/v1/models", headers: [field: "no"]).status == 401)
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

    @Test func aKeyIsForItsScopesAlone() async throws {
        let keys = try AccessKeyFile.parse("user infer\nwatcher metrics\n")
        let client = try APIClient(access: AccessControl(keys: keys))
        func status(_ key: String, _ path: String) async throws -> Int {
            try await client.send(.get, path, headers: [.authorization: "Bearer \(key)"]).status
        }
        #expect(try await status("user", "/v1/models") == 200)
        #expect(try await status("user", "/slots") == 403)
        #expect(try await status("watcher", "/slots") == 200)
        #expect(try await status("watcher", "/v1/models") == 403)
        for path in ["/version", "/ready", "/health"] {
            #expect(try await status("watcher", path) == 200)
        }
        #expect(try await status("watcher", "/nothing") == 404)
        let refusal = try await client.send(.get, "/load", headers: [.authorization: "Bearer user"])
        #expect(try refusal.error("code") == "insufficient_permissions")
        #expect(try refusal.error("type") == "permission_error")
        #expect(try refusal.error("message")?.stringValue?.contains("'metrics'") == true)
    }

    @Test func aKeysRequestsAreAsUrgentAsItAllows() async throws {
        let keys = try AccessKeyFile.parse("batch priority=10\nquick priority=-5\nfree\n")
        let client = try APIClient(access: AccessControl(keys: keys))
        func reply(_ key: String, _ priority: JSONValue?) async throws -> Reply {
            var members: JSONObject = ["max_tokens": 1]
            members["priority"] = priority
            return try await client.send(
                .post, "/v1/chat/completions", headers: [.authorization: "Bearer \(key)"],
                body: APIClient.chat(members).serializedBytes())
        }
        let allowed: [(String, JSONValue?)] = [("batch", nil), ("batch", 10), ("quick", -5), ("free", -1000)]
        for (key, priority) in allowed {
            #expect(try await reply(key, priority).status == 200, "\(key)")
        }
        for (key, priority) in [("batch", 9), ("quick", -6)] as [(String, JSONValue)] {
            let refused = try await reply(key, priority)
            #expect(refused.status == 400)
            #expect(try refused.error("param") == "priority")
        }
        var request = DoorRequest(
            Request(method: .post, target: "/"), id: "", parameters: [:], bodyByteLimit: 0,
            caller: AccessControl(keys: keys).caller(bringing: [Array("batch".utf8)]))
        var options = GenerationOptions()
        try options.bound(by: request)
        #expect(options.priority == 10)
        request = DoorRequest(
            Request(method: .post, target: "/"), id: "", parameters: [:], bodyByteLimit: 0,
            caller: AccessControl(keys: keys).caller(bringing: [Array("quick".utf8)]))
        options = GenerationOptions()
        try options.bound(by: request)
        #expect(options.priority == nil)
    }

    @Test func aStoredResponseIsForItsKeyAlone() async throws {
        let client = try APIClient(keys: ["one", "two"])
        func send(_ key: String, _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue = [:]) async throws
            -> Reply
        {
            try await client.send(
                method, path, headers: [.authorization: "Bearer \(key)"], body: body.serializedBytes())
        }
        let made = try await send("one", .post, "/v1/responses", ["model": "test-model", "input": "Hi"])
        let id = try #require(made.json["id"]?.stringValue)
        let path = "/v1/responses/\(id)"
        let next: JSONValue = ["model": "test-model", "input": "And?", "previous_response_id": .string(id)]
        #expect(try await send("two", .get, path).status == 404)
        #expect(try await send("two", .delete, path).status == 404)
        #expect(try await send("two", .post, "/v1/responses", next).status == 400)
        #expect(try await send("one", .post, "/v1/responses", next).status == 200)
        #expect(try await send("one", .get, path).status == 200)
        #expect(try await send("one", .delete, path).status == 200)
    }

    @Test func aPreflightComesBeforeTheKey() async throws {
        let client = try APIClient(keys: ["one"])
        let open = client.responder.behind([CORS(origins: .only(["https://chat.example"]))])
        func status(_ origin: String, _ method: HTTPRequest.Method = .options) async throws -> CollectedResponse {
            try await open.answer(
                Request(
                    method: method, target: "/v1/chat/completions",
                    headers: [.origin: origin, .accessControlRequestMethod: "POST"]))
        }
        #expect(try await status("https://chat.example").head.status == .noContent)
        #expect(try await status("https://other.example").head.status == .unauthorized)
        // A page must be able to read why it was refused.
        let refused = try await status("https://chat.example", .post)
        #expect(refused.head.status == .unauthorized)
        #expect(refused.head.headerFields[.accessControlAllowOrigin] == "https://chat.example")
    }
}
