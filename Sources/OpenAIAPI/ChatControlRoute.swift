internal import APIDoors
internal import JSON
internal import Serving

/// `POST /v1/chat/completions/control`: acts on a reply that is coming, with llama-server's body.
struct ChatControlRoute: Sendable {
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        let fields = try ControlFields(from: &root, settings: settings)
        let found = settings.running.replies(named: fields.id, for: request).compactMap { $0 as? ChatReply }
        guard let reply = found.first(where: \.delivery.isControllable) else {
            let message = "No reply of this id is coming that was asked for with 'reasoning_control'."
            return .json(
                ["success": false, "message": .string(message)], warnings: fields.remarks.warnings)
        }
        reply.stream.endThinking()
        return .json(["success": true], warnings: fields.remarks.warnings)
    }
}

/// Which reply is acted on. Its thinking can be ended, and nothing else.
struct ControlFields {
    var id: String
    var remarks: RequestRemarks

    init(from root: inout FieldReader, settings: APISettings) throws(APIError) {
        remarks = try RequestRemarks(from: &root, settings: settings)
        guard let id = try root.string("id") else { throw root.missing("id") }
        guard let action = try root.string("action") else { throw root.missing("action") }
        guard action == "reasoning_end" else {
            throw root.unsupported("action", "'action' must be 'reasoning_end', not '\(action.prefix(40))'.")
        }
        self.id = id
        try remarks.finish(root)
    }
}
