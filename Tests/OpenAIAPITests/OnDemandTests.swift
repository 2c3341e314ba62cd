import HTTP
import HTTPTypes
import JSON
import Serving
import ServingTestSupport
import Testing

@testable import APIDoors
@testable import OpenAIAPI

/// Requests for a model that is loaded when they name it.
@Suite(.timeLimit(.minutes(10))) struct OnDemandTests {
    private struct Failure: Error, CustomStringConvertible {
        let description = "cut file"
    }

    private let gate = Gate()

    /// A client of a server that has, besides its model, one that is loaded once the gate is open.
    private func client(
        _ options: TestModel.Options = TestModel.Options(), isBroken: Bool = false, access: AccessControl? = nil,
        heartbeatInterval: Duration = .milliseconds(10)
    ) throws -> APIClient {
        let client = try APIClient(access: access, heartbeatInterval: heartbeatInterval)
        let gate = gate
        client.service.registry.offer(
            ModelOffer(name: "other", creationTime: 7) {
                throw Failure()
            } plan: { _ in
                PlannedModel(byteCount: 1) {
                    gate.wait()
                    guard !isBroken else { throw Failure() }
                    var options = options
                    options.name = "other"
                    return try TestModel(options).served
                }
            })
        return client
    }

    @Test func aWholeReplyWaitsForItsModel() async throws {
        let client = try client()
        gate.open()
        let reply = try await client.chat(APIClient.chat(["model": "other", "max_tokens": 4]))
        #expect(reply.status == 200)
        #expect(try reply.json["model"] == "other")
        #expect(try await client.chat(APIClient.chat(["max_tokens": 4])).json["model"] == "test-model")
    }

    @Test func whoseRequestItIsHoldsWhileItsModelIsLoaded() async throws {
        let key = AccessKey(
            digest: KeyDigest(of: "secret".utf8), name: "nightly", standing: KeyStanding(isBatch: true))
        let client = try client(access: AccessControl(keys: [key]))
        gate.open()
        for model in ["other", "test-model"] {
            let reply = try await client.send(
                .post, "/v1/chat/completions", headers: [.authorization: "Bearer secret"],
                body: APIClient.chat(["model": .string(model), "max_tokens": 4, "return_effective": true])
                    .serializedBytes())
            #expect(try reply.json["effective"]?["service_tier"] == "flex", "\(reply.text)")
        }
    }

    @Test func aStreamSendsCommentsWhileItsModelIsLoaded() async throws {
        let client = try client()
        let reply = WatchedReply { text in
            if text.split(separator: "\n\n").count >= 2 { gate.open() }
        }
        try await client.stream(APIClient.chat(["model": "other", "stream": true, "max_tokens": 4]), to: reply)
        let blocks = reply.text.split(separator: "\n\n")
        #expect(blocks.prefix(2).allSatisfy { $0 == ": loading the model" })
        #expect(blocks.contains { $0.contains("\"finish_reason\":\"") })
        #expect(blocks.last == "data: [DONE]")
    }

    @Test func aStreamThatHasBegunEndsWithWhatWentWrong() async throws {
        let client = try client(isBroken: true)
        let reply = WatchedReply { text in
            if text.contains(": loading") { gate.open() }
        }
        try await client.stream(APIClient.chat(["model": "other", "stream": true]), to: reply)
        let blocks = reply.text.split(separator: "\n\n").filter { !$0.hasPrefix(":") }
        #expect(blocks.count == 2)
        #expect(blocks[0].contains("\"code\":\"model_load_failed\""))
        #expect(blocks[1] == "data: [DONE]")
    }

    @Test func aStreamThatIsCalledOffWhileItsModelIsLoadedDoesNotBegin() async throws {
        let client = try client(.droning(try TestModel().tokens(".")[0]))
        let headers: HTTPFields = [try #require(HTTPField.Name("X-Conversation-Id")): "a"]
        let reply = WatchedReply { text in
            guard text.hasSuffix(": loading the model\n\n") else { return }
            Task {
                let answer = try await client.send(.delete, "/v1/stream?conv_id=a")
                #expect(answer.status == 204)
                gate.open()
            }
        }
        try await client.stream(APIClient.chat(["model": "other", "stream": true]), headers: headers, to: reply)
        #expect(reply.text.hasSuffix("data: [DONE]\n\n"))
        #expect(try await client.post("/v1/streams/lookup", ["conversation_ids": ["a"]]).json == [])
    }

    @Test func aModelThatCannotBeLoadedIsNotWorthATry() async throws {
        let client = try client(isBroken: true, heartbeatInterval: .seconds(3600))
        gate.open()
        for _ in 0..<2 {
            let reply = try await client.chat(APIClient.chat(["model": "other", "stream": true]))
            #expect(reply.status == 503)
            #expect(reply.header("x-should-retry") == "false")
            #expect(reply.header("retry-after") == nil)
            #expect(try reply.json["error"]?["code"] == "model_load_failed")
        }
        #expect(try await client.chat(APIClient.chat(["max_tokens": 4])).status == 200)
        #expect(try await client.get("/ready").status == 200)
    }

    @Test func theDeadlineOfARequestCountsItsModelsLoading() async throws {
        let client = try client()
        let reply = try await client.chat(APIClient.chat(["model": "other", "max_latency_ms": 1]))
        #expect(reply.status == 504)
        gate.open()
    }

    @Test func modelsAreListedWithTheirState() async throws {
        let client = try client()
        let before = try await client.get("/v1/models").json
        #expect(before["data"]?.arrayValue?.map { $0["id"] } == ["test-model", "other"])
        #expect(before["data"]?[0]?["status"] == ["value": "loaded"])
        // Nothing can be told of files that cannot be read but why.
        #expect(before["data"]?[1]?["status"] == ["value": "unloaded", "failed": true, "message": "cut file"])
        #expect(before["data"]?[1]?["created"] == 7)
        gate.open()
        #expect(try await client.post("/models/load", ["model": "other"]).json == ["success": true])
        #expect(try await client.get("/v1/models/other").json["status"] == ["value": "loaded"])
        #expect(try await client.get("/v1/models/other").json["max_model_len"] == 512)
        #expect(try await client.get("/slots?model=other").json.arrayValue?.count == 1)
        #expect(try await client.post("/models/unload", ["model": "other"]).json == ["success": true])
        let after = try await client.get("/v1/models/other").json
        #expect(after["status"] == ["value": "unloaded"])
        #expect(after["max_model_len"] == 512)
        #expect(try await client.get("/slots?model=other").json == [])
        #expect(try await client.get("/props?model=other").json["is_sleeping"] == true)
        #expect(try await client.get("/props").json["is_sleeping"] == false)
        let refused = try await client.post("/models/unload", ["model": "test-model"])
        #expect(refused.status == 400)
        #expect(try await client.post("/models/load", ["model": "third"]).status == 404)
        let metrics = try await client.get("/metrics").text
        #expect(metrics.contains("ponder_model_changes_total{model_name=\"other\",change=\"unloaded\"} 1"))
    }

    @Test func everyRouteLoadsTheModelThatItNames() async throws {
        for (path, body) in [
            ("/tokenize", ["content": "Hi"]), ("/detokenize", ["tokens": [1]]), ("/v1/parse", ["text": "Hi"]),
            ("/apply-template", ["messages": [["role": "user", "content": "Hi"]]]),
            ("/v1/chat/completions/input_tokens", ["messages": [["role": "user", "content": "Hi"]]]),
            ("/v1/completions", ["prompt": "Hi", "max_tokens": 1]), ("/completion", ["prompt": "Hi", "n_predict": 1]),
            ("/v1/responses", ["input": "Hi", "max_output_tokens": 16]),
            ("/v1/responses/input_tokens", ["input": "Hi"]),
        ] as [(String, JSONValue)] {
            let client = try client()
            gate.open()
            let reply = try await client.post(path, body.adding("model", "other"))
            #expect(reply.status == 200, "\(path): \(reply.text)")
            #expect(client.service.registry.models.map(\.name) == ["test-model", "other"], "\(path)")
        }
    }
}

/// How streams end whose reply could not begin, after signs of life were sent.
@Suite struct StreamOpeningTests {
    private let error = APIError(ServingError.modelLoadFailed(name: "m", reason: "cut file"))

    private func remarks() throws -> RequestRemarks {
        var root = FieldReader([:])
        return try RequestRemarks(from: &root, settings: APISettings(version: ""))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func everyDialectHasItsOwnError() throws {
        let chat = text(StreamOpening.openAI(try remarks()).failure(error))
        #expect(chat.hasPrefix("data: {\"error\":{") && chat.hasSuffix("data: [DONE]\n\n"))
        let native = text(StreamOpening.native(try remarks()).failure(error))
        #expect(native.hasPrefix("data: {\"error\":{") && !native.contains("[DONE]"))
        let response = text(StreamOpening.responses(try remarks()).failure(error))
        #expect(
            response.hasPrefix("event: error\ndata: {\"type\":\"error\",\"code\":\"model_load_failed\",\"message\":\""))
    }

    @Test func signsOfLifeAreComments() throws {
        #expect(text(StreamOpening.openAI(try remarks()).sign("loading the model")) == ": loading the model\n\n")
    }
}
