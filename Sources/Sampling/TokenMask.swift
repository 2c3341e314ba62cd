public import Tokens

/// Which tokens may be drawn: a bit for each.
public struct TokenMask: Hashable, Sendable {
    /// The bits of 64 tokens each, the lowest id in the lowest bit.
    private(set) var words: [UInt64]

    /// A mask of a vocabulary's size that allows nothing.
    public init(count: Int) {
        words = Array(repeating: 0, count: (max(0, count) + 63) / 64)
    }

    /// A mask of these bits, 64 tokens a word, the lowest id in the lowest bit.
    public init(words: [UInt64]) {
        self.words = words
    }

    /// Allows a token; ids beyond the mask stay forbidden.
    public mutating func insert(_ token: Int) {
        guard token >= 0, token >> 6 < words.count else { return }
        words[token >> 6] |= 1 << UInt64(token & 63)
    }

    /// Whether a token is allowed.
    public func contains(_ token: TokenID) -> Bool {
        let index = token.index
        return index >= 0 && index >> 6 < words.count && words[index >> 6] >> UInt64(index & 63) & 1 == 1
    }

    /// Whether nothing is allowed.
    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// The lowest token that is allowed.
    public var first: TokenID? {
        words.firstIndex { $0 != 0 }.map { TokenID($0 * 64 + words[$0].trailingZeroBitCount) }
    }
}
