internal import Sampling
internal import Tokenization

/// Turns the tokens of a raw completion into text: whole scalars only, nothing of a stop string, no special tokens.
///
/// The concatenated text does not depend on how the tokens are cut into calls.
struct CompletionTextDecoder {
    private var matcher: StopStringMatcher
    private let includesStopText: Bool
    private var detokenizer = IncrementalDetokenizer()
    /// Bytes that may be the beginning of a stop string.
    private var held: [UInt8] = []
    private var hasStopped = false

    init(stops: StopConditions) {
        matcher = StopStringMatcher(stops.listens(to: .content) ? stops.strings : [])
        includesStopText = stops.includesStopText
    }

    /// The text that these bytes settle.
    mutating func consume(_ bytes: [UInt8]) -> String {
        guard !hasStopped else { return "" }
        let heldStart = matcher.consumedByteCount - held.count
        held += bytes
        if let match = matcher.consume(bytes) {
            hasStopped = true
            let end = (includesStopText ? match.endOffset : match.startOffset) - heldStart
            let text = detokenizer.consume(held.prefix(max(0, end)))
            held = []
            return text
        }
        let settledCount = held.count - min(matcher.heldByteCount, held.count)
        let text = detokenizer.consume(held.prefix(settledCount))
        held.removeFirst(settledCount)
        return text
    }

    /// What is left when nothing more will come.
    mutating func finish() -> String {
        let text = detokenizer.consume(held)
        held = []
        return text + detokenizer.finish()
    }
}
