import APIDoors
import HTTP
import HTTPTypes
import JSON
import Serving
import ServingTestSupport
import Testing
import Tokens

@testable import OpenAIAPI

/// Talks to the API in memory: everything but sockets is real.
struct APIClient {
    let model: TestModel
    let service: InferenceService
    let responder: any HTTPResponder

    init(
        _ options: TestModel.Options = TestModel.Options(), keys: [String] = [],
        heartbeatInterval: Duration = .seconds(10), bodyByteLimit: Int = 1 << 20, isStrict: Bool = false
    ) throws {
        model = try TestModel(options)
        service = model.service
        responder =
            Routes(
                service: service,
                settings: APISettings(
                    keys: keys, bodyByteLimit: bodyByteLimit, heartbeatInterval: heartbeatInterval, version: "1.2.3",
                    isStrict: isStrict)
            ).responder
    }

    func send(
        _ method: HTTPRequest.Method, _ target: String, headers: HTTPFields = [:], body: [UInt8] = []
    ) async throws -> Reply {
        let request = Request(method: method, target: target, headers: headers, body: RequestBody(body))
        let response = try await responder.answer(request, errorBody: Routes.errorBody)
        return Reply(response: response)
    }

    func get(_ target: String) async throws -> Reply {
        try await send(.get, target)
    }

    func post(_ target: String, _ body: JSONValue) async throws -> Reply {
        try await send(.post, target, body: body.serializedBytes())
    }

    /// A chat request with one message, and the given members.
    static func chat(_ members: JSONObject = [:], text: String = "Hi") -> JSONValue {
        var body: JSONObject = ["model": "test-model", "messages": [["role": "user", "content": .string(text)]]]
        for (key, value) in members {
            body[key] = value
        }
        return .object(body)
    }

    /// Writes down the reply to a chat request.
    func prepare(_ reply: String, for body: JSONValue) throws {
        let call = try ChatCompletionDecoder.call(from: try #require(body.objectValue))
        try model.prepare(reply, for: call.request)
    }

    /// Writes down the reply to a chat request, token by token.
    func prepare(_ reply: [TokenID], for body: JSONValue) throws {
        let call = try ChatCompletionDecoder.call(from: try #require(body.objectValue))
        try model.prepare(reply, for: call.request)
    }

    func chat(_ body: JSONValue) async throws -> Reply {
        try await post("/v1/chat/completions", body)
    }
}

/// A reply, read as clients read it.
struct Reply {
    let response: CollectedResponse

    var status: Int { response.head.status.code }

    func header(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { response.head.headerFields[$0] }
    }

    var text: String { String(decoding: response.body, as: UTF8.self) }

    var json: JSONValue { get throws { try JSONValue(parsing: response.body) } }

    /// A member of the error object.
    func error(_ key: String) throws -> JSONValue? {
        try json["error"]?[key]
    }

    var message: JSONValue? { get throws { try json["choices"]?[0]?["message"] } }

    /// The lines of a stream that are comments.
    var comments: [String] {
        text.split(separator: "\n").filter { $0.hasPrefix(":") }.map(String.init)
    }

    /// The data of a stream's events, without the last `[DONE]`, which must be there.
    var events: [JSONValue] {
        get throws {
            #expect(response.isStreamed)
            #expect(response.isFinished)
            #expect(text.hasSuffix("\n\n"))
            var data: [String] = []
            for block in text.split(separator: "\n\n") where !block.hasPrefix(":") {
                #expect(block.hasPrefix("data: "))
                #expect(!block.contains("\n"))
                data.append(String(block.dropFirst(6)))
            }
            #expect(data.last == "[DONE]")
            return try data.dropLast().map { try JSONValue(parsing: $0) }
        }
    }
}

/// What a client's accumulation of a stream comes to, for one choice.
struct Accumulation: Equatable {
    var role: String?
    var content = ""
    var reasoning: String?
    var toolCalls: [[String: String]] = []
    var finishReason: String?
    var tokens: [String] = []

    /// Joins the deltas of a choice as OpenAI's client does.
    init(_ events: [JSONValue], choice: Int = 0) throws {
        for event in events {
            for part in event["choices"]?.arrayValue ?? [] where part["index"]?.intValue == choice {
                try add(part)
            }
        }
    }

    /// The same of a whole reply.
    init(whole choice: JSONValue) {
        let message = choice["message"]
        role = message?["role"]?.stringValue
        content = message?["content"]?.stringValue ?? ""
        reasoning = message?["reasoning_content"]?.stringValue
        finishReason = choice["finish_reason"]?.stringValue
        tokens = choice["logprobs"]?["content"]?.arrayValue?.compactMap { $0["token"]?.stringValue } ?? []
        for call in message?["tool_calls"]?.arrayValue ?? [] {
            toolCalls.append([
                "id": call["id"]?.stringValue ?? "", "name": call["function"]?["name"]?.stringValue ?? "",
                "arguments": call["function"]?["arguments"]?.stringValue ?? "",
            ])
        }
    }

    private mutating func add(_ part: JSONValue) throws {
        let delta = try #require(part["delta"]?.objectValue)
        if let text = delta["role"]?.stringValue { role = (role ?? "") + text }
        if let text = delta["content"]?.stringValue { content += text }
        if let text = delta["reasoning_content"]?.stringValue { reasoning = (reasoning ?? "") + text }
        if let reason = part["finish_reason"]?.stringValue { finishReason = (finishReason ?? "") + reason }
        tokens += part["logprobs"]?["content"]?.arrayValue?.compactMap { $0["token"]?.stringValue } ?? []
        for call in delta["tool_calls"]?.arrayValue ?? [] {
            let index = try #require(call["index"]?.intValue)
            if index == toolCalls.count { toolCalls.append(["id": "", "name": "", "arguments": ""]) }
            guard toolCalls.indices.contains(index) else {
                Issue.record("the indices of tool calls are not dense: \(index)")
                return
            }
            toolCalls[index]["id", default: ""] += call["id"]?.stringValue ?? ""
            toolCalls[index]["name", default: ""] += call["function"]?["name"]?.stringValue ?? ""
            toolCalls[index]["arguments", default: ""] += call["function"]?["arguments"]?.stringValue ?? ""
        }
    }

    /// Ids of calls are random: they are compared by being there.
    func withoutIdentifiers() -> Accumulation {
        var copy = self
        for index in copy.toolCalls.indices {
            copy.toolCalls[index]["id"] = copy.toolCalls[index]["id"]?.hasPrefix("call_") == true ? "call" : nil
        }
        return copy
    }
}
