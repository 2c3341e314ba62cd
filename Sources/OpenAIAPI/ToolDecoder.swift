internal import APIDoors
internal import Chat
internal import JSON
internal import Serving

/// What a chat request says about tools.
struct ToolFields {
    var tools: [ToolDefinition] = []
    var choice = ToolChoice()
    var allowsParallelCalls = true
    /// Whether the tag of a call ends thinking.
    var endsThinking = false
    /// Whether tools that cannot be called are left out of the prompt.
    var omitsForbiddenTools = false
}

/// Reads `tools`, `tool_choice`, `parallel_tool_calls`, their deprecated forerunners, `tool_call_in_think`, and
/// `exclude_tools_when_tool_choice_none`.
enum ToolDecoder {
    static func fields(
        from root: inout FieldReader, settings: APISettings, warnings: inout [RequestWarning]
    ) throws(APIError) -> ToolFields {
        var fields = ToolFields()
        fields.tools = try tools(from: &root)
        fields.tools += try functions(from: &root, warnings: &warnings)
        let choice = try ToolChoiceDecoder.choice("tool_choice", form: .nested, from: &root)
        let olderChoice = try ToolChoiceDecoder.choice("function_call", form: .older, from: &root)
        fields.choice = choice ?? olderChoice ?? ToolChoice()
        let allowsParallelCalls = try root.bool("parallel_tool_calls") ?? true
        fields.allowsParallelCalls = allowsParallelCalls && !fields.choice.isSingle
        fields.endsThinking = try endsThinking(&root)
        fields.omitsForbiddenTools = try omitsForbiddenTools(&root, settings, fields.choice)
        if fields.tools.isEmpty {
            let message = "The request has no tools; it has no effect."
            if !allowsParallelCalls { root.warn("parallel_tool_calls", message) }
            if fields.endsThinking { root.warn("tool_call_in_think", message) }
        }
        return fields
    }

    /// vLLM has it as a setting of the server.
    static func omitsForbiddenTools(
        _ root: inout FieldReader, _ settings: APISettings, _ choice: ToolChoice
    ) throws(APIError) -> Bool {
        let key = "exclude_tools_when_tool_choice_none"
        guard let isAskedFor = try root.bool(key) else { return settings.omitsForbiddenTools }
        if isAskedFor, choice.use != .forbidden {
            root.warn(key, "'tool_choice' is not \"none\"; it has no effect.")
        }
        return isAskedFor
    }

    /// Templates show tools whole.
    private static let shownToTheModel = "Unknown field; the model is shown it, and nothing else comes of it."

    private static func endsThinking(_ root: inout FieldReader) throws(APIError) -> Bool {
        switch try root.string("tool_call_in_think") {
        case nil, "text": return false
        case "end_thinking": return true
        case .some(let other):
            throw root.invalid(
                "tool_call_in_think",
                "'tool_call_in_think' must be \"text\" or \"end_thinking\", not \"\(other.prefix(40))\".")
        }
    }

    private static func tools(from root: inout FieldReader) throws(APIError) -> [ToolDefinition] {
        var tools: [ToolDefinition] = []
        for (index, element) in (try root.array("tools") ?? []).enumerated() {
            let path = root.path.appending(key: "tools").appending(index: index)
            guard let object = element.objectValue else {
                throw .invalid(path.description, "'\(path)' must be an object, not \(element.kind).")
            }
            var tool = FieldReader(object, path: path)
            let type = try tool.string("type") ?? "function"
            guard type == "function" else {
                throw tool.unsupported(
                    "type",
                    "'\(tool.path(of: "type"))' must be 'function'; '\(type.prefix(40))' tools are not supported.")
            }
            guard var function = try tool.reader("function") else { throw tool.missing("function") }
            tool.passOver("cache_control")
            let isStrict = try checkFunction(&function)
            tools.append(ToolDefinition(json: element, isStrict: isStrict))
            tool.take(function, unknown: shownToTheModel)
            root.take(tool, unknown: shownToTheModel)
        }
        return tools
    }

    /// The deprecated `functions`, as tools.
    private static func functions(
        from root: inout FieldReader, warnings: inout [RequestWarning]
    ) throws(APIError) -> [ToolDefinition] {
        guard let elements = try root.array("functions") else { return [] }
        var tools: [ToolDefinition] = []
        for (index, element) in elements.enumerated() {
            let path = root.path.appending(key: "functions").appending(index: index)
            guard let object = element.objectValue else {
                throw .invalid(path.description, "'\(path)' must be an object, not \(element.kind).")
            }
            var function = FieldReader(object, path: path)
            let isStrict = try checkFunction(&function)
            tools.append(ToolDefinition(json: ["type": "function", "function": element], isStrict: isStrict))
            root.take(function, unknown: shownToTheModel)
        }
        warnings.append(
            RequestWarning(
                parameter: "functions", message: "Deprecated; read as 'tools', and calls come back as 'tool_calls'."))
        return tools
    }

    /// Whether the function is strict, once its fields are known to be what they should.
    private static func checkFunction(_ function: inout FieldReader) throws(APIError) -> Bool {
        guard let name = try function.string("name") else { throw function.missing("name") }
        guard !name.isEmpty else {
            throw function.invalid("name", "'\(function.path(of: "name"))' must not be empty.")
        }
        _ = try function.string("description")
        _ = try function.reader("parameters")
        return try function.bool("strict") ?? false
    }
}
