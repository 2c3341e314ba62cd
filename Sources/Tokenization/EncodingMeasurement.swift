/// How fast a text was encoded on one thread: what a benchmark prints.
public struct EncodingMeasurement: Sendable {
    public let byteCount: Int
    public let tokenCount: Int
    /// Of the fastest round.
    public let duration: Duration

    /// Bytes of text a second, in millions.
    public var megabytesPerSecond: Double {
        duration > .zero ? Double(byteCount) / 1e6 / (duration / .seconds(1)) : 0
    }
}

extension Tokenizer {
    /// Encodes the text `rounds` times on the calling thread and keeps the fastest.
    public func measureEncoding(of text: String, rounds: Int = 5) -> EncodingMeasurement {
        let clock = ContinuousClock()
        var text = text
        text.makeContiguousUTF8()
        var tokenCount = 0
        var fastest: Duration?
        for _ in 0..<max(rounds, 1) {
            let duration = clock.measure { tokenCount = encode(text).count }
            fastest = min(fastest ?? duration, duration)
        }
        return EncodingMeasurement(
            byteCount: text.utf8.count, tokenCount: tokenCount, duration: fastest ?? .zero)
    }
}
