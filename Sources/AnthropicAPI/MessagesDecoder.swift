internal import APIDoors
internal import Chat
internal import ConstrainedDecoding
internal import JSON
internal import Serving

/// A message as its body asks for it.
struct MessagesCall {
    var request: ChatRequest
    var streams: Bool
    var remarks: RequestRemarks
}

/// Body to ``MessagesCall``: types and spellings are checked, every complaint names its field.
enum MessagesDecoder {
    private static let fieldNames: [RequestField: String] = [
        .stop: "stop_sequences", .thinkingBudget: "thinking.budget_tokens",
    ]

    static func call(from body: JSONObject, settings: APISettings) throws(APIError) -> MessagesCall {
        var root = FieldReader(body)
        var remarks = try RequestRemarks(from: &root, settings: settings, fieldNames: fieldNames)
        let model = try root.string("model")
        let stripsBillingHeader = try root.bool("strip_billing_header") ?? settings.stripsBillingHeader
        let messages = try ConversationDecoder.messages(from: &root, stripsBillingHeader: stripsBillingHeader)
        let tools = try ToolsDecoder.fields(from: &root)
        let thinking = try thinking(from: &root, warnings: &remarks.warnings)
        let streams = try root.bool("stream") ?? false
        let output = try output(from: &root, names: &remarks.fieldNames, warnings: &remarks.warnings)
        if output.effort != nil, !thinking.isOn {
            remarks.warnings.append(
                RequestWarning(parameter: "output_config.effort", message: "Thinking is off; it has no effect."))
        }
        var options = try options(from: &root)
        options.constraint = output.constraint
        let last = messages.last
        let request = ChatRequest(
            model: model, messages: messages, tools: tools.tools, toolUse: tools.use,
            omitsForbiddenTools: settings.omitsForbiddenTools, callableTools: tools.names,
            allowsParallelToolCalls: tools.allowsParallelCalls, thinking: thinking.isOn,
            thinkingBudget: [thinking.budget, output.effort.flatMap { settings.thinkingBudgets[$0] }].compactMap { $0 }
                .min(),
            reasoningDelivery: thinking.delivery, restoresReasoning: try root.bool("restore_reasoning"),
            continuesFinalMessage: last?.role == .assistant && last?.toolCalls.isEmpty == true,
            options: options)
        try refuseServerSide(&root)
        // Prompts are always cached.
        _ = root.value("cache_control")
        for key in ["metadata", "service_tier"] where root.value(key) != nil {
            remarks.warnings.append(RequestWarning(parameter: key, message: "It has no effect on this server."))
        }
        try RefusedFields.refuse(&root)
        try remarks.finish(root)
        return MessagesCall(request: request, streams: streams, remarks: remarks)
    }

    private static func options(from root: inout FieldReader) throws(APIError) -> GenerationOptions {
        var options = GenerationOptions()
        options.maximumTokens = try root.integer("max_tokens")
        options.temperature = try root.number("temperature")
        options.topP = try root.number("top_p")
        options.topK = try root.integer("top_k")
        options.seed = try root.integer("seed").map { UInt64(bitPattern: Int64($0)) }
        options.stopStrings = try root.strings("stop_sequences") ?? []
        options.ropeFactor = try root.number("rope_factor")
        return options
    }

    /// `thinking`, as far as it is said.
    private struct Thinking {
        var isOn = false
        var budget: Int?
        var delivery = ReasoningDelivery.apart
    }

    /// Without `thinking` the model does not think: clients of this API count on it.
    private static func thinking(
        from root: inout FieldReader, warnings: inout [RequestWarning]
    ) throws(APIError) -> Thinking {
        guard var thinking = try root.reader("thinking") else { return Thinking() }
        guard let type = try thinking.string("type") else { throw thinking.missing("type") }
        let budget = try thinking.integer("budget_tokens")
        let delivery = try delivery(from: &thinking)
        warnings.warnOfUnknown(thinking)
        switch type {
        case "enabled", "adaptive": return Thinking(isOn: true, budget: budget, delivery: delivery)
        case "disabled": return Thinking()
        default:
            throw thinking.invalid(
                "type",
                "'\(thinking.path(of: "type"))' must be \"enabled\", \"adaptive\" or \"disabled\", "
                    + "not \"\(type.prefix(40))\".")
        }
    }

    /// `display`: whether the thinking is sent. It comes as it is, never summarized.
    private static func delivery(from thinking: inout FieldReader) throws(APIError) -> ReasoningDelivery {
        switch try thinking.string("display") {
        case nil, "summarized": return .apart
        case "omitted": return .omitted
        case .some(let other):
            throw thinking.invalid(
                "display",
                "'\(thinking.path(of: "display"))' must be \"summarized\" or \"omitted\", not \"\(other.prefix(40))\".")
        }
    }

    /// `output_config`, and `output_format` as it was called in a beta: what the answer is held to, and how much is thought.
    private static func output(
        from root: inout FieldReader, names: inout [RequestField: String], warnings: inout [RequestWarning]
    ) throws(APIError) -> (constraint: ConstraintDefinition?, effort: ThinkingLevel?) {
        var output: (constraint: ConstraintDefinition?, effort: ThinkingLevel?)
        if var format = try root.reader("output_format") {
            names[.constraint] = "output_format"
            output.constraint = try constraint(&format)
            warnings.warnOfUnknown(format)
        }
        guard var configuration = try root.reader("output_config") else { return output }
        if var format = try configuration.reader("format") {
            names[.constraint] = configuration.path(of: "format")
            output.constraint = try constraint(&format)
            configuration.take(format)
        }
        output.effort = try configuration.thinkingLevel("effort")
        warnings.warnOfUnknown(configuration)
        return output
    }

    private static func constraint(_ format: inout FieldReader) throws(APIError) -> ConstraintDefinition {
        guard let type = try format.string("type") else { throw format.missing("type") }
        guard type == "json_schema" else {
            throw format.unsupported("type", "'\(format.path(of: "type"))' must be \"json_schema\".")
        }
        guard let schema = format.value("schema") else { throw format.missing("schema") }
        return .jsonSchema(schema)
    }

    private static func refuseServerSide(_ root: inout FieldReader) throws(APIError) {
        for key in ["mcp_servers", "container"] {
            guard let value = root.value(key), value.arrayValue?.isEmpty != true else { continue }
            throw root.unsupported(key, "'\(key)' is not supported: this server runs no tools itself.")
        }
    }
}
