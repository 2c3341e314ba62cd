internal import APIDoors
internal import JSON
internal import Serving

/// `GET` and `DELETE /v1/stream?conv_id=…` and `POST /v1/streams/lookup`, as llama-server has them: streams by the names that
/// clients gave their conversations in the header `X-Conversation-Id`.
struct ConversationStreamRoute: Sendable {
    let settings: APISettings

    /// What comes behind so many bytes of the stream.
    func resume(_ request: DoorRequest) throws -> DoorAnswer {
        let conversation = try Self.conversation(request)
        guard let backlog = settings.streams.backlog(of: conversation, for: request) else {
            throw APIError(
                status: 404,
                message: "The conversation '\(conversation.prefix(80))' has no stream here, or none any more.",
                type: .invalidRequest, code: .notFound)
        }
        let text = request.queryValue("from") ?? ""
        guard let count = text.isEmpty ? 0 : Int(text), count >= 0 else {
            throw APIError.invalid("from", "'from' must be a number of bytes, such as 1024.")
        }
        guard let position = backlog.position(behindByte: count) else {
            throw APIError.invalid(
                "from", "What follows byte \(count) of the stream is not kept any more, or never was.")
        }
        return .backlog(backlog, from: position)
    }

    /// Calls the stream off and forgets it; one that is not there is no error.
    func end(_ request: DoorRequest) throws -> DoorAnswer {
        settings.streams.end(try Self.conversation(request), for: request)
        return .empty
    }

    /// What there is of conversations, and of their variants with the name of a model behind `::`.
    func lookUp(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        let asked = try ConversationNames(from: &root, settings: settings)
        let streams = settings.streams.summaries(of: asked.names, for: request).map { name, stream -> JSONValue in
            [
                "conversation_id": .string(name), "is_done": .bool(stream.isFinished),
                "total_bytes": .number(stream.byteCount), "started_at": .number(stream.startTime),
                "completed_at": .number(stream.endTime ?? 0),
            ]
        }
        return .json(.array(streams), warnings: asked.remarks.warnings)
    }

    private static func conversation(_ request: DoorRequest) throws(APIError) -> String {
        guard let name = request.queryValue("conv_id"), !name.isEmpty else {
            throw .invalid("conv_id", "The query must say conv_id=, the conversation's name.")
        }
        return name
    }
}

/// Which conversations are looked up.
struct ConversationNames {
    var names: [String]
    var remarks: RequestRemarks

    init(from root: inout FieldReader, settings: APISettings) throws(APIError) {
        remarks = try RequestRemarks(from: &root, settings: settings)
        guard let names = try root.strings("conversation_ids") else { throw root.missing("conversation_ids") }
        self.names = names
        try remarks.finish(root)
    }
}
