internal import APIDoors
internal import Chat
internal import HTTP
internal import JSON
internal import Sampling
internal import Serving
internal import Tokens

/// `/tokenize`, `/detokenize` and `/apply-template`, in the fields of llama-server and of vLLM.
struct TokensRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func tokenize(_ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try tokenizeReply(try await object(of: request)) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let body): try await writer.send(json: body)
        }
    }

    func detokenize(_ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try detokenizeReply(try await object(of: request)) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let body): try await writer.send(json: body)
        }
    }

    func applyTemplate(
        _ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter
    ) async throws {
        switch try await refusable({ try templateReply(try await object(of: request)) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let body): try await writer.send(json: body)
        }
    }

    /// How many tokens the prompt of a chat request has.
    func count(_ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try prompt(try await object(of: request)).ids.count }) {
        case .failure(let error): try await writer.send(error)
        case .success(let count):
            let body: JSONObject = ["object": "response.input_tokens", "input_tokens": .number(count)]
            try await writer.send(json: JSONValue.object(body).serializedBytes())
        }
    }

    private func object(of request: Request) async throws -> JSONObject {
        try await RequestReader.object(of: request, limit: settings.bodyByteLimit)
    }

    private func tokenizeReply(_ body: JSONObject) throws -> [UInt8] {
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
        return TokenizeBody(
            pieces: pieces, contextLength: contextLength, withPieces: withPieces, withStrings: withStrings
        ).bytes
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

    private func detokenizeReply(_ body: JSONObject) throws -> [UInt8] {
        var root = FieldReader(body)
        let model = try root.string("model")
        guard let tokens = try root.integers("tokens") else { throw root.missing("tokens") }
        let text = try service.detokenize(tokens, model: model)
        return JSONValue.object(["content": .string(text), "prompt": .string(text)]).serializedBytes()
    }

    private func templateReply(_ body: JSONObject) throws -> [UInt8] {
        let prompt = try prompt(body)
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
        return writer.bytes
    }

    private func prompt(_ body: JSONObject) throws -> Prompt {
        let call = try ChatCompletionDecoder.call(from: body, settings: settings)
        return try service.prompt(for: call.request)
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
