internal import Sampling
internal import Tokenization

/// One kind of output text, from bytes to what a client is sent: reasoning, or content.
///
/// Holds back only what later bytes may still change: the beginning of a stop string, half a scalar, and line breaks that
/// may turn out to be the last. Line feeds at either end are dropped, as the model's authors do; the last ones stay where an answer
/// is held to a form, of which they may be part.
struct OutputText: Sendable {
    private var matcher: StopStringMatcher
    private let includesStopText: Bool
    private var detokenizer = IncrementalDetokenizer()
    // The bytes that may begin a stop string.
    private var held: [UInt8] = []
    private var newlineCount = 0
    private var dropsNewlines: Bool
    private let keepsLastNewlines: Bool
    /// Whether no stop string listens to what comes next, should it be line feeds.
    private var isDeafToNewlines: Bool
    /// Whether a stop string was met: nothing more will come.
    private(set) var isStopped = false

    /// Text without stop strings listens to none. Where it continues earlier text, line feeds at its start count.
    init(
        stopStrings: [String], includesStopText: Bool, skipsLeadingLineFeeds: Bool = false, continuesText: Bool,
        keepsLastNewlines: Bool = false
    ) {
        isDeafToNewlines = skipsLeadingLineFeeds
        matcher = StopStringMatcher(stopStrings)
        self.includesStopText = includesStopText
        dropsNewlines = !continuesText
        self.keepsLastNewlines = keepsLastNewlines
    }

    /// The text that is settled after these bytes.
    mutating func consume(_ bytes: [UInt8]) -> String {
        guard !isStopped else { return "" }
        guard isDeafToNewlines else { return consumeHeard(bytes) }
        let first = bytes.firstIndex { $0 != UInt8(ascii: "\n") } ?? bytes.endIndex
        isDeafToNewlines = first == bytes.endIndex
        let unheard = trimmed(String(repeating: "\n", count: first))
        return isDeafToNewlines ? unheard : unheard + consumeHeard(Array(bytes[first...]))
    }

    private mutating func consumeHeard(_ bytes: [UInt8]) -> String {
        let start = matcher.consumedByteCount - held.count
        held.append(contentsOf: bytes)
        let settled: Int
        if let match = matcher.consume(bytes) {
            isStopped = true
            settled = max(0, (includesStopText ? match.endOffset : match.startOffset) - start)
            held.removeSubrange(settled...)
        } else {
            settled = held.count - matcher.heldByteCount
        }
        let text = detokenizer.consume(held[..<settled])
        held.removeSubrange(..<settled)
        return trimmed(isStopped ? text + detokenizer.finish() : text)
    }

    /// What is held back but for line breaks, when output of another kind comes between.
    mutating func interrupt() -> String {
        let text = detokenizer.consume(held) + detokenizer.finish()
        held.removeAll()
        matcher.reset()
        return trimmed(text)
    }

    /// Text that no stop string listens to.
    mutating func consumeUnheard(_ bytes: [UInt8]) -> String {
        interrupt() + trimmed(String(decoding: bytes, as: UTF8.self))
    }

    /// Keeps back line feeds until other text follows, and drops those before the first text.
    private mutating func trimmed(_ text: String) -> String {
        if keepsLastNewlines, !dropsNewlines { return text }
        let core = text.trimmingNewlines(atStart: false)
        let last = text.utf8.count - core.utf8.count
        guard !core.isEmpty else {
            newlineCount += last
            return ""
        }
        let result =
            dropsNewlines ? core.trimmingNewlines(atEnd: false) : String(repeating: "\n", count: newlineCount) + core
        dropsNewlines = false
        if keepsLastNewlines { return result + String(repeating: "\n", count: last) }
        newlineCount = last
        return result
    }
}
