public import Chat
public import JSON

/// A conversation to be continued, in no dialect. Unchecked.
public struct ChatRequest: Sendable {
    /// The model by name, or nil for the server's only one.
    public var model: String?
    public var messages: [ChatMessage]
    /// The source of a template that takes the place of the model's own.
    public var chatTemplate: String?
    public var tools: [ToolDefinition]
    public var toolUse: ToolUse
    /// Whether tools that cannot be called are left out of the prompt.
    public var omitsForbiddenTools: Bool
    /// The names of the tools that may be called; nil for all of them.
    public var callableTools: Set<String>?
    /// Whether the model may call several tools in one reply.
    public var allowsParallelToolCalls: Bool
    /// Whether the tag of a tool call ends thinking; otherwise it is text there.
    public var endsThinkingAtToolCall: Bool
    /// Whether the model thinks before it answers; nil leaves it to the model's default, which is on.
    public var thinking: Bool?
    /// The most tokens of reasoning before it is brought to an end; nil sets no limit.
    public var thinkingBudget: Int?
    /// What the model seems to say when its thinking is brought to an end; Qwen3's official words when nil.
    public var thinkingStopMessage: String?
    /// Tokens of the reply that thinking may not use up; 0 lets it. A quarter of the reply, 256 at most, when nil.
    public var minimumAnswerTokens: Int?
    /// Milliseconds of thinking before it is brought to an end; nil sets no limit.
    public var thinkingTime: Int?
    /// How reasoning is handed out.
    public var reasoningDelivery: ReasoningDelivery
    /// Further variables for the chat template.
    public var templateVariables: JSONObject
    /// Whether the prompt has the reasoning of earlier turns too, which Qwen3's template leaves out.
    public var keepsEarlierReasoning: Bool
    /// Whether reasoning that the client left out of earlier replies is put back, and that of this one kept for it; where the
    /// server remembers any when nil.
    public var restoresReasoning: Bool?
    /// Whose request it is: what the server remembers of it is for nobody else. All who have no name share one.
    public var owner: [UInt8]?
    /// Whether the prompt ends with the opening of an assistant turn; on when nil, unless the last message goes on.
    public var addsGenerationPrompt: Bool?
    /// Whether the reply goes on where the last message, the assistant's, ends.
    public var continuesFinalMessage: Bool
    public var options: GenerationOptions

    public init(
        model: String? = nil, messages: [ChatMessage], chatTemplate: String? = nil, tools: [ToolDefinition] = [],
        toolUse: ToolUse = .automatic,
        omitsForbiddenTools: Bool = false, callableTools: Set<String>? = nil, allowsParallelToolCalls: Bool = true,
        endsThinkingAtToolCall: Bool = false, thinking: Bool? = nil,
        thinkingBudget: Int? = nil,
        thinkingStopMessage: String? = nil, minimumAnswerTokens: Int? = nil, thinkingTime: Int? = nil,
        reasoningDelivery: ReasoningDelivery = .apart, templateVariables: JSONObject = [:],
        keepsEarlierReasoning: Bool = false, restoresReasoning: Bool? = nil, owner: [UInt8]? = nil,
        addsGenerationPrompt: Bool? = nil, continuesFinalMessage: Bool = false,
        options: GenerationOptions = GenerationOptions()
    ) {
        self.model = model
        self.messages = messages
        self.chatTemplate = chatTemplate
        self.tools = tools
        self.toolUse = toolUse
        self.omitsForbiddenTools = omitsForbiddenTools
        self.callableTools = callableTools
        self.allowsParallelToolCalls = allowsParallelToolCalls
        self.endsThinkingAtToolCall = endsThinkingAtToolCall
        self.thinking = thinking
        self.thinkingBudget = thinkingBudget
        self.thinkingStopMessage = thinkingStopMessage
        self.minimumAnswerTokens = minimumAnswerTokens
        self.thinkingTime = thinkingTime
        self.reasoningDelivery = reasoningDelivery
        self.templateVariables = templateVariables
        self.keepsEarlierReasoning = keepsEarlierReasoning
        self.restoresReasoning = restoresReasoning
        self.owner = owner
        self.addsGenerationPrompt = addsGenerationPrompt
        self.continuesFinalMessage = continuesFinalMessage
        self.options = options
    }
}

/// Whether a reply may call the tools it was told of.
public enum ToolUse: Sendable, Hashable {
    /// The model decides.
    case automatic
    /// The answer is calls and nothing else.
    case required
    /// None can be called. They stay in the prompt, so that its cached prefix serves again, unless they are to be omitted.
    case forbidden
}
