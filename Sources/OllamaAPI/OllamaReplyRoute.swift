internal import APIDoors
internal import Serving

/// `POST /api/chat` and `POST /api/generate`
struct OllamaReplyRoute: Sendable {
    let kind: OllamaReplyKind
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try OllamaDecoder.call(kind, from: try await request.object(), settings: settings)
        let name = service.knownName(call.model)
        var remarks = call.remarks
        func writer() -> OllamaReplyWriter {
            OllamaReplyWriter(
                kind: kind, model: call.model, warnings: remarks.warnings, start: request.arrival)
        }
        switch call.work {
        case .chat(var chat):
            chat.model = name
            try chat.options.bound(by: request)
            chat.owner = request.owner
            let stream = try remarks.begin { () throws(ServingError) in try service.chat(chat) }
            return .reply(OllamaReply(stream: stream, isStreamed: call.streams, writer: writer()))
        case .raw(var completion):
            completion.model = name
            try completion.options.bound(by: request)
            let stream = try remarks.begin { () throws(ServingError) in try service.complete(completion) }
            return .reply(OllamaReply(stream: stream, isStreamed: call.streams, writer: writer()))
        case .load(let reason):
            _ = try service.registry.model(named: name)
            return .json(writer().bytes(OllamaPiece(), end: OllamaEnd(reason: reason)), warnings: remarks.warnings)
        }
    }
}
