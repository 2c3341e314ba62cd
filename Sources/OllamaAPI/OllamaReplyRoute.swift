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
        switch call.work {
        case .chat(var chat):
            chat.model = name
            try chat.options.bound(by: request)
            chat.owner = request.owner
            let asked = chat
            return try await answer(call, request, asked.options) { waited, remarks in
                let stream = try remarks.begin { () throws(ServingError) in try service.chat(asked, after: waited) }
                return reply(stream, call, request, remarks, waited)
            }
        case .raw(var completion):
            completion.model = name
            try completion.options.bound(by: request)
            let asked = completion
            return try await answer(call, request, asked.options) { waited, remarks in
                let stream = try remarks.begin { () throws(ServingError) in try service.complete(asked, after: waited) }
                return reply(stream, call, request, remarks, waited)
            }
        case .load:
            return try await service.answer(by: name) { waited in
                var remarks = call.remarks
                try service.keep(name, for: call.keepAlive, &remarks)
                return end(call, request, remarks, reason: "load")
            }
        case .unload:
            var remarks = call.remarks
            if try await !service.registry.giveUp(name) { try remarks.warn("keep_alive", KeepAlive.withoutEffect) }
            return end(call, request, remarks, reason: "unload")
        }
    }

    private func answer(
        _ call: OllamaCall, _ request: DoorRequest, _ options: GenerationOptions,
        _ begin: @escaping @Sendable (_ waited: Duration, inout RequestRemarks) throws -> DoorAnswer
    ) async throws -> DoorAnswer {
        let name = service.knownName(call.model)
        let opening = call.streams ? opening(call, request) : nil
        return try await service.answer(by: name, for: options, opening: opening) { waited in
            var remarks = call.remarks
            try service.keep(name, for: call.keepAlive, &remarks)
            return try begin(waited, &remarks)
        }
    }

    private func reply<Stream: ReplyStream>(
        _ stream: Stream, _ call: OllamaCall, _ request: DoorRequest, _ remarks: RequestRemarks, _ waited: Duration
    ) -> DoorAnswer where Stream.Event: OllamaEvent {
        let writer = writer(call, request, remarks, waited)
        return .reply(OllamaReply(stream: stream, isStreamed: call.streams, writer: writer))
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
