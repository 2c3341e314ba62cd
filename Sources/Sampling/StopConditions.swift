public import Tokens

/// What ends a generation besides the model's own end tokens and the token limit.
public struct StopConditions: Hashable, Sendable {
    /// Each of these tokens ends the generation, in every phase.
    public var tokenIDs: Set<TokenID>
    /// Each of these texts ends the generation where it listens; empty ones never do.
    public var strings: [String]
    /// The stop text or stop token stays in the output; otherwise the output ends before it.
    public var includesStopText: Bool
    /// Where the strings listen. Tool calls are never listened to.
    public var scope: OutputScope
    /// Whether the strings are deaf to line feeds before the first text of reasoning or content, which clients never see.
    public var skipsLeadingLineFeeds: Bool

    public init(
        tokenIDs: Set<TokenID> = [], strings: [String] = [], includesStopText: Bool = false,
        scope: OutputScope = .content, skipsLeadingLineFeeds: Bool = false
    ) {
        self.tokenIDs = tokenIDs
        self.strings = strings
        self.includesStopText = includesStopText
        self.scope = scope
        self.skipsLeadingLineFeeds = skipsLeadingLineFeeds
    }

    /// Whether text of the phase may end the generation.
    public func listens(to phase: OutputPhase) -> Bool {
        phase != .toolCall && scope.covers(phase)
    }
}
