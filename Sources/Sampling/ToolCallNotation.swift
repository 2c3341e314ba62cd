/// How a model writes a call between its tags.
public enum ToolCallNotation: Hashable, Sendable {
    /// A JSON object with `name` and `arguments`, as Hermes and Qwen3 have it.
    case json
    /// An element `<function=…>` that holds elements `<parameter=…>`, as Qwen3-Coder has it.
    case elements
}

/// How the value of a parameter stands in its element.
public enum ParameterSpelling: Hashable, Sendable {
    /// A string, without quotes and escapes.
    case text
    /// A string in the same way, or `null`.
    case textOrNull
    /// JSON text.
    case json
}

/// How the parameters of tools are spelled, by the tools' and their own names.
public typealias ParameterSpellings = [String: [String: ParameterSpelling]]
