public import Sampling
internal import Tokenization

/// A generated token that text was sent for.
public struct SentToken: Sendable, Hashable {
    public var token: SampledToken
    /// Where its text begins, in Unicode scalars of the text so far.
    public var textOffset: Int

    public init(token: SampledToken, textOffset: Int) {
        self.token = token
        self.textOffset = textOffset
    }
}

/// Matches generated tokens with the text that was sent, so that each piece of text carries exactly its own tokens.
///
/// Text may be held back, trimmed at its start or cut at its end on its way out. A token counts as sent as soon as the
/// first byte of its text is, and not at all if none ever is.
struct TokenTextLedger {
    private struct Entry {
        var token: SentToken
        /// Where the token's text begins, in bytes of the text decoded so far.
        var start: Int
    }

    private var detokenizer = IncrementalDetokenizer()
    private var pending: [Entry] = []
    private var decodedByteCount = 0
    private var decodedScalarCount = 0
    private var sentByteCount = 0
    /// Line breaks that the decoded text begins with.
    private var leadingBreakCount = 0
    private var isLeading = true
    private var hasSent = false

    /// A ledger whose first token's text begins at `offset`.
    init(offset: Int = 0) {
        decodedScalarCount = offset
    }

    /// A token was generated.
    mutating func append(_ token: SampledToken, bytes: [UInt8]) {
        pending.append(
            Entry(token: SentToken(token: token, textOffset: decodedScalarCount), start: decodedByteCount))
        let text = detokenizer.consume(bytes)
        decodedByteCount += text.utf8.count
        decodedScalarCount += text.unicodeScalars.count
        countLeadingBreaks(text)
    }

    /// Text was sent: the tokens that it is made of and that were not handed out yet.
    mutating func send(_ text: String) -> [SentToken] {
        guard !text.isEmpty else { return [] }
        if !hasSent {
            hasSent = true
            dropTrimmed(leadingBreakCount - text.utf8.prefix { $0 == UInt8(ascii: "\n") }.count)
        }
        sentByteCount += text.utf8.count
        return take(pending.prefix { $0.start < sentByteCount }.count)
    }

    /// All tokens that were not handed out yet, those without text too.
    mutating func takeRest() -> [SentToken] {
        take(pending.count)
    }

    /// A new stretch of text begins; what was not sent of the old one never will be.
    mutating func beginStretch() {
        self = TokenTextLedger(offset: decodedScalarCount)
    }

    private mutating func take(_ count: Int) -> [SentToken] {
        defer { pending.removeFirst(count) }
        return pending.prefix(count).map(\.token)
    }

    private mutating func countLeadingBreaks(_ text: String) {
        guard isLeading else { return }
        let count = text.utf8.prefix { $0 == UInt8(ascii: "\n") }.count
        leadingBreakCount += count
        isLeading = count == text.utf8.count
    }

    /// Forgets the tokens of which nothing but trimmed line breaks came.
    private mutating func dropTrimmed(_ trimmedByteCount: Int) {
        guard trimmedByteCount > 0 else { return }
        sentByteCount = trimmedByteCount
        while let next = pending.dropFirst().first, next.start <= trimmedByteCount {
            pending.removeFirst()
        }
    }
}
