internal import Synchronization
internal import Tokens

/// The tokens that bring an output to its end soonest.
extension CompiledGrammar {
    /// Whether so many tokens can complete the output.
    func canBeComplete(at position: Position, within limit: Int) -> Bool {
        let length = tables.withLock { tables in
            var position = position
            settle(&position, &tables)
            return tables.automaton.shortestLength(from: position.state)
        }
        // Where every byte is a token, a text has no more tokens than bytes.
        if length <= limit, vocabulary.trie.hasAllBytes { return true }
        return shortestCompletion(at: position, within: limit) != nil
    }

    /// The shortest text that completes the output, in as few tokens as it can be cut into; nil where those are more than
    /// the limit, or the vocabulary lacks them.
    func shortestCompletion(at position: Position, within limit: Int) -> [TokenID]? {
        guard limit >= 0 else { return nil }
        let trie = vocabulary.trie
        let (lengthLimit, isTooLong) = limit.multipliedReportingOverflow(by: max(1, trie.depthLimit))
        let pieces = tables.withLock { tables in
            var position = position
            settle(&position, &tables)
            return tables.automaton.shortestText(
                from: position.state, lengthLimit: isTooLong ? ShortestTexts.endless - 1 : lengthLimit)
        }
        guard let pieces else { return nil }
        var tokens: [TokenID] = []
        var text: [UInt8] = []
        for piece in pieces {
            switch piece {
            case .byte(let byte): text.append(byte)
            case .token(let token):
                guard let cut = trie.cut(text) else { return nil }
                tokens += cut
                tokens.append(token)
                text = []
            }
        }
        guard let cut = trie.cut(text), tokens.count + cut.count <= limit else { return nil }
        return tokens + cut
    }
}

extension TokenTrie {
    /// A text as the fewest tokens that it can be cut into; nil where the vocabulary lacks some of it.
    fileprivate func cut(_ text: [UInt8]) -> [TokenID]? {
        // For each place the fewest tokens up to it, and the last one of these.
        var best = [(count: Int, token: Int32, start: Int)?](repeating: nil, count: text.count + 1)
        best[0] = (0, 0, 0)
        for start in text.indices {
            guard let count = best[start]?.count else { continue }
            var siblings = 0..<nodes.count
            for end in start..<text.count {
                guard let index = child(text[end], in: siblings) else { break }
                let node = nodes[index]
                if node.tokenCount > 0, count + 1 < best[end + 1]?.count ?? .max {
                    best[end + 1] = (count + 1, tokens[Int(node.firstToken)], start)
                }
                siblings = index + 1..<Int(node.end)
            }
        }
        var cut: [TokenID] = []
        var end = text.count
        while end > 0 {
            guard let last = best[end] else { return nil }
            cut.append(TokenID(Int(last.token)))
            end = last.start
        }
        return cut.reversed()
    }

    private func child(_ byte: UInt8, in siblings: Range<Int>) -> Int? {
        var index = siblings.lowerBound
        while index < siblings.upperBound {
            if nodes[index].byte == byte { return index }
            index = Int(nodes[index].end)
        }
        return nil
    }
}
