internal import JSON
internal import Serving

/// What a request says about thinking, in whichever dialect.
struct ReasoningFields {
    /// Whether to think; nil where nothing was said.
    var thinking: Bool?
    /// All of `chat_template_kwargs` but the switch.
    var templateVariables: JSONObject = [:]
}

/// Reads the switches for thinking. The first of these that is given wins: `chat_template_kwargs.enable_thinking`,
/// `enable_thinking`, `thinking.type` or `think`, `reasoning.enabled`, `reasoning_effort` or `reasoning.effort`.
enum ReasoningDialects {
    static func fields(
        from root: inout FieldReader, warnings: inout [RequestWarning]
    ) throws(APIError) -> ReasoningFields {
        var fields = ReasoningFields()
        let fromVariables = try templateVariables(from: &root, into: &fields)
        let direct = try root.bool("enable_thinking")
        let anthropic = try anthropicSwitch(from: &root, warnings: &warnings)
        let ollama = try ollamaSwitch(from: &root)
        let router = try routerSwitch(from: &root, warnings: &warnings)
        let effort = try effort("reasoning_effort", from: &root, warnings: &warnings)
        fields.thinking = fromVariables ?? direct ?? anthropic ?? ollama ?? router ?? effort
        return fields
    }

    private static func templateVariables(
        from root: inout FieldReader, into fields: inout ReasoningFields
    ) throws(APIError) -> Bool? {
        guard var variables = try root.reader("chat_template_kwargs") else { return nil }
        for reserved in ["messages", "tools", "add_generation_prompt"] where variables.object.contains(key: reserved) {
            throw variables.invalid(
                reserved, "'\(variables.path(of: reserved))' can't be set here; it has a field of its own.")
        }
        let thinking = try variables.bool("enable_thinking")
        fields.templateVariables = variables.object
        fields.templateVariables["enable_thinking"] = nil
        return thinking
    }

    /// `thinking: {"type": "enabled" | "disabled"}`, as Anthropic's API has it.
    private static func anthropicSwitch(
        from root: inout FieldReader, warnings: inout [RequestWarning]
    ) throws(APIError) -> Bool? {
        guard var thinking = try root.reader("thinking") else { return nil }
        if try thinking.integer("budget_tokens") != nil {
            warnings.append(noBudget("thinking.budget_tokens"))
        }
        guard let type = try thinking.string("type") else { throw thinking.missing("type") }
        switch type {
        case "enabled", "adaptive": return true
        case "disabled": return false
        default:
            throw thinking.invalid(
                "type", "'thinking.type' must be \"enabled\" or \"disabled\", not \"\(type.prefix(40))\".")
        }
    }

    /// `think`, a boolean or a level, as Ollama has it.
    private static func ollamaSwitch(from root: inout FieldReader) throws(APIError) -> Bool? {
        switch root.value("think") {
        case nil: return nil
        case .bool(let flag): return flag
        case .string("none"): return false
        case .string("low"), .string("medium"), .string("high"), .string("max"): return true
        case .some(let other):
            throw root.wrongType("think", expected: "a boolean or one of none, low, medium, high and max", other)
        }
    }

    /// `reasoning: {"enabled": …, "effort": …}`, as OpenRouter has it.
    private static func routerSwitch(
        from root: inout FieldReader, warnings: inout [RequestWarning]
    ) throws(APIError) -> Bool? {
        guard var reasoning = try root.reader("reasoning") else { return nil }
        let enabled = try reasoning.bool("enabled")
        let effort = try effort("effort", from: &reasoning, warnings: &warnings)
        for key in reasoning.unreadKeys {
            warnings.append(
                RequestWarning(parameter: reasoning.path(of: key), message: "Not supported yet; it has no effect."))
        }
        return enabled ?? effort
    }

    /// Qwen3 knows no levels: `none` switches thinking off, every other level on.
    private static func effort(
        _ key: String, from reader: inout FieldReader, warnings: inout [RequestWarning]
    ) throws(APIError) -> Bool? {
        guard let effort = try reader.string(key) else { return nil }
        guard effort != "none" else { return false }
        guard ["minimal", "low", "medium", "high", "xhigh", "max"].contains(effort) else {
            throw reader.invalid(
                key,
                "'\(reader.path(of: key))' must be one of none, minimal, low, medium, high, xhigh and max, "
                    + "not '\(effort.prefix(40))'.")
        }
        warnings.append(
            RequestWarning(
                parameter: reader.path(of: key),
                message: "The level '\(effort)' switches thinking on, but does not bound its length yet."))
        return true
    }

    private static func noBudget(_ parameter: String) -> RequestWarning {
        RequestWarning(parameter: parameter, message: "Thinking budgets are not supported yet; it has no effect.")
    }
}
