internal import APIDoors
internal import JSON
internal import Serving

/// `POST /v1/parse`: raw output of a model, read as a reply's would be.
struct ParseRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        var remarks = try RequestRemarks(from: &root, settings: settings)
        let model = try root.string("model")
        guard let text = try root.string("text") else { throw root.missing("text") }
        let startsInReasoning = try startsInReasoning(from: &root)
        let parsesToolCalls = try root.bool("parse_tool_calls") ?? true
        let field = try ReasoningDeliveryDecoder.fieldName(from: &root) ?? settings.reasoningField
        try remarks.finish(root)
        let choice = try service.parse(
            text, startsInReasoning: startsInReasoning, parsesToolCalls: parsesToolCalls, model: model)
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "message")
        ChatCompletionBody.write(message: choice, reasoningField: field, to: &writer)
        remarks.warnings.write(to: &writer)
        writer.endObject()
        return .json(writer.bytes, warnings: remarks.warnings)
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
