/// Looks for stop strings in a stream of bytes, in time and memory that do not grow with the stream.
///
/// All strings are followed at once, byte by byte (Knuth, Morris and Pratt), so what is found does not depend on how the
/// stream is cut: the match that ends first; of those that end together, the longest. The same value stops the engine and
/// tells `Chat` which bytes it must still hold back.
public struct StopStringMatcher: Hashable, Sendable {
    /// A stop string that was found.
    public struct Match: Hashable, Sendable {
        /// Which of the strings.
        public var index: Int
        /// Bytes of the stop string.
        public var length: Int
        /// Bytes of the whole stream, since the last reset, up to and including the stop string.
        public var endOffset: Int

        public init(index: Int, length: Int, endOffset: Int) {
            self.index = index
            self.length = length
            self.endOffset = endOffset
        }

        /// Bytes of the stream before the stop string.
        public var startOffset: Int { endOffset - length }
    }

    /// One string in the flat tables.
    private struct Pattern: Hashable {
        var index: Int
        var start: Int
        var length: Int
        /// Bytes of the string that the stream's end matches.
        var matched: Int
    }

    private var patterns: [Pattern] = []
    private var patternBytes: [UInt8] = []
    /// Per pattern byte: how much of the pattern still matches when the next byte does not.
    private var fallbacks: [Int] = []

    /// Bytes consumed since the last reset.
    public private(set) var consumedByteCount = 0

    public init(_ strings: [String]) {
        for (index, string) in strings.enumerated() where !string.isEmpty {
            append(Array(string.utf8), index: index)
        }
    }

    /// Whether there is nothing to look for.
    public var isEmpty: Bool { patterns.isEmpty }

    /// How many of the last bytes may be the beginning of a stop string, and so must not be shown yet.
    public var heldByteCount: Int {
        var held = 0
        for pattern in patterns {
            held = max(held, pattern.matched)
        }
        return held
    }

    /// Forgets what was consumed: the stream begins anew.
    public mutating func reset() {
        consumedByteCount = 0
        for index in patterns.indices {
            patterns[index].matched = 0
        }
    }

    /// Reads on until the first match; the bytes behind a match are not consumed.
    public mutating func consume(_ bytes: some Sequence<UInt8>) -> Match? {
        if patterns.isEmpty {
            return nil
        }
        for byte in bytes {
            consumedByteCount += 1
            if let match = advance(byte) {
                return match
            }
        }
        return nil
    }

    private mutating func append(_ bytes: [UInt8], index: Int) {
        let start = patternBytes.count
        patterns.append(Pattern(index: index, start: start, length: bytes.count, matched: 0))
        patternBytes += bytes
        fallbacks.append(0)
        var matched = 0
        for byte in bytes.dropFirst() {
            while matched > 0 && byte != bytes[matched] {
                matched = fallbacks[start + matched - 1]
            }
            if byte == bytes[matched] {
                matched += 1
            }
            fallbacks.append(matched)
        }
    }

    private mutating func advance(_ byte: UInt8) -> Match? {
        var longest: Match?
        for number in patterns.indices {
            let pattern = patterns[number]
            var matched = pattern.matched
            while matched > 0 && patternBytes[pattern.start + matched] != byte {
                matched = fallbacks[pattern.start + matched - 1]
            }
            if patternBytes[pattern.start + matched] == byte {
                matched += 1
            }
            if matched == pattern.length {
                if pattern.length > longest?.length ?? 0 {
                    longest = Match(index: pattern.index, length: pattern.length, endOffset: consumedByteCount)
                }
                matched = fallbacks[pattern.start + matched - 1]
            }
            patterns[number].matched = matched
        }
        return longest
    }
}
