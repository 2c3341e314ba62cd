internal import APIDoors
internal import JSON
internal import Serving

/// `POST /v1/parse`: raw output of a model, read as a reply's would be.
struct ParseRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        let fields = try ParseFields(from: &root, settings: settings)
        return try await service.answer(by: fields.model) { _ in try answer(fields) }
    }

    private func answer(_ fields: ParseFields) throws -> DoorAnswer {
        let choice = try service.parse(
            fields.text, startsInReasoning: fields.startsInReasoning, parsesToolCalls: fields.parsesToolCalls,
            model: fields.model)
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "message")
        ChatCompletionBody.write(message: choice, reasoningField: fields.reasoningField, to: &writer)
        fields.remarks.warnings.write(to: &writer)
        writer.endObject()
        return .json(writer.bytes, warnings: fields.remarks.warnings)
    }
}

/// What raw output is read, and how.
struct ParseFields {
    var model: String?
    var text: String
    /// Nil where it is to be found out.
    var startsInReasoning: Bool?
    var parsesToolCalls: Bool
    var reasoningField: ReasoningFieldName
    var remarks: RequestRemarks

    init(from root: inout FieldReader, settings: APISettings) throws(APIError) {
        remarks = try RequestRemarks(from: &root, settings: settings)
        model = try root.string("model")
        guard let text = try root.string("text") else { throw root.missing("text") }
        self.text = text
        startsInReasoning = try Self.startsInReasoning(from: &root)
        parsesToolCalls = try root.bool("parse_tool_calls") ?? true
        reasoningField = try ReasoningDeliveryDecoder.fieldName(from: &root) ?? settings.reasoningField
        try remarks.finish(root)
    }

    /// `starts_in`, as `/apply-template` answers it.
    private static func startsInReasoning(from root: inout FieldReader) throws(APIError) -> Bool? {
        switch try root.string("starts_in") {
        case nil: return nil
        case "reasoning": return true
        case "content": return false
        case .some(let other):
            throw root.invalid("starts_in", "'starts_in' must be reasoning or content, not '\(other.prefix(40))'.")
        }
    }
}
