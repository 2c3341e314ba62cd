internal import Sampling
internal import Tokenization
internal import Tokens

/// The texts of a vocabulary's tokens as one tree, so that what tokens have in common is followed once.
///
/// Nodes stand in the order in which a walk in depth meets them: behind each come those below it. Added tokens are left
/// out: they are no text.
struct TokenTrie: Sendable {
    /// A node: its byte, how deep it is, and where the walk goes on without what is below it.
    private struct Node {
        var byte: UInt8
        var depth: UInt16
        var end: Int32
        /// Where the ids of the tokens that end here stand.
        var firstToken: Int32
        var tokenCount: Int32
    }

    let tokenCount: Int
    private var nodes: [Node] = []
    private var tokens: [Int32] = []
    private var depthLimit = 0

    init(_ tokenizer: Tokenizer) {
        tokenCount = tokenizer.tokenCount
        let added = Set(tokenizer.addedTokens.map(\.id))
        var texts: [(bytes: [UInt8], id: Int32)] = []
        for id in 0..<tokenCount where !added.contains(TokenID(id)) {
            var bytes: [UInt8] = []
            tokenizer.appendBytes(of: TokenID(id), to: &bytes)
            if !bytes.isEmpty && bytes.count <= Int(UInt16.max) {
                texts.append((bytes, Int32(id)))
            }
        }
        texts.sort { left, right in
            left.bytes == right.bytes ? left.id < right.id : left.bytes.lexicographicallyPrecedes(right.bytes)
        }
        build(texts)
    }

    private mutating func build(_ texts: [(bytes: [UInt8], id: Int32)]) {
        var path: [Int] = []
        var last: [UInt8] = []
        for (bytes, id) in texts {
            let shared = zip(bytes, last).prefix { $0 == $1 }.count
            while path.count > shared {
                nodes[path.removeLast()].end = Int32(nodes.count)
            }
            for index in shared..<bytes.count {
                path.append(nodes.count)
                nodes.append(
                    Node(
                        byte: bytes[index], depth: UInt16(index), end: 0, firstToken: Int32(tokens.count), tokenCount: 0
                    ))
            }
            depthLimit = max(depthLimit, bytes.count)
            tokens.append(id)
            nodes[path[path.count - 1]].tokenCount += 1
            last = bytes
        }
        while let node = path.popLast() {
            nodes[node].end = Int32(nodes.count)
        }
    }

    /// The tokens whose text may follow a state, beside those that are no text.
    func mask(_ automaton: inout GrammarAutomaton, _ state: GrammarAutomaton.StateID) -> TokenMask {
        var words = [UInt64](repeating: 0, count: (tokenCount + 63) / 64)
        var states = [GrammarAutomaton.StateID](repeating: GrammarAutomaton.dead, count: depthLimit + 1)
        states[0] = state
        var bits = words.mutableSpan
        var path = states.mutableSpan
        let nodes = nodes.span
        let tokens = tokens.span
        var index = 0
        while index < nodes.count {
            let node = nodes[index]
            let depth = Int(node.depth)
            let next = automaton.next(path[depth], node.byte)
            if next == GrammarAutomaton.dead {
                index = Int(node.end)
                continue
            }
            path[depth + 1] = next
            if node.tokenCount > 0 {
                for token in Int(node.firstToken)..<Int(node.firstToken + node.tokenCount) {
                    let id = Int(tokens[token])
                    bits[id >> 6] |= 1 << UInt64(id & 63)
                }
            }
            index += 1
        }
        return TokenMask(words: words)
    }
}
