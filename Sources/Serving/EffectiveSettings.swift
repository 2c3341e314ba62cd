public import Chat
public import Sampling

/// What a chat request comes to once every gap is filled and every conflict settled.
public struct EffectiveSettings: Sendable {
    /// Whether the chat template was told to let the model think.
    public var thinks: Bool
    /// The most tokens of reasoning; nil sets no limit.
    public var thinkingBudget: Int?
    /// Whether that is what the answer's reserve leaves, rather than a budget that was asked for.
    public var isBudgetFromReserve: Bool
    /// The most tokens of the reply.
    public var maximumTokens: Int
    public var sampling: SamplingParameters
    public var stops: StopConditions
}

/// What a chat request would be answered with, without answering it.
public struct ChatPreview: Sendable {
    public var model: ServedModel
    public var prompt: Prompt
    public var settings: EffectiveSettings
    public var warnings: [ServingWarning]
}
