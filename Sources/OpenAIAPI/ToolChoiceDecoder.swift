internal import APIDoors
internal import JSON
internal import Serving

/// What a request says about which tools are to be called.
struct ToolChoice {
    var use: ToolUse = .automatic
    /// The names of the tools that may be called; nil for all of them.
    var names: Set<String>?
    /// Whether it asks for a call of one tool, once.
    var isSingle = false
}

/// Reads `tool_choice`: a word, a function, or the functions that are allowed.
enum ToolChoiceDecoder {
    /// How functions are named: chat completions nest what the Responses API has flat.
    enum Form {
        /// `{"type": "function", "function": {"name": …}}`
        case nested
        /// `{"type": "function", "name": …}`
        case flat
        /// `{"name": …}`, of the deprecated `function_call`.
        case older
    }

    /// The choice, or nil where the request says nothing.
    static func choice(
        _ key: String, form: Form, from root: inout FieldReader
    ) throws(APIError) -> ToolChoice? {
        switch root.value(key) {
        case nil: return nil
        case .string(let word): return ToolChoice(use: try use(word, key, root))
        case .object:
            guard var choice = try root.reader(key) else { return nil }
            let found = try self.choice(&choice, form)
            root.take(choice)
            return found
        case .some(let other): throw root.wrongType(key, expected: "a string or an object", other)
        }
    }

    private static func use(_ word: String, _ key: String, _ root: FieldReader) throws(APIError) -> ToolUse {
        switch word {
        case "auto": return .automatic
        case "none": return .forbidden
        case "required": return .required
        default:
            throw root.invalid(
                key, "'\(root.path(of: key))' must be \"auto\", \"none\" or \"required\", not \"\(word.prefix(40))\".")
        }
    }

    private static func choice(_ choice: inout FieldReader, _ form: Form) throws(APIError) -> ToolChoice {
        guard form != .older else { return try single(&choice) }
        guard let type = try choice.string("type") else { throw choice.missing("type") }
        switch type {
        case "function":
            guard form == .nested else { return try single(&choice) }
            guard var function = try choice.reader("function") else { throw choice.missing("function") }
            let found = try single(&function)
            choice.take(function)
            return found
        case "allowed_tools":
            guard form == .nested else { return try allowed(&choice, form) }
            guard var tools = try choice.reader("allowed_tools") else { throw choice.missing("allowed_tools") }
            let found = try allowed(&tools, form)
            choice.take(tools)
            return found
        default:
            throw choice.unsupported(
                "type",
                "'\(choice.path(of: "type"))' must be \"function\" or \"allowed_tools\"; '\(type.prefix(40))' is not "
                    + "supported.")
        }
    }

    private static func single(_ function: inout FieldReader) throws(APIError) -> ToolChoice {
        guard let name = try function.string("name") else { throw function.missing("name") }
        return ToolChoice(use: .required, names: [name], isSingle: true)
    }

    private static func allowed(_ choice: inout FieldReader, _ form: Form) throws(APIError) -> ToolChoice {
        guard let mode = try choice.string("mode") else { throw choice.missing("mode") }
        guard mode == "auto" || mode == "required" else {
            throw choice.invalid(
                "mode", "'\(choice.path(of: "mode"))' must be \"auto\" or \"required\", not \"\(mode.prefix(40))\".")
        }
        guard let elements = try choice.array("tools") else { throw choice.missing("tools") }
        guard !elements.isEmpty else {
            throw choice.invalid("tools", "'\(choice.path(of: "tools"))' must name at least one tool.")
        }
        var names: Set<String> = []
        for (index, element) in elements.enumerated() {
            let path = choice.path.appending(key: "tools").appending(index: index)
            var tool = try FieldReader.object(element, path: path)
            guard let type = try tool.string("type") else { throw tool.missing("type") }
            guard type == "function" else {
                throw tool.unsupported(
                    "type", "'\(tool.path(of: "type"))' must be \"function\", not \"\(type.prefix(40))\".")
            }
            names.formUnion(try single(&tool, form))
            choice.take(tool)
        }
        return ToolChoice(use: mode == "auto" ? .automatic : .required, names: names)
    }

    private static func single(_ tool: inout FieldReader, _ form: Form) throws(APIError) -> Set<String> {
        guard form == .nested else { return try single(&tool).names ?? [] }
        guard var function = try tool.reader("function") else { throw tool.missing("function") }
        let names = try single(&function).names ?? []
        tool.take(function)
        return names
    }
}
