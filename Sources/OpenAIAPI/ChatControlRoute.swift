internal import APIDoors
internal import JSON
internal import Serving

/// `POST /v1/chat/completions/control`: acts on a reply that is coming, with llama-server's body.
struct ChatControlRoute: Sendable {
    let running: RunningReplies

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        let fields = try ControlFields(from: &root)
        guard let stream = running.stream(fields.id) else {
            return .json([
                "success": false,
                "message": "No reply of this id is coming that was asked for with 'reasoning_control'.",
            ])
        }
        stream.endThinking()
        return .json(["success": true])
    }
}

/// Which reply is acted on. Its thinking can be ended, and nothing else.
struct ControlFields {
    var id: String

    init(from root: inout FieldReader) throws(APIError) {
        guard let id = try root.string("id") else { throw root.missing("id") }
        guard let action = try root.string("action") else { throw root.missing("action") }
        guard action == "reasoning_end" else {
            throw root.unsupported("action", "'action' must be 'reasoning_end', not '\(action.prefix(40))'.")
        }
        self.id = id
    }
}
