internal import Tokens

/// The states of a grammar's matchers, found as they are needed and shared by all who match the same grammar.
///
/// A state is a set of configurations: a node that waits for a byte or a token, and the stack of returns below it. Stacks
/// share their lower parts, states that were found once are found again, and a step from state to state is a look into a
/// table.
struct GrammarAutomaton {
    typealias StateID = Int32

    /// No text leads anywhere from here.
    static let dead: StateID = 0
    private static let unknown: StateID = -1
    /// A state may drop alternatives beyond this: what is left is still of the grammar.
    private static let configurationLimit = 2048

    private struct Frame {
        var node: Int32
        var below: Int32
    }

    /// A configuration whose node waits, packed: the node above, the stack below.
    private typealias Configuration = UInt64

    private let grammar: Grammar
    private var frames: [Frame] = [Frame(node: 0, below: 0)]
    private var frameIDs: [UInt64: Int32] = [:]
    private var configurations: [[Configuration]] = [[]]
    private var stateIDs: [[UInt64]: StateID] = [:]
    private var accepting: [Bool] = [false]
    private var transitions = [StateID](repeating: GrammarAutomaton.dead, count: 256)
    private(set) var start = GrammarAutomaton.dead

    private var open: [Configuration] = []
    private var visited: Set<Configuration> = []
    private var found: [Configuration] = []
    private var foundEnd = false

    init(_ grammar: Grammar) {
        self.grammar = grammar
        let beginning = grammar.starts[grammar.root]
        guard grammar.isSatisfiable else { return }
        beginClosure()
        push(beginning, stack: 0)
        start = endClosure()
    }

    var stateCount: Int { configurations.count }

    /// Whether the output may end here.
    func isAccepting(_ state: StateID) -> Bool { accepting[Int(state)] }

    /// The state behind a byte.
    @inline(__always)
    mutating func next(_ state: StateID, _ byte: UInt8) -> StateID {
        let known = transitions[Int(state) * 256 + Int(byte)]
        return known == Self.unknown ? findNext(state, byte) : known
    }

    /// The tokens that are no text and may come next.
    func tokens(in state: StateID) -> [TokenID] {
        configurations[Int(state)].compactMap { configuration in
            if case .token(let token, _) = grammar.nodes[Self.node(configuration)] { token } else { nil }
        }
    }

    /// The state behind a token that is no text.
    mutating func next(_ state: StateID, token: TokenID) -> StateID {
        beginClosure()
        for configuration in configurations[Int(state)] {
            if case .token(token, let next) = grammar.nodes[Self.node(configuration)] {
                push(next, stack: Self.stack(configuration))
            }
        }
        return endClosure()
    }

    private static func node(_ configuration: Configuration) -> Int { Int(configuration >> 32) }
    private static func stack(_ configuration: Configuration) -> Int32 { Int32(truncatingIfNeeded: configuration) }

    private mutating func findNext(_ state: StateID, _ byte: UInt8) -> StateID {
        // All bytes that the state's nodes do not tell apart from this one lead to the same state.
        var alike = ByteSet.all
        beginClosure()
        for configuration in configurations[Int(state)] {
            guard case .bytes(let set, let next) = grammar.nodes[Self.node(configuration)] else { continue }
            if set.contains(byte) {
                alike.formIntersection(set)
                push(next, stack: Self.stack(configuration))
            } else {
                alike.subtract(set)
            }
        }
        let next = endClosure()
        alike.forEach { byte in
            transitions[Int(state) * 256 + Int(byte)] = next
        }
        return next
    }
}

extension GrammarAutomaton {
    private mutating func beginClosure() {
        open.removeAll(keepingCapacity: true)
        visited.removeAll(keepingCapacity: true)
        found.removeAll(keepingCapacity: true)
        foundEnd = false
    }

    private mutating func push(_ node: Int32, stack: Int32) {
        open.append(UInt64(UInt32(bitPattern: node)) << 32 | UInt64(UInt32(bitPattern: stack)))
    }

    /// Follows everything that needs no byte, and answers the state that it comes to.
    private mutating func endClosure() -> StateID {
        while let configuration = open.popLast() {
            guard found.count < Self.configurationLimit, visited.insert(configuration).inserted else { continue }
            let stack = Self.stack(configuration)
            switch grammar.nodes[Self.node(configuration)] {
            case .end where stack == 0:
                foundEnd = true
            case .end:
                let frame = frames[Int(stack)]
                push(frame.node, stack: frame.below)
            case .split(let targets):
                for target in targets.reversed() {
                    push(target, stack: stack)
                }
            case .call(let rule, let next):
                push(grammar.starts[rule], stack: next == Grammar.end ? stack : frame(next, below: stack))
            case .bytes, .token:
                found.append(configuration)
            }
        }
        found.sort()
        return intern()
    }

    private mutating func frame(_ node: Int32, below: Int32) -> Int32 {
        let key = UInt64(UInt32(bitPattern: node)) << 32 | UInt64(UInt32(bitPattern: below))
        if let known = frameIDs[key] {
            return known
        }
        frames.append(Frame(node: node, below: below))
        let id = Int32(frames.count - 1)
        frameIDs[key] = id
        return id
    }

    private mutating func intern() -> StateID {
        if found.isEmpty && !foundEnd {
            return Self.dead
        }
        // The end is told apart by a key that no configuration has.
        let key = foundEnd ? found + [.max] : found
        if let known = stateIDs[key] {
            return known
        }
        let id = StateID(configurations.count)
        configurations.append(found)
        accepting.append(foundEnd)
        stateIDs[key] = id
        transitions.append(contentsOf: repeatElement(Self.unknown, count: 256))
        return id
    }
}
