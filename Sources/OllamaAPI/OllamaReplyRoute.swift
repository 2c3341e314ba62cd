internal import APIDoors
internal import Serving

/// `POST /api/chat` and `POST /api/generate`
struct OllamaReplyRoute: Sendable {
    let kind: OllamaReplyKind
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try OllamaDecoder.call(kind, from: try await request.object(), settings: settings)
        switch call.work {
        case .chat(var chat):
            chat.model = service.knownName(call.model)
            return try await reply(to: chat, call, request)
        case .raw(var completion):
            completion.model = service.knownName(call.model)
            return try await reply(to: completion, call, request)
        case .load:
            let name = service.knownName(call.model)
            return try await service.answer(by: name) { waited in
                var remarks = call.remarks
                try service.keep(name, for: call.keepAlive, &remarks)
                return end(call, request, remarks, reason: "load")
            }
        case .unload:
            var remarks = call.remarks
            if try await !service.registry.giveUp(service.knownName(call.model)) {
                try remarks.warn("keep_alive", KeepAlive.withoutEffect)
            }
            return end(call, request, remarks, reason: "unload")
        }
    }

    private func reply<Asked: ReplyRequest>(
        to asked: Asked, _ call: OllamaCall, _ request: DoorRequest
    ) async throws -> DoorAnswer where Asked.Stream.Event: OllamaEvent {
        let opening = call.streams ? opening(call, request) : nil
        return try await service.reply(to: asked, of: request, remarks: call.remarks, opening: opening) {
            stream, remarks, waited in
            try service.keep(asked.model, for: call.keepAlive, &remarks)
            var writer = writer(call, request, remarks, waited)
            writer.likelihoods = TokenLikelihoods(model: stream.model, spelling: .ollama)
            return OllamaReply(stream: stream, isStreamed: call.streams, writer: writer)
        }
    }

    private func end(
        _ call: OllamaCall, _ request: DoorRequest, _ remarks: RequestRemarks, reason: String
    ) -> DoorAnswer {
        let writer = writer(call, request, remarks)
        return .json(writer.bytes(OllamaPiece(), end: OllamaEnd(reason: reason)), warnings: remarks.warnings)
    }

    /// While the model is loaded, signs of life are lines without text.
    private func opening(_ call: OllamaCall, _ request: DoorRequest) -> StreamOpening {
        let writer = writer(call, request, call.remarks)
        return .lines(warnings: call.remarks.warnings) {
            writer.bytes(OllamaPiece())
        } failure: {
            ErrorFormat.ollama.body($0)
        }
    }

    private func writer(
        _ call: OllamaCall, _ request: DoorRequest, _ remarks: RequestRemarks, _ waited: Duration = .zero
    ) -> OllamaReplyWriter {
        OllamaReplyWriter(
            kind: kind, model: call.model, warnings: remarks.warnings, start: request.arrival, loadTime: waited)
    }
}
