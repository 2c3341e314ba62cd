internal import Tokens

/// Finds added tokens in a text, the leftmost first and of those that start together the longest.
struct AddedTokens: Sendable {
    /// In ascending order of ids.
    let tokens: [AddedToken]
    private let texts: [[UInt8]]
    // Indices into `tokens` by first byte, the longest text first.
    private let candidates: [[Int]]

    /// A place in the text where an added token stands.
    struct Match {
        let id: TokenID
        let range: Range<Int>
    }

    init(_ tokens: [AddedToken]) {
        self.tokens = tokens.sorted { $0.id < $1.id }
        let texts = self.tokens.map { Array($0.text.utf8) }
        var candidates = [[Int]](repeating: [], count: 0x100)
        for (index, text) in texts.enumerated() {
            if let first = text.first {
                candidates[Int(first)].append(index)
            }
        }
        self.candidates = candidates.map { $0.sorted { texts[$0].count > texts[$1].count } }
        self.texts = texts
    }

    /// The next added token at or after `start` that the stretches it lies in permit.
    ///
    /// `stretch` is one that does not begin behind `start`, 0 for the first search, and moves on with the searches: the time
    /// of all of them does not grow with the product of stretches and matches.
    func firstMatch(
        in text: Span<UInt8>, from start: Int, stretches: [Stretch], stretch: inout Int
    ) -> Match? {
        for position in start..<text.count where !candidates[Int(text[position])].isEmpty {
            while stretch < stretches.count, stretches[stretch].end <= position {
                stretch += 1
            }
            for index in candidates[Int(text[position])] {
                let end = position + texts[index].count
                if holds(text, texts[index], at: position), permits(stretches[stretch...], until: end, tokens[index]) {
                    return Match(id: tokens[index].id, range: position..<end)
                }
            }
        }
        return nil
    }

    private func holds(_ text: Span<UInt8>, _ token: [UInt8], at position: Int) -> Bool {
        guard position + token.count <= text.count else { return false }
        for offset in token.indices where text[position + offset] != token[offset] {
            return false
        }
        return true
    }

    private func permits(_ stretches: ArraySlice<Stretch>, until end: Int, _ token: AddedToken) -> Bool {
        for stretch in stretches {
            guard stretch.permission.allows(token) else { return false }
            if stretch.end >= end { break }
        }
        return true
    }
}

/// A stretch of the joined text under one permission; it begins where the one before it ends.
struct Stretch {
    let end: Int
    let permission: AddedTokenPermission
}
