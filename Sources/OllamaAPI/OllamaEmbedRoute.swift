internal import APIDoors
internal import JSON
internal import Serving

/// `POST /api/embed`, and the older `POST /api/embeddings` of one text.
struct OllamaEmbedRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func embed(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try OllamaEmbedCall(from: try await request.object(), textKey: "input", settings: settings)
        return try await answer(call, request, write)
    }

    private func write(
        _ result: EmbeddingResult?, _ call: OllamaEmbedCall, _ request: DoorRequest, _ waited: Duration
    ) -> DoorAnswer {
        var body = JSONWriter()
        body.beginObject()
        body.append(key: "model", string: call.model)
        body.append(key: "embeddings")
        body.beginArray()
        for vector in result?.embeddings ?? [] {
            Self.write(vector, to: &body)
        }
        body.endArray()
        body.append(key: "total_duration", int: Int((ContinuousClock.now - request.arrival).milliseconds * 1e6))
        body.append(key: "load_duration", int: Int(waited.milliseconds * 1e6))
        body.append(key: "prompt_eval_count", int: result?.usage.promptTokens ?? 0)
        return end(&body, call)
    }

    func embedOne(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try OllamaEmbedCall(from: try await request.object(), textKey: "prompt", settings: settings)
        return try await answer(call, request) { result, call, _, _ in
            var body = JSONWriter()
            body.beginObject()
            body.append(key: "embedding")
            Self.write(result?.embeddings.first ?? [], to: &body)
            return end(&body, call)
        }
    }

    private func answer(
        _ call: OllamaEmbedCall, _ request: DoorRequest,
        _ write:
            @escaping @Sendable (EmbeddingResult?, OllamaEmbedCall, DoorRequest, _ waited: Duration) -> DoorAnswer
    ) async throws -> DoorAnswer {
        var asked = call
        asked.request.model = service.knownName(call.model)
        try asked.request.options.bound(by: request)
        let named = asked
        return try await service.answer(by: named.request.model, for: named.request.options) { waited in
            var call = named
            try service.keep(call.request.model, for: call.keepAlive, &call.remarks)
            call.request.options.takeOff(waited)
            return write(try await result(of: call, asked: request), call, request, waited)
        }
    }

    /// Nil without a text: the model is only to be loaded.
    private func result(of call: OllamaEmbedCall, asked request: DoorRequest) async throws -> EmbeddingResult? {
        guard !call.request.inputs.isEmpty else { return nil }
        let result = try await call.remarks.naming { try await service.embed(call.request) }
        request.count(result.usage, of: result.model)
        return result
    }

    private func end(_ body: inout JSONWriter, _ call: OllamaEmbedCall) -> DoorAnswer {
        call.remarks.warnings.write(to: &body)
        body.endObject()
        return .json(body.bytes, warnings: call.remarks.warnings)
    }

    private static func write(_ vector: [Float], to body: inout JSONWriter) {
        body.beginArray()
        for value in vector {
            body.append(float: value)
        }
        body.endArray()
    }
}

/// What `/api/embed` and `/api/embeddings` are asked for: types are checked, every complaint names its field.
struct OllamaEmbedCall {
    /// As the client spells it.
    var model: String
    var request: EmbeddingRequest
    var keepAlive: KeepAlive?
    var remarks: RequestRemarks

    init(from body: JSONObject, textKey: String, settings: APISettings) throws(APIError) {
        var root = FieldReader(body)
        remarks = try RequestRemarks(from: &root, settings: settings, fieldNames: [.input: textKey])
        guard let model = try root.string("model") else { throw root.missing("model") }
        self.model = model
        let texts = try root.stringOrStrings(textKey) ?? []
        request = EmbeddingRequest(
            inputs: texts == [""] ? [] : texts.map { .text($0) },
            dimensions: try root.integer("dimensions").flatMap { $0 == 0 ? nil : $0 },
            truncates: try root.bool("truncate") ?? true)
        keepAlive = try root.keepAlive()
        try remarks.finish(root)
    }
}
