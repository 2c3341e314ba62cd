internal import APIDoors
internal import JSON
internal import Serving

/// What a request says about thinking, in whichever dialect.
struct ReasoningFields {
    /// Whether to think; nil where nothing was said.
    var thinking: Bool?
    /// The most tokens of reasoning; nil sets no limit.
    var budget: Int?
    /// The fields that thinking and the budget come from.
    var sources = ReasoningSources()
    /// Milliseconds of thinking before it is brought to an end.
    var time: Int?
    /// Whether reasoning is to be left out of the reply.
    var isExcluded = false
    /// What the model seems to say when its budget is spent; nil for Qwen3's official words.
    var stopMessage: String?
    /// Tokens that thinking leaves to the answer.
    var minimumAnswerTokens: Int?
    /// All of `chat_template_kwargs` but the switch.
    var templateVariables: JSONObject = [:]
    /// Whether reasoning of earlier turns stays in the prompt.
    var keepsEarlierReasoning = false
    /// Whether reasoning that messages lack is put back; nil where the request does not say.
    var restoresReasoning: Bool?
}

/// Reads the switches for thinking and the budgets.
///
/// The first of these switches that is given wins: `chat_template_kwargs.enable_thinking`, `enable_thinking`,
/// `thinking.type`, `think`, `reasoning.enabled`, `reasoning_effort`, `reasoning.effort`. Of all budgets the smallest
/// holds. What loses to another field is named in a warning.
enum ReasoningDialects {
    static func fields(
        from root: inout FieldReader, budgets table: ThinkingBudgets, warnings: inout [RequestWarning]
    ) throws(APIError) -> ReasoningFields {
        var fields = ReasoningFields()
        var switches: [Switch] = []
        var budgets: [Budget] = []
        try readTemplateVariables(from: &root, into: &fields, &switches)
        if let isOn = try root.bool("enable_thinking") {
            switches.append(Switch(name: "enable_thinking", isOn: isOn))
        }
        try readAnthropic(from: &root, &switches, &budgets, warnings: &warnings)
        readLevel("think", try root.think("think"), in: root, table, &switches, &budgets)
        try readRouter(from: &root, table, into: &fields, &switches, &budgets, warnings: &warnings)
        for name in budgetNames {
            try readBudget(name, from: &root, &budgets)
        }
        if var custom = try root.reader("custom_params") {
            try readBudget("thinking_budget", from: &custom, &budgets)
            warnings.warnOfUnknown(custom)
        }
        fields.keepsEarlierReasoning = try root.bool("preserve_thinking") ?? fields.keepsEarlierReasoning
        fields.restoresReasoning = try root.bool("restore_reasoning")
        fields.thinking = settle(switches, warnings: &warnings)
        fields.sources.thinking = switches.first?.name
        fields.time = try root.integer("thinking_time_ms")
        if fields.thinking == false, fields.time != nil {
            warnings.append(
                RequestWarning(parameter: "thinking_time_ms", message: "Thinking is off; it has no effect."))
        }
        settle(budgets, into: &fields, warnings: &warnings)
        fields.stopMessage = try root.string("reasoning_budget_message")
        fields.minimumAnswerTokens = try root.integer("min_answer_tokens")
        return fields
    }

    /// A field that switches thinking on or off.
    private struct Switch {
        var name: String
        var isOn: Bool
    }

    /// A field that bounds thinking; -1 sets no bound, as llama-server has it.
    private struct Budget {
        var name: String
        var tokenCount: Int
        /// Whether it came with a level, which is a switch as well.
        var isLevel = false
    }

    private static func readBudget(
        _ name: String, from reader: inout FieldReader, _ budgets: inout [Budget]
    ) throws(APIError) {
        guard let budget = try reader.integer(name) else { return }
        budgets.append(Budget(name: reader.path(of: name), tokenCount: budget))
    }

    /// The budget by the names of Model Studio, vLLM and llama-server.
    private static let budgetNames = [
        "thinking_budget", "thinking_token_budget", "thinking_budget_tokens", "reasoning_budget_tokens",
    ]

    private static func readTemplateVariables(
        from root: inout FieldReader, into fields: inout ReasoningFields, _ switches: inout [Switch]
    ) throws(APIError) {
        guard var variables = try root.reader("chat_template_kwargs") else { return }
        for reserved in ["messages", "tools", "add_generation_prompt"] where variables.object.contains(key: reserved) {
            throw variables.invalid(
                reserved, "'\(variables.path(of: reserved))' can't be set here; it has a field of its own.")
        }
        if let isOn = try variables.bool("enable_thinking") {
            switches.append(Switch(name: variables.path(of: "enable_thinking"), isOn: isOn))
        }
        fields.keepsEarlierReasoning = try variables.bool("preserve_thinking") ?? false
        fields.templateVariables = variables.object
        fields.templateVariables["enable_thinking"] = nil
    }

    /// `thinking: {"type": "enabled" | "disabled", "budget_tokens": …}`, as Anthropic's API has it.
    private static func readAnthropic(
        from root: inout FieldReader, _ switches: inout [Switch], _ budgets: inout [Budget],
        warnings: inout [RequestWarning]
    ) throws(APIError) {
        guard var thinking = try root.reader("thinking") else { return }
        try readBudget("budget_tokens", from: &thinking, &budgets)
        guard let type = try thinking.string("type") else { throw thinking.missing("type") }
        guard ["enabled", "adaptive", "disabled"].contains(type) else {
            throw thinking.invalid(
                "type",
                "'thinking.type' must be \"enabled\", \"adaptive\" or \"disabled\", not \"\(type.prefix(40))\".")
        }
        switches.append(Switch(name: thinking.path(of: "type"), isOn: type != "disabled"))
        warnings.warnOfUnknown(thinking)
    }

    /// `reasoning: {"enabled": …, "effort": …, "max_tokens": …}`, as OpenRouter has it, and OpenAI's `reasoning_effort`.
    private static func readRouter(
        from root: inout FieldReader, _ table: ThinkingBudgets, into fields: inout ReasoningFields,
        _ switches: inout [Switch],
        _ budgets: inout [Budget], warnings: inout [RequestWarning]
    ) throws(APIError) {
        var reasoning = try root.reader("reasoning")
        if let isOn = try reasoning?.bool("enabled"), let name = reasoning?.path(of: "enabled") {
            switches.append(Switch(name: name, isOn: isOn))
        }
        readLevel("reasoning_effort", try root.thinkingLevel("reasoning_effort"), in: root, table, &switches, &budgets)
        guard var reasoning else { return }
        readLevel("effort", try reasoning.thinkingLevel("effort"), in: reasoning, table, &switches, &budgets)
        try readBudget("max_tokens", from: &reasoning, &budgets)
        fields.isExcluded = try reasoning.bool("exclude") ?? false
        for key in reasoning.unreadKeys {
            warnings.append(
                RequestWarning(parameter: reasoning.path(of: key), message: "Not supported yet; it has no effect."))
        }
    }

    /// A level is a switch, and a budget where it bounds anything.
    private static func readLevel(
        _ key: String, _ level: ThinkingLevel?, in reader: FieldReader, _ table: ThinkingBudgets,
        _ switches: inout [Switch], _ budgets: inout [Budget]
    ) {
        guard let level else { return }
        let name = reader.path(of: key)
        switches.append(Switch(name: name, isOn: level.thinks))
        if let budget = table[level] {
            budgets.append(Budget(name: name, tokenCount: budget, isLevel: true))
        }
    }

    private static func settle(_ switches: [Switch], warnings: inout [RequestWarning]) -> Bool? {
        guard let first = switches.first else { return nil }
        for other in switches where other.isOn != first.isOn {
            warnings.append(
                RequestWarning(
                    parameter: other.name,
                    message: "'\(first.name)' switches thinking \(first.isOn ? "on" : "off") and goes before it."))
        }
        return first.isOn
    }

    private static func settle(
        _ budgets: [Budget], into fields: inout ReasoningFields, warnings: inout [RequestWarning]
    ) {
        let bounds = budgets.filter { $0.tokenCount != -1 }
        guard let smallest = bounds.min(by: { $0.tokenCount < $1.tokenCount }) else { return }
        if fields.thinking == false {
            for budget in budgets where !budget.isLevel {
                warnings.append(RequestWarning(parameter: budget.name, message: "Thinking is off; it has no effect."))
            }
            return
        }
        for other in budgets where other.tokenCount != smallest.tokenCount {
            warnings.append(
                RequestWarning(
                    parameter: other.name,
                    message: "'\(smallest.name)' sets the smaller budget of \(smallest.tokenCount) tokens."))
        }
        fields.budget = smallest.tokenCount
        fields.sources.budget = smallest.name
    }
}
