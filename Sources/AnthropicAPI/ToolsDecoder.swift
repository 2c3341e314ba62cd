internal import APIDoors
internal import Chat
internal import JSON
internal import Serving

/// What a request says about tools.
struct ToolsFields {
    var tools: [ToolDefinition] = []
    var use: ToolUse = .automatic
    /// The names of the tools that may be called; nil for all of them.
    var names: Set<String>?
    var allowsParallelCalls = true
}

/// Reads `tools` and `tool_choice`.
enum ToolsDecoder {
    static func fields(from root: inout FieldReader) throws(APIError) -> ToolsFields {
        var fields = ToolsFields()
        for (index, element) in (try root.array("tools") ?? []).enumerated() {
            let path = root.path.appending(key: "tools").appending(index: index)
            var tool = try FieldReader.object(element, path: path)
            fields.tools.append(try definition(&tool))
            tool.passOver("cache_control")
            root.take(tool)
        }
        try readChoice(from: &root, into: &fields)
        return fields
    }

    /// The tool in the form that chat templates know.
    private static func definition(_ tool: inout FieldReader) throws(APIError) -> ToolDefinition {
        let type = try tool.string("type") ?? "custom"
        guard type == "custom" else {
            throw tool.unsupported(
                "type", "'\(tool.path(of: "type"))' is '\(type.prefix(40))', but this server runs no tools itself.")
        }
        guard let name = try tool.string("name") else { throw tool.missing("name") }
        guard !name.isEmpty else { throw tool.invalid("name", "'\(tool.path(of: "name"))' must not be empty.") }
        var function: JSONObject = ["name": .string(name)]
        if let description = try tool.string("description") {
            function["description"] = .string(description)
        }
        if let schema = try tool.reader("input_schema") {
            function["parameters"] = .object(schema.object)
        }
        return ToolDefinition(
            json: ["type": "function", "function": .object(function)], isStrict: try tool.bool("strict") ?? false)
    }

    private static func readChoice(from root: inout FieldReader, into fields: inout ToolsFields) throws(APIError) {
        guard var choice = try root.reader("tool_choice") else { return }
        defer { root.take(choice) }
        fields.allowsParallelCalls = !(try choice.bool("disable_parallel_tool_use") ?? false)
        guard let type = try choice.string("type") else { throw choice.missing("type") }
        switch type {
        case "auto": fields.use = .automatic
        case "none": fields.use = .forbidden
        case "any": fields.use = .required
        case "tool":
            guard let name = try choice.string("name") else { throw choice.missing("name") }
            fields.use = .required
            fields.names = [name]
        default:
            throw choice.invalid(
                "type",
                "'\(choice.path(of: "type"))' must be \"auto\", \"any\", \"tool\" or \"none\", "
                    + "not \"\(type.prefix(40))\".")
        }
    }
}
