internal import Tokens

/// The states of a grammar's matchers, found as they are needed and shared by all who match the same grammar.
///
/// A state is a set of configurations: a node that waits for a byte or a token, and the stack of returns below it. Stacks
/// share their lower parts, states that were found once are found again, and a step from state to state is a look into a
/// table, which a state has from its first step on.
struct GrammarAutomaton {
    typealias StateID = Int32

    /// No text leads anywhere from here.
    static let dead: StateID = 0
    static let unknown: StateID = -1
    /// A state may drop alternatives beyond this: what is left is still of the grammar.
    private static let configurationLimit = 2048
    /// Where all states have more alternatives than this, further ones have few.
    private static let crowd = 1_000_000
    private static let crowdedConfigurationLimit = 16

    /// What may be done for one mask: about a twentieth of a second's work.
    static let maskWorkLimit = 1_000_000

    /// A configuration whose node waits, packed: the node above, the stack below. A lexeme's stack has the lexeme's own
    /// state on top.
    typealias Configuration = UInt64

    struct State {
        var configurations: [Configuration]
        var isAccepting: Bool
        /// How many rounds of a loop of text may begin here; −1 where none may.
        var textRoom: Int32
        /// Where its steps stand in the table of steps, by byte; −1 before the first one.
        var steps: Int32 = -1
        /// The state with the same tokens and counters no larger than tells them apart.
        var canonical = GrammarAutomaton.unknown
    }

    let grammar: Grammar
    private(set) var states: [State] = [State(configurations: [], isAccepting: false, textRoom: -1)]
    private(set) var start = GrammarAutomaton.dead
    /// What was done to find states, in configurations that were looked at.
    private(set) var work = 0

    private var stateIDs: [[Configuration]: StateID] = [:]
    private var steps: [StateID] = []
    private(set) var stacks: GrammarStacks
    /// Found out when it is first asked for.
    var shortest: ShortestTexts?
    private var configurationCount = 0
    private var open: [Configuration] = []
    private var visited: Set<Configuration> = []
    private var found: [Configuration] = []
    private var foundEnd = false
    private var foundTextRoom: Int32 = -1

    /// No token may be so long that it makes a difference whether a counter is larger than `counterLimit`.
    init(_ grammar: Grammar, counterLimit: Int = .max) {
        self.grammar = grammar
        stacks = GrammarStacks(counterLimit: Int32(clamping: counterLimit))
        guard grammar.isSatisfiable else { return }
        beginClosure()
        push(grammar.starts[grammar.root], stack: GrammarStacks.empty)
        start = endClosure()
    }

    /// About how many bytes the tables take.
    var byteCount: Int {
        steps.count * 4 + states.count * 120 + configurationCount * 16 + stacks.byteCount
    }

    /// Whether the output may end here.
    func isAccepting(_ state: StateID) -> Bool { states[Int(state)].isAccepting }

    /// How many rounds of a loop of text may begin here; −1 where none may.
    @inline(__always)
    func textRoom(_ state: StateID) -> Int32 { states[Int(state)].textRoom }

    /// The state behind a byte. What an output passes once, a long count above all, need not be remembered: only states that
    /// are tried with many tokens have a row in the table.
    @inline(__always)
    mutating func next(_ state: StateID, _ byte: UInt8, remembers: Bool = true) -> StateID {
        let known = knownNext(state, byte)
        return known == Self.unknown ? findNext(state, byte, remembers) : known
    }

    /// The state behind a byte, if it is known.
    @inline(__always)
    func knownNext(_ state: StateID, _ byte: UInt8) -> StateID {
        let row = states[Int(state)].steps
        return row >= 0 ? steps[Int(row) + Int(byte)] : Self.unknown
    }

    /// The tokens that are no text and may come next.
    func tokens(in state: StateID) -> [TokenID] {
        states[Int(state)].configurations.compactMap { configuration in
            if case .token(let token, _) = grammar.nodes[Self.node(configuration)] { token } else { nil }
        }
    }

    /// The state behind a token that is no text.
    mutating func next(_ state: StateID, token: TokenID) -> StateID {
        beginClosure()
        for configuration in states[Int(state)].configurations {
            if case .token(token, let next) = grammar.nodes[Self.node(configuration)] {
                push(next, stack: Self.stack(configuration))
            }
        }
        return endClosure()
    }

    /// The bytes that lead to the same state as this one does.
    func bytesAlike(_ state: StateID, _ byte: UInt8) -> ByteSet {
        let row = Int(states[Int(state)].steps)
        guard row >= 0 else { return ByteSet(CollectionOfOne(byte)) }
        let target = steps[row + Int(byte)]
        var alike = ByteSet()
        for other in 0..<256 where steps[row + other] == target {
            alike.insert(UInt8(other))
        }
        return alike
    }

    static func node(_ configuration: Configuration) -> Int { Int(configuration >> 32) }
    static func stack(_ configuration: Configuration) -> Int32 { Int32(truncatingIfNeeded: configuration) }

    private static func configuration(_ node: Int32, _ stack: Int32) -> Configuration {
        UInt64(UInt32(bitPattern: node)) << 32 | UInt64(UInt32(bitPattern: stack))
    }
}

extension GrammarAutomaton {
    private mutating func findNext(_ state: StateID, _ byte: UInt8, _ remembers: Bool) -> StateID {
        // All bytes that the state's nodes do not tell apart from this one lead to the same state.
        var alike = ByteSet.all
        beginClosure()
        for configuration in states[Int(state)].configurations {
            let stack = Self.stack(configuration)
            switch grammar.nodes[Self.node(configuration)] {
            case .bytes(let set, let next):
                if set.contains(byte) {
                    alike.formIntersection(set)
                    push(next, stack: stack)
                } else {
                    alike.subtract(set)
                }
            case .lexeme(let number, let next):
                let frame = stacks[stack]
                let step = grammar.lexemes[Int(number)].step(frame.node, byte, remembers: remembers)
                alike.formIntersection(step.alike)
                guard step.state != Self.dead else { continue }
                find(Int32(Self.node(configuration)), stacks.lexeme(step, below: frame.below))
                foundTextRoom = max(foundTextRoom, step.textRoom)
                if step.isAccepting {
                    push(next, stack: frame.below)
                }
            default: continue
            }
        }
        let next = endClosure()
        guard remembers else { return next }
        if states[Int(state)].steps < 0 {
            states[Int(state)].steps = Int32(steps.count)
            steps.append(contentsOf: repeatElement(Self.unknown, count: 256))
        }
        let row = Int(states[Int(state)].steps)
        alike.forEach { steps[row + Int($0)] = next }
        return next
    }

    private mutating func beginClosure() {
        open.removeAll(keepingCapacity: true)
        visited.removeAll(keepingCapacity: true)
        found.removeAll(keepingCapacity: true)
        foundEnd = false
        foundTextRoom = -1
    }

    private mutating func push(_ node: Int32, stack: Int32) {
        open.append(Self.configuration(node, stack))
    }

    /// Adds a configuration to the state that is being found.
    private mutating func find(_ node: Int32, _ stack: Int32) {
        let configuration = Self.configuration(node, stack)
        if visited.insert(configuration).inserted {
            found.append(configuration)
        }
    }

    /// Follows everything that needs no byte, and answers the state that it comes to.
    private mutating func endClosure() -> StateID {
        let limit = configurationCount < Self.crowd ? Self.configurationLimit : Self.crowdedConfigurationLimit
        while let configuration = open.popLast() {
            work += 1
            let node = Self.node(configuration)
            let stack = Self.stack(configuration)
            guard found.count < limit, visited.insert(configuration).inserted else { continue }
            switch grammar.nodes[node] {
            case .end: followEnd(stack)
            case .split(let targets):
                for target in targets.reversed() {
                    push(target, stack: stack)
                }
            case .call(let rule, let next):
                push(grammar.starts[rule], stack: next == Grammar.end ? stack : stacks.call(next, below: stack))
            case .loop(let number):
                let loop = grammar.loops[Int(number)]
                follow(loop, Int32(node), loop.minimum, loop.maximum, stack)
            case .lexeme(let number, let next):
                let start = grammar.lexemes[Int(number)].start
                found.append(Self.configuration(Int32(node), stacks.lexeme(start, below: stack)))
                foundTextRoom = max(foundTextRoom, start.textRoom)
                if start.isAccepting {
                    push(next, stack: stack)
                }
            case .bytes, .token:
                found.append(configuration)
            }
        }
        found.sort()
        return intern()
    }

    /// A rule or a round of a loop is at its end.
    private mutating func followEnd(_ stack: Int32) {
        guard stack != GrammarStacks.empty else {
            foundEnd = true
            return
        }
        let frame = stacks[stack]
        if frame.isRound, case .loop(let number) = grammar.nodes[Int(frame.node)] {
            follow(grammar.loops[Int(number)], frame.node, frame.minimum, frame.maximum, frame.below)
        } else {
            push(frame.node, stack: frame.below)
        }
    }

    /// A loop has at least and at most so many rounds to go.
    private mutating func follow(
        _ loop: Grammar.Loop, _ node: Int32, _ minimum: Int32, _ maximum: Int32, _ stack: Int32
    ) {
        if minimum == 0 {
            push(loop.next, stack: stack)
        }
        guard maximum > 0 else { return }
        if loop.isText {
            foundTextRoom = max(foundTextRoom, maximum)
        }
        let rest = maximum == Grammar.Loop.unlimited ? maximum : maximum - 1
        push(loop.body, stack: stacks.round(node, minimum: max(0, minimum - 1), maximum: rest, below: stack))
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
        let id = StateID(states.count)
        states.append(State(configurations: found, isAccepting: foundEnd, textRoom: foundTextRoom))
        configurationCount += found.count
        stateIDs[key] = id
        return id
    }
}

extension GrammarAutomaton {
    /// The state in whose place any token may be tried: its counters are no larger than a token can tell apart.
    mutating func canonical(_ state: StateID) -> StateID {
        let known = states[Int(state)].canonical
        if known != Self.unknown { return known }
        beginClosure()
        var isChanged = false
        for configuration in states[Int(state)].configurations {
            let stack = Self.stack(configuration)
            let canonical = stacks.canonical(stack)
            isChanged = isChanged || stack != canonical
            find(Int32(Self.node(configuration)), canonical)
        }
        foundEnd = states[Int(state)].isAccepting
        foundTextRoom = states[Int(state)].textRoom
        found.sort()
        let result = isChanged ? intern() : state
        states[Int(state)].canonical = result
        states[Int(result)].canonical = result
        return result
    }

    /// What stands for a lexeme in a state: where it is, and the state behind it.
    struct OpenLexeme {
        var number: Int32
        var state: StateID
        /// The state behind the lexeme, if it ended here.
        var behind: StateID
    }

    /// The lexemes that are open in a state, and the state of all that is open beside them.
    mutating func parts(of state: StateID) -> (lexemes: [OpenLexeme], rest: StateID) {
        var lexemes: [OpenLexeme] = []
        var others: [Configuration] = []
        for configuration in states[Int(state)].configurations {
            guard case .lexeme(let number, let next) = grammar.nodes[Self.node(configuration)] else {
                others.append(configuration)
                continue
            }
            let frame = stacks[Self.stack(configuration)]
            beginClosure()
            push(next, stack: frame.below)
            lexemes.append(OpenLexeme(number: number, state: frame.node, behind: endClosure()))
        }
        guard !lexemes.isEmpty else { return ([], state) }
        beginClosure()
        found = others
        return (lexemes, intern())
    }
}
