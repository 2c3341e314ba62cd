public import JSON

/// A conversation, and how the template is to render it.
public struct ChatPromptRequest: Equatable, Sendable {
    public var messages: [ChatMessage]
    public var tools: [ToolDefinition]
    /// The template's `enable_thinking`; nil leaves it undefined, which means on to Qwen3.
    public var thinking: Bool?
    /// Whether the prompt ends with the opening of an assistant turn.
    public var addsGenerationPrompt: Bool
    /// Whether the prompt ends with the last message left open, so that the reply goes on with it.
    public var continuesFinalMessage: Bool
    /// Further variables for the template; they cannot replace those that this request sets.
    public var variables: JSONObject
    /// Whether reasoning of earlier turns is rendered too, where the template would leave it out.
    public var keepsEarlierReasoning: Bool

    /// A request.
    public init(
        messages: [ChatMessage], tools: [ToolDefinition] = [], thinking: Bool? = nil,
        addsGenerationPrompt: Bool = true, continuesFinalMessage: Bool = false, variables: JSONObject = [:],
        keepsEarlierReasoning: Bool = false
    ) {
        self.messages = messages
        self.tools = tools
        self.thinking = thinking
        self.addsGenerationPrompt = addsGenerationPrompt
        self.continuesFinalMessage = continuesFinalMessage
        self.variables = variables
        self.keepsEarlierReasoning = keepsEarlierReasoning
    }
}
