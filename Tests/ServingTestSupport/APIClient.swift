package import HTTP
package import HTTPTypes
package import JSON
package import Serving
internal import TestSupport
import Testing

@testable package import APIDoors

/// Talks to the door of a dialect in memory: everything but sockets is real.
package struct APIClient: Sendable {
    package let model: TestModel
    package let service: InferenceService
    package let responder: any HTTPResponder
    package let door: Door
    private let running: RunningReplies
    package let errorBody: @Sendable (HTTPError) -> ErrorBody

    package init(
        _ options: TestModel.Options = TestModel.Options(), keys: [String] = [],
        access: AccessControl? = nil, heartbeatInterval: Duration = .seconds(10), bodyByteLimit: Int = 1 << 20,
        isStrict: Bool = false, streams: ResumableStreams = ResumableStreams(), snapshotFolder: String? = nil,
        adjust: (inout APISettings) -> Void = { _ in }, door: (InferenceService, APISettings) -> Door
    ) throws {
        model = try TestModel(options)
        service = model.service
        var settings = APISettings(
            bodyByteLimit: bodyByteLimit, heartbeatInterval: heartbeatInterval, version: "1.2.3",
            isStrict: isStrict, streams: streams, snapshotFolder: snapshotFolder)
        adjust(&settings)
        running = settings.running
        self.door = door(service, settings)
        let doorway = Doorway(
            self.door, access: access ?? AccessControl(keys: keys.map { AccessKey($0, name: "test") }))
        responder = doorway.responder
        errorBody = doorway.errorBody
    }

    package func send(
        _ method: HTTPRequest.Method, _ target: String, headers: HTTPFields = [:], body: [UInt8] = []
    ) async throws -> Reply {
        let request = Request(method: method, target: target, headers: headers, body: RequestBody(body))
        return Reply(response: try await responder.answer(request, errorBody: errorBody))
    }

    package func get(_ target: String) async throws -> Reply {
        try await send(.get, target)
    }

    package func post(_ target: String, _ body: JSONValue) async throws -> Reply {
        try await send(.post, target, body: body.serializedBytes())
    }

    /// The name of a reply that is coming, once there is one.
    package func idOfRunningReply() async throws -> String {
        let request = DoorRequest(
            Request(method: .post, target: "/"), id: "", parameters: [:], bodyByteLimit: 0)
        while true {
            if let name = running.replies(for: request).first?.names.first { return name }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Bodies of random fields and values, beside those given: nothing that strangers send may make the server fail.
    package func checkRandomBodies(_ path: String, with base: JSONObject, count: Int = 300) async throws {
        var random = SeededGenerator(seed: UInt64(path.utf8.count))
        for _ in 0..<count {
            let body = JSONValue.object(RandomJSON.body(base, &random))
            let reply = try await post(path, body)
            #expect(reply.status < 500, "\(body.serialized()) → \(reply.text)")
            if reply.status != 200 {
                #expect(try reply.json["error"] != nil, "\(reply.text)")
            }
        }
    }
}

/// A reply, read as clients read it.
package struct Reply: Sendable {
    package let response: CollectedResponse

    package var status: Int { response.head.status.code }

    package func header(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { response.head.headerFields[$0] }
    }

    package var text: String { String(decoding: response.body, as: UTF8.self) }

    package var json: JSONValue { get throws { try JSONValue(parsing: response.body) } }

    /// The lines of a stream that are comments.
    package var comments: [String] {
        text.split(separator: "\n").filter { $0.hasPrefix(":") }.map(String.init)
    }

    /// The data of a stream's events, without the last `[DONE]`, which must be there.
    package var events: [JSONValue] {
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

    /// The names and data of a stream's events.
    package var namedEvents: [(name: String?, data: JSONValue)] {
        get throws {
            try text.split(separator: "\n\n").filter { !$0.hasPrefix(":") }.map { block in
                var name: String?
                var data = ""
                for line in block.split(separator: "\n") {
                    if line.hasPrefix("event: ") { name = String(line.dropFirst(7)) }
                    if line.hasPrefix("data: ") { data += line.dropFirst(6) }
                }
                return (name, try JSONValue(parsing: data))
            }
        }
    }

    /// The values of a body of one JSON text a line.
    package var lines: [JSONValue] {
        get throws { try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) } }
    }
}
