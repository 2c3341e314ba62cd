internal import APIDoors
internal import Chat
internal import JSON
internal import Sampling
internal import Serving
internal import Tokens

/// `/tokenize`, `/detokenize` and `/apply-template`, in the fields of llama-server and of vLLM.
struct TokensRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func tokenize(_ request: DoorRequest) async throws -> DoorAnswer {
        let body = try await request.object()
        var root = FieldReader(body)
        let fields = try TokenizeFields(from: &root, settings: settings)
        return try await service.answer(by: fields.model) { _ in try tokenize(fields, body, of: request) }
    }

    private func tokenize(_ fields: TokenizeFields, _ body: JSONObject, of request: DoorRequest) throws -> DoorAnswer {
        var warnings = fields.remarks.warnings
        let served = try service.registry.model(named: fields.model)
        let pieces: [TokenPiece]
        if let text = fields.text {
            pieces = try service.tokenize(text, parsesSpecial: fields.parsesSpecial, model: fields.model)
        } else {
            let (prompt, further) = try prompt(fields.conversation(of: body), of: request)
            pieces = prompt.ids.map(served.piece)
            warnings += further
        }
        let reply = TokenizeBody(
            pieces: pieces, contextLength: served.contextLength, withPieces: fields.withPieces,
            withStrings: fields.withStrings, warnings: warnings)
        return .json(reply.bytes, warnings: warnings)
    }

    func detokenize(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        let fields = try DetokenizeFields(from: &root, settings: settings)
        return try await service.answer(by: fields.model) { _ in
            let text = try service.detokenize(fields.tokens, model: fields.model)
            return Self.answer(["content": .string(text), "prompt": .string(text)], fields.remarks.warnings)
        }
    }

    func applyTemplate(_ request: DoorRequest) async throws -> DoorAnswer {
        var call = try ChatCompletionDecoder.call(from: try await request.object(), settings: settings)
        call.request.owner = request.owner
        let asked = call
        return try await service.answer(by: asked.request.model) { _ in try template(asked) }
    }

    private func template(_ call: ChatCompletionCall) throws -> DoorAnswer {
        var remarks = call.remarks
        let rendering = try remarks.naming { () throws(ServingError) in try service.rendering(of: call.request) }
        try remarks.add(rendering.warnings)
        let prompt = rendering.prompt
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "prompt", string: prompt.text)
        writer.append(key: "tokens")
        writer.beginArray()
        prompt.ids.forEach { writer.append(int: $0.index) }
        writer.endArray()
        writer.append(key: "count", int: prompt.ids.count)
        writer.append(key: "starts_in", string: prompt.startPhase == .reasoning ? "reasoning" : "content")
        rendering.tools.write(to: &writer)
        remarks.warnings.write(to: &writer)
        writer.endObject()
        return .json(writer.bytes, warnings: remarks.warnings)
    }

    /// How many tokens the prompt of a chat request has.
    func count(_ request: DoorRequest) async throws -> DoorAnswer {
        let body = try await request.object()
        return try await service.answer(by: body["model"]?.stringValue) { _ in
            let (prompt, warnings) = try prompt(body, of: request)
            return Self.answer(
                ["object": "response.input_tokens", "input_tokens": .number(prompt.ids.count)], warnings)
        }
    }

    private static func answer(_ members: JSONObject, _ warnings: [RequestWarning]) -> DoorAnswer {
        var writer = JSONWriter()
        writer.beginObject()
        for (key, value) in members {
            writer.append(key: key)
            writer.append(value: value)
        }
        warnings.write(to: &writer)
        writer.endObject()
        return .json(writer.bytes, warnings: warnings)
    }

    private func prompt(_ body: JSONObject, of request: DoorRequest) throws -> (Prompt, [RequestWarning]) {
        var call = try ChatCompletionDecoder.call(from: body, settings: settings)
        call.request.owner = request.owner
        let prompt = try call.remarks.naming { () throws(ServingError) in try service.prompt(for: call.request) }
        return (prompt, call.remarks.warnings)
    }
}

/// What is to become tokens: a text, or the conversation of a chat request.
struct TokenizeFields {
    var model: String?
    /// Nil for a conversation.
    var text: String?
    var parsesSpecial: Bool
    var withPieces: Bool
    var withStrings: Bool
    var remarks: RequestRemarks

    private static let keys = [
        "with_pieces", "return_token_strs", "add_special", "add_special_tokens", "parse_special", "content", "prompt",
    ]

    /// llama-server calls the text `content`, vLLM calls it `prompt`.
    init(from root: inout FieldReader, settings: APISettings) throws(APIError) {
        remarks = try RequestRemarks(from: &root, settings: settings)
        model = try root.string("model")
        withPieces = try root.bool("with_pieces") ?? false
        withStrings = try root.bool("return_token_strs") ?? false
        // These models put no token before a text, so that two fields change nothing.
        _ = try root.bool("add_special")
        _ = try root.bool("add_special_tokens")
        parsesSpecial = try root.bool("parse_special") ?? true
        let isConversation = root.value("messages") != nil
        let content = try root.string("content")
        let prompt = try root.string("prompt")
        // The other fields of a conversation are a chat request's.
        guard !isConversation else { return }
        guard let text = content ?? prompt else { throw root.missing("content") }
        self.text = text
        try remarks.finish(root)
    }

    /// The chat request in a body.
    func conversation(of body: JSONObject) -> JSONObject {
        var conversation = body
        for key in Self.keys {
            conversation[key] = nil
        }
        return conversation
    }
}

/// Which tokens are to become text.
struct DetokenizeFields {
    var model: String?
    var tokens: [Int]
    var remarks: RequestRemarks

    init(from root: inout FieldReader, settings: APISettings) throws(APIError) {
        remarks = try RequestRemarks(from: &root, settings: settings)
        model = try root.string("model")
        guard let tokens = try root.integers("tokens") else { throw root.missing("tokens") }
        self.tokens = tokens
        try remarks.finish(root)
    }
}

/// The body of a reply of `/tokenize`.
struct TokenizeBody {
    let pieces: [TokenPiece]
    let contextLength: Int
    let withPieces: Bool
    let withStrings: Bool
    let warnings: [RequestWarning]

    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "tokens")
        writer.beginArray()
        for piece in pieces {
            if withPieces {
                write(piece, to: &writer)
            } else {
                writer.append(int: piece.id.index)
            }
        }
        writer.endArray()
        writer.append(key: "count", int: pieces.count)
        writer.append(key: "max_model_len", int: contextLength)
        if withStrings {
            writer.append(key: "token_strs")
            writer.beginArray()
            pieces.forEach { writer.append(string: String(decoding: $0.bytes, as: UTF8.self)) }
            writer.endArray()
        }
        warnings.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// A piece is a string, or an array of bytes where they are no whole characters.
    private func write(_ piece: TokenPiece, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "id", int: piece.id.index)
        writer.append(key: "piece")
        if let text = String(validating: piece.bytes, as: UTF8.self) {
            writer.append(string: text)
        } else {
            writer.beginArray()
            piece.bytes.forEach { writer.append(int: Int($0)) }
            writer.endArray()
        }
        writer.endObject()
    }
}
