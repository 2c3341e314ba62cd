internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving

/// `POST /v1/parse`: raw output of a model, read as a reply's would be.
struct ParseRoute: HTTPResponder {
    let service: InferenceService
    let settings: APISettings

    func respond(to request: Request, context: RequestContext, writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await answer(to: request) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let answer): try await writer.send(json: answer.body, headers: answer.warnings.headers)
        }
    }

    private func answer(to request: Request) async throws -> (body: [UInt8], warnings: [RequestWarning]) {
        var root = FieldReader(try await RequestReader.object(of: request, limit: settings.bodyByteLimit))
        let isStrict = try root.bool("strict") ?? settings.isStrict
        let model = try root.string("model")
        guard let text = try root.string("text") else { throw root.missing("text") }
        let startsInReasoning = try startsInReasoning(from: &root)
        let parsesToolCalls = try root.bool("parse_tool_calls") ?? true
        let field = try ReasoningDeliveryDecoder.fieldName(from: &root) ?? settings.reasoningField
        var warnings: [RequestWarning] = []
        IneffectiveFields.warnOfUnknown(root, warnings: &warnings)
        try warnings.refuse(isStrict: isStrict)
        let choice = try service.parse(
            text, startsInReasoning: startsInReasoning, parsesToolCalls: parsesToolCalls, model: model)
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "message")
        ChatCompletionBody.write(message: choice, reasoningField: field, to: &writer)
        warnings.write(to: &writer)
        writer.endObject()
        return (writer.bytes, warnings)
    }

    /// `starts_in`, as `/apply-template` answers it.
    private func startsInReasoning(from root: inout FieldReader) throws(APIError) -> Bool? {
        switch try root.string("starts_in") {
        case nil: return nil
        case "reasoning": return true
        case "content": return false
        case .some(let other):
            throw root.invalid("starts_in", "'starts_in' must be reasoning or content, not '\(other.prefix(40))'.")
        }
    }
}
