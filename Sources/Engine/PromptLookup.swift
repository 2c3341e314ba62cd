internal import Tokens

/// Finds where a sequence said before what it has just said, and guesses that it goes on alike.
///
/// States: *no match*, or a *match*: `source` is the position whose token is guessed next, `matchLength` the tokens before
/// it that are the sequence's last ones. A match lasts while its guesses come true, and gives way to a longer one.
/// Each new token costs a bounded number of comparisons; the index doubles as the sequence does, and allocates then only.
struct PromptLookup {
    /// A shorter match is none.
    private static let shortestMatch = 2
    /// Longer matches are not compared further.
    private static let longestMatch = 32
    /// A match of this length is not searched for again.
    private static let settledMatch = 8
    /// The most earlier places that a search compares.
    private static let searchLimit = 16

    /// By the hash of two adjacent tokens: the position of the second, where they stood last; 0 for none.
    private var heads: [Int32] = []
    /// By position: where two tokens with the same hash stood before; 0 for none.
    private var previous: [Int32] = []
    /// Tokens that the match has followed.
    private var seenCount = 0
    /// The position of the next guess; nil without a match.
    private(set) var source: Int?
    private(set) var matchLength = 0

    /// Takes in what is new in the sequence, and tells of each guess that was due whether it came true.
    ///
    /// - Parameters:
    ///   - tokens: the sequence, of which only the end has changed since the last call.
    ///   - report: told the length of a match and whether its guess was right.
    mutating func advance(_ tokens: [TokenID], report: (_ matchLength: Int, _ isRight: Bool) -> Void) {
        while seenCount < tokens.count {
            follow(tokens[seenCount], tokens, report)
            seenCount += 1
        }
        index(tokens)
        if source == nil || matchLength < Self.settledMatch {
            search(tokens)
        }
    }

    /// Appends the next `count` guesses. There must be a match.
    func appendGuesses(_ count: Int, after tokens: [TokenID], to guesses: inout [TokenID]) {
        guard let source else { return }
        let first = guesses.count
        for offset in 0..<count {
            let place = source + offset
            // A match that overlaps the end goes on with its own guesses, as a loop does.
            guesses.append(place < tokens.count ? tokens[place] : guesses[first + place - tokens.count])
        }
    }

    private mutating func follow(_ token: TokenID, _ tokens: [TokenID], _ report: (Int, Bool) -> Void) {
        guard let place = source else { return }
        let isRight = tokens[place] == token
        report(matchLength, isRight)
        source = isRight ? place + 1 : nil
        matchLength = isRight ? matchLength + 1 : 0
    }

    /// Adds the pairs that have a follower.
    private mutating func index(_ tokens: [TokenID]) {
        if tokens.count > heads.count {
            var capacity = max(256, heads.count)
            while capacity < tokens.count {
                capacity *= 2
            }
            heads = Array(repeating: 0, count: capacity)
            previous.removeAll(keepingCapacity: true)
            previous.reserveCapacity(capacity)
        }
        while previous.count < tokens.count - 1 {
            let position = previous.count
            guard position > 0 else {
                previous.append(0)
                continue
            }
            let bucket = bucket(tokens[position - 1], tokens[position])
            previous.append(heads[bucket])
            heads[bucket] = Int32(truncatingIfNeeded: position)
        }
    }

    /// Changes to the longest match, the latest among equals.
    private mutating func search(_ tokens: [TokenID]) {
        let last = tokens.count - 1
        guard last > 0 else { return }
        var candidate = Int(heads[bucket(tokens[last - 1], tokens[last])])
        var searched = 0
        while candidate > 0, searched < Self.searchLimit, matchLength < Self.longestMatch {
            let length = Self.commonLength(tokens, endingAt: candidate, last)
            if length >= Self.shortestMatch && length > matchLength {
                source = candidate + 1
                matchLength = length
            }
            candidate = Int(previous[candidate])
            searched += 1
        }
    }

    private static func commonLength(_ tokens: [TokenID], endingAt first: Int, _ second: Int) -> Int {
        var length = 0
        while length < longestMatch, length <= first, tokens[first - length] == tokens[second - length] {
            length += 1
        }
        return length
    }

    /// `heads.count` is a power of two.
    private func bucket(_ first: TokenID, _ second: TokenID) -> Int {
        let pair = UInt64(UInt32(bitPattern: first.rawValue)) << 32 | UInt64(UInt32(bitPattern: second.rawValue))
        return Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> 32) & (heads.count - 1)
    }
}
