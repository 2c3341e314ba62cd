internal import Tokenization
internal import Tokens

/// What may end a think block, by the room that there is for it; each holds the closing tag.
struct StopPhrases: Sendable {
    /// What the model seems to say.
    var full: [TokenID]
    /// The tag with the line breaks that stand around it behind thoughts.
    let brief: [TokenID]
    /// The same right behind the opening tag: the block that Qwen3's template writes where the model is not to think.
    let empty: [TokenID]
    private let tag: TokenID?

    init(message: String, tokenizer: Tokenizer) {
        full = Self.tokens(message, tokenizer)
        brief = Self.tokens("", tokenizer)
        empty = Self.tokens("\n", tokenizer)
        tag = tokenizer.token("</think>")
    }

    /// The same with other words.
    func saying(_ message: String, tokenizer: Tokenizer) -> StopPhrases {
        var phrases = self
        phrases.full = Self.tokens(message, tokenizer)
        return phrases
    }

    /// The brief one without line breaks for which there is no room, those before the tag first.
    func trimmed(to count: Int) -> [TokenID] {
        let excess = max(0, brief.count - count)
        let before = brief.firstIndex { $0 == tag } ?? 0
        let behind = max(0, brief.count - before - 1)
        return Array(brief.dropFirst(min(excess, before)).dropLast(min(max(0, excess - before), behind)))
    }

    /// Only the tag is more than text.
    private static func tokens(_ message: String, _ tokenizer: Tokenizer) -> [TokenID] {
        tokenizer.encode([
            TextSpan(message + "\n", addedTokens: .none), TextSpan("</think>", addedTokens: .all),
            TextSpan("\n\n", addedTokens: .none),
        ])
    }
}
