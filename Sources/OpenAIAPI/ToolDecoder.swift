internal import APIDoors
internal import Chat
internal import JSON
internal import Serving

/// What a chat request says about tools.
struct ToolFields {
    var tools: [ToolDefinition] = []
    var use: ToolUse = .automatic
    var allowsParallelCalls = true
}

/// Reads `tools`, `tool_choice` and `parallel_tool_calls`, and their deprecated forerunners.
enum ToolDecoder {
    static func fields(from root: inout FieldReader, warnings: inout [RequestWarning]) throws(APIError) -> ToolFields {
        var fields = ToolFields()
        fields.tools = try tools(from: &root)
        fields.tools += try functions(from: &root, warnings: &warnings)
        let use = try toolUse(key: "tool_choice", from: &root)
        let olderUse = try toolUse(key: "function_call", from: &root)
        fields.use = use ?? olderUse ?? .automatic
        fields.allowsParallelCalls = try root.bool("parallel_tool_calls") ?? true
        return fields
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
            try checkFunction(&function)
            tools.append(ToolDefinition(json: element))
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
            try checkFunction(&function)
            tools.append(ToolDefinition(json: ["type": "function", "function": element]))
        }
        warnings.append(
            RequestWarning(
                parameter: "functions", message: "Deprecated; read as 'tools', and calls come back as 'tool_calls'."))
        return tools
    }

    private static func checkFunction(_ function: inout FieldReader) throws(APIError) {
        guard let name = try function.string("name") else { throw function.missing("name") }
        guard !name.isEmpty else {
            throw function.invalid("name", "'\(function.path(of: "name"))' must not be empty.")
        }
        _ = try function.string("description")
        _ = try function.reader("parameters")
        _ = try function.bool("strict")
    }

    private static func toolUse(key: String, from root: inout FieldReader) throws(APIError) -> ToolUse? {
        switch root.value(key) {
        case nil: return nil
        case .string("auto"): return .automatic
        case .string("none"): return .forbidden
        case .string("required"):
            throw root.unsupported(key, "'\(key)' \"required\" is not supported yet; use \"auto\" or \"none\".")
        case .string(let other):
            throw root.invalid(key, "'\(key)' must be \"auto\", \"none\" or \"required\", not \"\(other.prefix(40))\".")
        case .object:
            throw root.unsupported(key, "Naming a tool in '\(key)' is not supported yet; use \"auto\" or \"none\".")
        case .some(let other): throw root.wrongType(key, expected: "a string or an object", other)
        }
    }
}
