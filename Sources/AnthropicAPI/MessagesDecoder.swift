internal import APIDoors
internal import Chat
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
        let messages = try ConversationDecoder.messages(from: &root)
        let tools = try ToolsDecoder.fields(from: &root)
        let thinking = try thinking(from: &root)
        let streams = try root.bool("stream") ?? false
        let last = messages.last
        let request = ChatRequest(
            model: model, messages: messages, tools: tools.tools, toolUse: tools.use,
            allowsParallelToolCalls: tools.allowsParallelCalls, thinking: thinking.isOn,
            thinkingBudget: thinking.budget,
            continuesFinalMessage: last?.role == .assistant && last?.toolCalls.isEmpty == true,
            options: try options(from: &root))
        try readFormat(from: &root, warnings: &remarks.warnings)
        try refuseServerSide(&root)
        for key in ["metadata", "cache_control", "service_tier"] {
            _ = root.value(key)
        }
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
        return options
    }

    /// Without `thinking` the model does not think: clients of this API count on it.
    private static func thinking(from root: inout FieldReader) throws(APIError) -> (isOn: Bool, budget: Int?) {
        guard var thinking = try root.reader("thinking") else { return (false, nil) }
        guard let type = try thinking.string("type") else { throw thinking.missing("type") }
        let budget = try thinking.integer("budget_tokens")
        switch type {
        case "enabled", "adaptive": return (true, budget)
        case "disabled": return (false, nil)
        default:
            throw thinking.invalid(
                "type",
                "'\(thinking.path(of: "type"))' must be \"enabled\", \"adaptive\" or \"disabled\", "
                    + "not \"\(type.prefix(40))\".")
        }
    }

    private static func readFormat(
        from root: inout FieldReader, warnings: inout [RequestWarning]
    ) throws(APIError) {
        if try root.reader("output_format") != nil {
            throw root.unsupported("output_format", "'output_format' is not supported yet.")
        }
        guard var configuration = try root.reader("output_config") else { return }
        if configuration.value("format") != nil {
            throw configuration.unsupported("format", "'\(configuration.path(of: "format"))' is not supported yet.")
        }
        for key in configuration.unreadKeys {
            warnings.append(
                RequestWarning(parameter: configuration.path(of: key), message: "Not supported yet; it has no effect."))
        }
    }

    private static func refuseServerSide(_ root: inout FieldReader) throws(APIError) {
        for key in ["mcp_servers", "container"] {
            guard let value = root.value(key), value.arrayValue?.isEmpty != true else { continue }
            throw root.unsupported(key, "'\(key)' is not supported: this server runs no tools itself.")
        }
    }
}
