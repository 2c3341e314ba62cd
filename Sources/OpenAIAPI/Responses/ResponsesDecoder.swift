internal import APIDoors
internal import Chat
internal import ConstrainedDecoding
internal import JSON
internal import Serving

/// A response as its body asks for it.
struct ResponsesCall {
    var request: ChatRequest
    var streams: Bool
    /// Whether the response can be asked for again, and continued.
    var isStored: Bool
    /// Whether items of reasoning carry themselves in a form that clients hand back.
    var includesCarriedReasoning: Bool
    /// The conversation up to the reply, without the instructions, which hold for one response only.
    var conversation: [ChatMessage]
    /// What the response object repeats of the request.
    var echo: JSONObject
    var remarks: RequestRemarks
}

/// Body to ``ResponsesCall``: types and spellings are checked, every complaint names its field.
enum ResponsesDecoder {
    private static let fieldNames: [RequestField: String] = [
        .maximumTokens: "max_output_tokens", .messages: "input", .constraint: "text.format",
    ]

    static func call(
        from body: JSONObject, store: ResponseStore, key: KeyDigest?, settings: APISettings
    ) throws(APIError) -> ResponsesCall {
        var root = FieldReader(body)
        var remarks = try RequestRemarks(from: &root, settings: settings, fieldNames: fieldNames)
        let model = try root.string("model")
        var conversation = try previous(from: &root, store: store, key: key)
        conversation += try ResponseInput.messages(from: &root)
        let instructions = try root.string("instructions")
        let system = instructions.map { [ChatMessage(role: .system, content: $0)] } ?? []
        let tools = try tools(from: &root, warnings: &remarks.warnings)
        let choice = try ToolChoiceDecoder.choice("tool_choice", form: .flat, from: &root) ?? ToolChoice()
        let omitsTools = try ToolDecoder.omitsForbiddenTools(&root, settings, choice)
        let reasoning = try ReasoningDialects.fields(
            from: &root, budgets: settings.thinkingBudgets, warnings: &remarks.warnings)
        var options = try SamplingDecoder.singleOptions(from: &root)
        try UrgencyDecoder.read(from: &root, into: &options, warnings: &remarks.warnings)
        options.maximumTokens = try root.integer("max_output_tokens")
        let parallel = try root.bool("parallel_tool_calls") ?? true
        options.constraint = try format(from: &root)
        let include = try included(from: &root, warnings: &remarks.warnings)
        var call = ResponsesCall(
            request: ChatRequest(
                model: model, messages: system + conversation, tools: tools, toolUse: choice.use,
                omitsForbiddenTools: omitsTools, callableTools: choice.names,
                allowsParallelToolCalls: parallel && !choice.isSingle,
                thinking: reasoning.thinking, thinkingBudget: reasoning.budget,
                thinkingStopMessage: reasoning.stopMessage, minimumAnswerTokens: reasoning.minimumAnswerTokens,
                thinkingTime: reasoning.time, reasoningDelivery: reasoning.isExcluded ? .omitted : .apart,
                templateVariables: reasoning.templateVariables,
                keepsEarlierReasoning: reasoning.keepsEarlierReasoning, restoresReasoning: reasoning.restoresReasoning,
                owner: key?.bytes, options: options),
            streams: try root.bool("stream") ?? false,
            isStored: try root.bool("store") ?? true,
            includesCarriedReasoning: include,
            conversation: conversation,
            echo: echo(of: body, parallel: parallel),
            remarks: remarks)
        try checkOthers(&root, warnings: &call.remarks.warnings)
        try RefusedFields.refuse(&root)
        try call.remarks.finish(root)
        return call
    }

    private static func previous(
        from root: inout FieldReader, store: ResponseStore, key: KeyDigest?
    ) throws(APIError) -> [ChatMessage] {
        if root.value("conversation") != nil {
            throw root.unsupported("conversation", "Conversations are not kept here; use 'previous_response_id'.")
        }
        guard let identifier = try root.string("previous_response_id") else { return [] }
        guard let response = store.response(identifier, of: key) else {
            throw APIError(
                status: 400,
                message:
                    "The response '\(identifier.prefix(80))' is not here: it was not stored, was deleted, or had to "
                    + "make room for newer ones.",
                type: .invalidRequest, parameter: root.path(of: "previous_response_id"), code: .previousResponseNotFound
            )
        }
        return response.conversation
    }

    /// Functions, in the form that chat templates know. Tools that OpenAI runs itself are left out, with a warning.
    private static func tools(
        from root: inout FieldReader, warnings: inout [RequestWarning]
    ) throws(APIError) -> [ToolDefinition] {
        var tools: [ToolDefinition] = []
        for (index, element) in (try root.array("tools") ?? []).enumerated() {
            let path = root.path.appending(key: "tools").appending(index: index)
            var tool = try FieldReader.object(element, path: path)
            guard let type = try tool.string("type") else { throw tool.missing("type") }
            guard type == "function" else {
                warnings.append(
                    RequestWarning(
                        parameter: path.description,
                        message: "'\(type.prefix(40))' tools are not supported; the model is not told of it."))
                continue
            }
            guard let name = try tool.string("name") else { throw tool.missing("name") }
            guard !name.isEmpty else { throw tool.invalid("name", "'\(tool.path(of: "name"))' must not be empty.") }
            var function: JSONObject = ["name": .string(name)]
            if let description = try tool.string("description") { function["description"] = .string(description) }
            if let parameters = try tool.reader("parameters") { function["parameters"] = .object(parameters.object) }
            tools.append(
                ToolDefinition(
                    json: ["type": "function", "function": .object(function)],
                    isStrict: try tool.bool("strict") ?? false))
            root.take(tool)
        }
        return tools
    }

    /// `text.format`: structured output enters here.
    private static func format(from root: inout FieldReader) throws(APIError) -> ConstraintDefinition? {
        guard var text = try root.reader("text") else { return nil }
        let constraint = try constraint(of: &text)
        root.take(text)
        return constraint
    }

    private static func constraint(of text: inout FieldReader) throws(APIError) -> ConstraintDefinition? {
        guard var format = try text.reader("format") else { return nil }
        defer { text.take(format) }
        guard let type = try format.string("type") else { throw format.missing("type") }
        switch type {
        case "text": return nil
        case "json_object": return .jsonObject
        case "json_schema":
            for key in ["name", "description"] { _ = try format.string(key) }
            _ = try format.bool("strict")
            guard let schema = format.value("schema") else { throw format.missing("schema") }
            return .jsonSchema(schema)
        default:
            throw text.unsupported("format", "The format '\(type.prefix(40))' is not supported.")
        }
    }

    /// Whether `include` names `reasoning.encrypted_content`.
    private static func included(
        from root: inout FieldReader, warnings: inout [RequestWarning]
    ) throws(APIError) -> Bool {
        var carriesReasoning = false
        for element in try root.array("include") ?? [] {
            if element == "reasoning.encrypted_content" {
                carriesReasoning = true
            } else {
                warnings.append(
                    RequestWarning(parameter: "include", message: "\(element.serialized().prefix(60)) has no effect."))
            }
        }
        return carriesReasoning
    }

    private static func checkOthers(_ root: inout FieldReader, warnings: inout [RequestWarning]) throws(APIError) {
        if try root.bool("background") == true {
            throw root.unsupported("background", "Responses in the background are not supported; use 'stream'.")
        }
        if root.value("prompt") != nil {
            throw root.unsupported("prompt", "Stored prompts are not supported; use 'input' and 'instructions'.")
        }
        if let truncation = try root.string("truncation"), truncation != "disabled" {
            warnings.append(RequestWarning(parameter: "truncation", message: "Nothing is cut; it has no effect."))
        }
        _ = try root.reader("metadata")
        try IneffectiveFields.checkResponse(&root, warnings: &warnings)
    }

    /// The members of the response object that only repeat the request.
    private static func echo(of body: JSONObject, parallel: Bool) -> JSONObject {
        func given(_ key: String, _ fallback: JSONValue) -> JSONValue {
            body[key].flatMap { $0.isNull ? nil : $0 } ?? fallback
        }
        return [
            "background": false,
            "instructions": given("instructions", nil),
            "max_output_tokens": given("max_output_tokens", nil),
            "metadata": given("metadata", [:]),
            "parallel_tool_calls": .bool(parallel),
            "previous_response_id": given("previous_response_id", nil),
            "reasoning": given("reasoning", ["effort": nil, "summary": nil]),
            "store": given("store", true),
            "temperature": given("temperature", nil),
            "text": given("text", ["format": ["type": "text"]]),
            "tool_choice": given("tool_choice", "auto"),
            "tools": given("tools", []),
            "top_p": given("top_p", nil),
            "truncation": "disabled",
            "user": given("user", nil),
        ]
    }
}
