internal import Tokenization
internal import Tokens

/// The texts of a vocabulary's tokens as one tree, so that what tokens have in common is followed once.
///
/// Nodes stand in the order in which a walk in depth meets them: behind each come those below it. Added tokens are left
/// out: they are no text.
struct TokenTrie: Sendable {
    /// A node: its byte, how deep it is, and where the walk goes on without what is below it.
    struct Node {
        var byte: UInt8
        /// The most plain scalars from this node to the end of a token, where all tokens at and below it consist of them;
        /// ``tall`` otherwise.
        var height: UInt8
        var depth: UInt16
        var end: Int32
        /// Where the ids of the tokens that end here stand; those of the nodes below follow.
        var firstToken: Int32
        var tokenCount: Int32

        static let tall = UInt8.max
    }

    let tokenCount: Int
    var nodes: [Node] = []
    private(set) var tokens: [Int32] = []
    private(set) var depthLimit = 0
    /// Whether each byte is a token by itself, so that any text can be written.
    private(set) var hasAllBytes = false

    init(_ tokenizer: Tokenizer) {
        tokenCount = tokenizer.tokenCount
        let added = Set(tokenizer.addedTokens.map(\.id))
        var texts: [(key: UInt64, bytes: [UInt8], id: Int32)] = []
        for id in 0..<tokenCount where !added.contains(TokenID(id)) {
            var bytes: [UInt8] = []
            tokenizer.appendBytes(of: TokenID(id), to: &bytes)
            if !bytes.isEmpty && bytes.count <= Int(UInt16.max) {
                // The first eight bytes as a number, which settles most comparisons.
                let key = (0..<8).reduce(UInt64(0)) { $0 << 8 | UInt64($1 < bytes.count ? bytes[$1] : 0) }
                texts.append((key, bytes, Int32(id)))
            }
        }
        texts.sort { left, right in
            if left.key != right.key { return left.key < right.key }
            return left.bytes == right.bytes ? left.id < right.id : left.bytes.lexicographicallyPrecedes(right.bytes)
        }
        build(texts)
        measureHeights()
        hasAllBytes = nodes.count { $0.depth == 0 && $0.tokenCount > 0 } == 256
    }

    private mutating func build(_ texts: [(key: UInt64, bytes: [UInt8], id: Int32)]) {
        var path: [Int] = []
        var last: [UInt8] = []
        for (_, bytes, id) in texts {
            let shared = zip(bytes, last).prefix { $0 == $1 }.count
            while path.count > shared {
                nodes[path.removeLast()].end = Int32(nodes.count)
            }
            for index in shared..<bytes.count {
                path.append(nodes.count)
                nodes.append(
                    Node(
                        byte: bytes[index], height: Node.tall, depth: UInt16(index), end: 0,
                        firstToken: Int32(tokens.count), tokenCount: 0))
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

    /// Where the ids of the tokens at and below a node stand.
    func tokenRange(below index: Int) -> Range<Int> {
        let node = nodes[index]
        let end = Int(node.end) < nodes.count ? Int(nodes[Int(node.end)].firstToken) : tokens.count
        return Int(node.firstToken)..<end
    }
}

extension TokenTrie {
    /// Finds out for each node whether everything below it is plain text, and how long that gets.
    private mutating func measureHeights() {
        var automaton = Self.plainScalarAutomaton
        guard let start = automaton?.start, depthLimit > 0 else { return }
        // The states that the bytes lead to, each from the beginning of its scalar on.
        var behind = [GrammarAutomaton.StateID](repeating: start, count: nodes.count)
        var path = [GrammarAutomaton.StateID](repeating: start, count: depthLimit + 1)
        for index in nodes.indices {
            let node = nodes[index]
            let before = path[Int(node.depth)]
            let isLead = node.byte < 0x80 || node.byte >= 0xC0
            let state = automaton?.next(isLead ? start : before, node.byte) ?? GrammarAutomaton.dead
            let isWhole = automaton?.isAccepting(state) ?? false
            behind[index] = isLead && before != start ? GrammarAutomaton.dead : state
            path[Int(node.depth) + 1] = isWhole ? start : state
        }
        var counts = [Int](repeating: 0, count: nodes.count)
        for index in nodes.indices.reversed() {
            let node = nodes[index]
            let isWhole = automaton?.isAccepting(behind[index]) ?? false
            var count = behind[index] == GrammarAutomaton.dead || (node.tokenCount > 0 && !isWhole) ? 1000 : 0
            var child = index + 1
            while child < Int(node.end) {
                count = max(count, counts[child])
                child = Int(nodes[child].end)
            }
            counts[index] = min(1000, count + (isWhole ? 1 : 0))
            if node.byte < 0x80 || node.byte >= 0xC0, counts[index] < Int(Node.tall) {
                nodes[index].height = UInt8(counts[index])
            }
        }
    }

    /// One plain scalar.
    private static var plainScalarAutomaton: GrammarAutomaton? {
        var rules = GrammarRules()
        let root = rules.reserve()
        rules.define(root, as: PlainText.scalars.expression)
        return (try? Grammar(rules, root: root)).map { GrammarAutomaton($0) }
    }
}
