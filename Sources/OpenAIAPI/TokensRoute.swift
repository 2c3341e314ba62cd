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
        let model = try root.string("model")
        let withPieces = try root.bool("with_pieces") ?? false
        let withStrings = try root.bool("return_token_strs") ?? false
        let pieces: [TokenPiece]
        if body.contains(key: "messages") {
            let served = try service.registry.model(named: model)
            pieces = try prompt(body).ids.map(served.piece)
        } else {
            pieces = try service.tokenize(
                try text(from: &root), parsesSpecial: try parsesSpecial(&root), model: model)
        }
        let contextLength = try service.registry.model(named: model).contextLength
        let reply = TokenizeBody(
            pieces: pieces, contextLength: contextLength, withPieces: withPieces, withStrings: withStrings)
        return .json(reply.bytes)
    }

    /// llama-server calls the text `content`, vLLM calls it `prompt`.
    private func text(from root: inout FieldReader) throws(APIError) -> String {
        let content = try root.string("content")
        let prompt = try root.string("prompt")
        guard let text = content ?? prompt else { throw root.missing("content") }
        return text
    }

    /// `add_special` and `add_special_tokens` change nothing: these models put no token before a text.
    private func parsesSpecial(_ root: inout FieldReader) throws(APIError) -> Bool {
        _ = try root.bool("add_special")
        _ = try root.bool("add_special_tokens")
        return try root.bool("parse_special") ?? true
    }

    func detokenize(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        let model = try root.string("model")
        guard let tokens = try root.integers("tokens") else { throw root.missing("tokens") }
        let text = try service.detokenize(tokens, model: model)
        return .json(["content": .string(text), "prompt": .string(text)])
    }

    func applyTemplate(_ request: DoorRequest) async throws -> DoorAnswer {
        let prompt = try prompt(try await request.object())
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "prompt", string: prompt.text)
        writer.append(key: "tokens")
        writer.beginArray()
        prompt.ids.forEach { writer.append(int: $0.index) }
        writer.endArray()
        writer.append(key: "count", int: prompt.ids.count)
        writer.append(key: "starts_in", string: prompt.startPhase == .reasoning ? "reasoning" : "content")
        writer.endObject()
        return .json(writer.bytes)
    }

    /// How many tokens the prompt of a chat request has.
    func count(_ request: DoorRequest) async throws -> DoorAnswer {
        let prompt = try prompt(try await request.object())
        return .json(["object": "response.input_tokens", "input_tokens": .number(prompt.ids.count)])
    }

    private func prompt(_ body: JSONObject) throws -> Prompt {
        let call = try ChatCompletionDecoder.call(from: body, settings: settings)
        return try call.remarks.naming { () throws(ServingError) in try service.prompt(for: call.request) }
    }
}

/// The body of a reply of `/tokenize`.
struct TokenizeBody {
    let pieces: [TokenPiece]
    let contextLength: Int
    let withPieces: Bool
    let withStrings: Bool

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
