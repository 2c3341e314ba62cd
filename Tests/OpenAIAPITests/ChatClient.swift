import APIDoors
import JSON
import Serving
import ServingTestSupport
import Testing
import Tokens

@testable import OpenAIAPI

extension APIClient {
    /// A client of OpenAI's API.
    init(
        _ options: TestModel.Options = TestModel.Options(), keys: [String] = [],
        access: AccessControl? = nil, heartbeatInterval: Duration = .seconds(10), bodyByteLimit: Int = 1 << 20,
        isStrict: Bool = false, streams: ResumableStreams = ResumableStreams(), snapshotFolder: String? = nil,
        adjust: (inout APISettings) -> Void = { _ in }
    ) throws {
        try self.init(
            options, keys: keys, access: access, heartbeatInterval: heartbeatInterval, bodyByteLimit: bodyByteLimit,
            isStrict: isStrict, streams: streams, snapshotFolder: snapshotFolder, adjust: adjust
        ) { .openAI(service: $0, settings: $1) }
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

extension Reply {
    /// A member of the error object.
    func error(_ key: String) throws -> JSONValue? {
        try json["error"]?[key]
    }

    var message: JSONValue? { get throws { try json["choices"]?[0]?["message"] } }
}
