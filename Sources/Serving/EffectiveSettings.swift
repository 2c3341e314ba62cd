public import Chat
public import Sampling

/// What a chat request comes to once every gap is filled and every conflict settled.
public struct EffectiveSettings: Sendable {
    /// Whether the model thinks: as the chat template was told to, or as the template has it.
    public var thinks: Bool
    /// Whether the template leaves no choice: it always opens a think block, or knows none.
    public var isThinkingTheModels: Bool
    /// The most tokens of reasoning; nil sets no limit.
    public var thinkingBudget: Int?
    /// Whether any budget was asked for.
    public var isBudgetAskedFor: Bool
    /// Whether that is what the answer's reserve leaves, rather than a budget that was asked for.
    public var isBudgetFromReserve: Bool
    /// The most tokens of the reply.
    public var maximumTokens: Int
    public var sampling: SamplingParameters
    public var stops: StopConditions
    /// Whether the prompt has the reasoning of earlier turns too.
    public var keepsEarlierReasoning: Bool
    /// How many messages got back the reasoning that the client had left out.
    public var restoredReasoningCount: Int
    /// Which calls the reply may make.
    public var tools: ToolMode
    /// How far YaRN stretches this request's positions; 1 where it does not.
    public var yarnFactor: Double
    /// Whether the reply comes after those that somebody waits for.
    public var isBatch: Bool
}

/// Which calls a reply may make.
public enum ToolMode: Sendable, Hashable {
    /// None: the request has no tools, or forbids them.
    case none
    /// The model decides whether it calls any of these tools.
    case automatic([String])
    /// It has to call some of these tools.
    case required([String])

    /// The mode of a request with these callable tools.
    init(_ names: [String], areDemanded: Bool) {
        self = names.isEmpty ? .none : areDemanded ? .required(names) : .automatic(names)
    }
}

/// The prompt of a chat request, and what its chat template and tools come to.
public struct ChatRendering: Sendable {
    public var prompt: Prompt
    public var tools: ToolMode
    public var warnings: [ServingWarning]
}

/// What a chat request would be answered with, without answering it.
public struct ChatPreview: Sendable {
    public var model: ServedModel
    public var prompt: Prompt
    public var settings: EffectiveSettings
    public var warnings: [ServingWarning]
}
