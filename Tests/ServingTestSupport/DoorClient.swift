package import APIDoors
package import HTTP
package import HTTPTypes
package import JSON
package import Serving

/// Talks to the door of a dialect in memory: everything but sockets is real.
package struct DoorClient: Sendable {
    package let model: TestModel
    package let service: InferenceService
    private let responder: any HTTPResponder

    package init(
        _ options: TestModel.Options = TestModel.Options(), keys: [String] = [],
        door: (InferenceService, APISettings) -> any APIDoor
    ) throws {
        model = try TestModel(options)
        service = model.service
        let settings = APISettings(keys: keys, bodyByteLimit: 1 << 20, version: "1.2.3")
        responder = Doorway(door(service, settings), keys: keys).responder
    }

    package func send(
        _ method: HTTPRequest.Method, _ target: String, headers: HTTPFields = [:], body: [UInt8] = []
    ) async throws -> DoorReply {
        let request = Request(method: method, target: target, headers: headers, body: RequestBody(body))
        return DoorReply(response: try await responder.answer(request, errorBody: ErrorBody.plainText))
    }

    package func get(_ target: String) async throws -> DoorReply {
        try await send(.get, target)
    }

    package func post(_ target: String, _ body: JSONValue) async throws -> DoorReply {
        try await send(.post, target, body: body.serializedBytes())
    }
}

/// A reply, read as clients read it.
package struct DoorReply: Sendable {
    package let response: CollectedResponse

    package var status: Int { response.head.status.code }

    package var text: String { String(decoding: response.body, as: UTF8.self) }

    package var json: JSONValue { get throws { try JSONValue(parsing: response.body) } }

    /// The names and data of a stream's events.
    package var events: [(name: String?, data: JSONValue)] {
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
