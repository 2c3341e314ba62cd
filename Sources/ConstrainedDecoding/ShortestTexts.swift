internal import Tokens

/// How long the shortest texts are that lead from a grammar's nodes to the ends of their rules, in bytes; a token that is no
/// text counts as one.
struct ShortestTexts: Sendable {
    /// Longer ones are as good as none.
    static let endless = 1 << 40

    private(set) var lengths: [Int]
    /// Of each node that leads to several, the one that the shortest text goes on with. It had its length first, so that
    /// these never lead in a circle.
    private(set) var choices: [Int32]

    init(_ grammar: Grammar) {
        lengths = Array(repeating: Self.endless, count: grammar.nodes.count)
        choices = Array(repeating: Grammar.end, count: grammar.nodes.count)
        let lexemes = grammar.lexemes.map { $0.shortestLength(from: $0.start.state) }
        var dependents: [[Int32]] = Array(repeating: [], count: grammar.nodes.count)
        for (node, kind) in grammar.nodes.enumerated() {
            for other in grammar.nodes(behind: kind) {
                dependents[Int(other)].append(Int32(node))
            }
        }
        var open = grammar.nodes.indices.map { Int32($0) }
        var isOpen = Array(repeating: true, count: open.count)
        var first = 0
        while first < open.count {
            let node = Int(open[first])
            first += 1
            isOpen[node] = false
            let (length, choice) = length(of: grammar.nodes[node], grammar, lexemes)
            guard length < lengths[node] else { continue }
            lengths[node] = length
            choices[node] = choice
            for other in dependents[node] where !isOpen[Int(other)] {
                isOpen[Int(other)] = true
                open.append(other)
            }
        }
    }

    private func length(of node: Grammar.Node, _ grammar: Grammar, _ lexemes: [Int]) -> (length: Int, choice: Int32) {
        switch node {
        case .end: return (0, Grammar.end)
        case .split(let targets):
            let shortest = targets.min { lengths[Int($0)] < lengths[Int($1)] }
            return (shortest.map { lengths[Int($0)] } ?? Self.endless, shortest ?? Grammar.end)
        case .bytes(_, let next), .token(_, let next): return (Self.sum(1, lengths[Int(next)]), next)
        case .call(let rule, let next):
            return (Self.sum(lengths[Int(grammar.starts[rule])], lengths[Int(next)]), next)
        case .lexeme(let number, let next): return (Self.sum(lexemes[Int(number)], lengths[Int(next)]), next)
        case .loop(let number):
            let loop = grammar.loops[Int(number)]
            return (rest(of: loop, rounds: loop.minimum), loop.next)
        }
    }

    /// From the end of a round of a loop to the end of the rule that holds it, where so many rounds must follow.
    func rest(of loop: Grammar.Loop, rounds: Int32) -> Int {
        guard rounds > 0 else { return lengths[Int(loop.next)] }
        let (product, isTooLong) = lengths[Int(loop.body)].multipliedReportingOverflow(by: Int(rounds))
        return Self.sum(isTooLong ? Self.endless : product, lengths[Int(loop.next)])
    }

    static func sum(_ first: Int, _ second: Int) -> Int { min(endless, first + second) }
}

extension Grammar {
    /// The nodes that a node's length depends on.
    fileprivate func nodes(behind node: Node) -> [Int32] {
        switch node {
        case .end: []
        case .split(let targets): targets
        case .bytes(_, let next), .token(_, let next), .lexeme(_, let next): [next]
        case .call(let rule, let next): [starts[rule], next]
        case .loop(let number): [loops[Int(number)].body, loops[Int(number)].next]
        }
    }
}

/// A piece of an output: text, or a token that is none.
enum OutputPiece: Equatable, Sendable {
    case byte(UInt8)
    case token(TokenID)
}

extension GrammarAutomaton {
    /// The length of the shortest text that makes the output complete; ``ShortestTexts/endless`` where there is none.
    mutating func shortestLength(from state: StateID) -> Int {
        guard !isAccepting(state) else { return 0 }
        return shortestConfiguration(in: state)?.length ?? ShortestTexts.endless
    }

    /// The shortest text that makes the output complete; nil where there is none, or none so short.
    mutating func shortestText(from state: StateID, lengthLimit: Int) -> [OutputPiece]? {
        guard !isAccepting(state) else { return [] }
        guard let (configuration, length) = shortestConfiguration(in: state), length <= lengthLimit else { return nil }
        let texts = shortestTexts()
        var pieces: [OutputPiece] = []
        var stack = Self.stack(configuration)
        var node = Int32(Self.node(configuration))
        if case .lexeme(let number, let next) = grammar.nodes[Int(node)] {
            let frame = stacks[stack]
            pieces += grammar.lexemes[Int(number)].shortestText(from: frame.node)
            (node, stack) = (next, frame.below)
        }
        spell(node, texts, into: &pieces)
        while stack != GrammarStacks.empty {
            let frame = stacks[stack]
            if frame.isRound, case .loop(let number) = grammar.nodes[Int(frame.node)] {
                let loop = grammar.loops[Int(number)]
                for _ in 0..<frame.minimum {
                    spell(loop.body, texts, into: &pieces)
                }
                spell(loop.next, texts, into: &pieces)
            } else {
                spell(frame.node, texts, into: &pieces)
            }
            stack = frame.below
        }
        return pieces
    }

    private mutating func shortestTexts() -> ShortestTexts {
        if let shortest { return shortest }
        let found = ShortestTexts(grammar)
        shortest = found
        return found
    }

    private mutating func shortestConfiguration(in state: StateID) -> (configuration: Configuration, length: Int)? {
        let texts = shortestTexts()
        var best: (configuration: Configuration, length: Int)?
        for configuration in states[Int(state)].configurations {
            let length = length(of: configuration, texts)
            if length < best?.length ?? ShortestTexts.endless {
                best = (configuration, length)
            }
        }
        return best
    }

    private func length(of configuration: Configuration, _ texts: ShortestTexts) -> Int {
        var stack = Self.stack(configuration)
        var length: Int
        if case .lexeme(let number, let next) = grammar.nodes[Self.node(configuration)] {
            let frame = stacks[stack]
            let inside = grammar.lexemes[Int(number)].shortestLength(from: frame.node)
            length = ShortestTexts.sum(inside, texts.lengths[Int(next)])
            stack = frame.below
        } else {
            length = texts.lengths[Self.node(configuration)]
        }
        while stack != GrammarStacks.empty {
            let frame = stacks[stack]
            if frame.isRound, case .loop(let number) = grammar.nodes[Int(frame.node)] {
                length = ShortestTexts.sum(length, texts.rest(of: grammar.loops[Int(number)], rounds: frame.minimum))
            } else {
                length = ShortestTexts.sum(length, texts.lengths[Int(frame.node)])
            }
            stack = frame.below
        }
        return length
    }

    /// Appends the shortest text from a node to the end of its rule.
    private func spell(_ node: Int32, _ texts: ShortestTexts, into pieces: inout [OutputPiece]) {
        var open = [node]
        while let node = open.popLast() {
            let next = texts.choices[Int(node)]
            switch grammar.nodes[Int(node)] {
            case .end: continue
            case .split: open.append(next)
            case .bytes(let set, _):
                open.append(next)
                pieces.append(.byte(set.plainest))
            case .token(let token, _):
                open.append(next)
                pieces.append(.token(token))
            case .call(let rule, _):
                open.append(next)
                open.append(grammar.starts[rule])
            case .lexeme(let number, _):
                open.append(next)
                let lexeme = grammar.lexemes[Int(number)]
                pieces += lexeme.shortestText(from: lexeme.start.state)
            case .loop(let number):
                let loop = grammar.loops[Int(number)]
                open.append(next)
                open.append(contentsOf: repeatElement(loop.body, count: Int(loop.minimum)))
            }
        }
    }
}

extension ByteSet {
    /// The byte that stands for all of them where any will do: a letter rather than a digit rather than a sign.
    fileprivate var plainest: UInt8 {
        for preferred in [UInt8(ascii: "a"), UInt8(ascii: "0"), UInt8(ascii: " ")] where contains(preferred) {
            return preferred
        }
        return (UInt8.min...UInt8.max).first(where: contains) ?? 0
    }
}
