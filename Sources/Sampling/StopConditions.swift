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

    public init(
        tokenIDs: Set<TokenID> = [], strings: [String] = [], includesStopText: Bool = false,
        scope: OutputScope = .content
    ) {
        self.tokenIDs = tokenIDs
        self.strings = strings
        self.includesStopText = includesStopText
        self.scope = scope
    }

    /// Whether text of the phase may end the generation.
    public func listens(to phase: OutputPhase) -> Bool {
        phase != .toolCall && scope.covers(phase)
    }
}
