public import Tokens

/// A model's structural ids: nil where its vocabulary has no such token.
public struct OutputGrammarTokens: Hashable, Sendable {
    public var thinkOpen: TokenID?
    public var thinkClose: TokenID?
    public var toolCallOpen: TokenID?
    public var toolCallClose: TokenID?
    /// Each of these ends the model's turn.
    public var ends: Set<TokenID>

    public init(
        thinkOpen: TokenID? = nil, thinkClose: TokenID? = nil, toolCallOpen: TokenID? = nil,
        toolCallClose: TokenID? = nil, ends: Set<TokenID> = []
    ) {
        self.thinkOpen = thinkOpen
        self.thinkClose = thinkClose
        self.toolCallOpen = toolCallOpen
        self.toolCallClose = toolCallClose
        self.ends = ends
    }
}
