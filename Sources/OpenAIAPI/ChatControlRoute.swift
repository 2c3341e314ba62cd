internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving

/// `POST /v1/chat/completions/control`: acts on a reply that is coming, with llama-server's body.
struct ChatControlRoute: HTTPResponder {
    let running: RunningReplies
    let settings: APISettings

    func respond(to request: Request, context: RequestContext, writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await answer(to: request) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let body): try await writer.send(json: body)
        }
    }

    private func answer(to request: Request) async throws -> [UInt8] {
        var root = FieldReader(try await RequestReader.object(of: request, limit: settings.bodyByteLimit))
        guard let id = try root.string("id") else { throw root.missing("id") }
        guard let action = try root.string("action") else { throw root.missing("action") }
        guard action == "reasoning_end" else {
            throw root.unsupported("action", "'action' must be 'reasoning_end', not '\(action.prefix(40))'.")
        }
        guard let stream = running.stream(id) else {
            return JSONValue.object([
                "success": false,
                "message": "No reply of this id is coming that was asked for with 'reasoning_control'.",
            ]).serializedBytes()
        }
        stream.endThinking()
        return JSONValue.object(["success": true]).serializedBytes()
    }
}
