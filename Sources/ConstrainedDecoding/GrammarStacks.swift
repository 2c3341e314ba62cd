/// The stacks of an automaton's configurations, by number. They share their lower parts.
struct GrammarStacks {
    /// One return.
    struct Frame: Hashable {
        /// The node to go on with, the loop whose round this is, or a lexeme's own state.
        var node: Int32
        /// The rounds that must, and may, follow the present one.
        var minimum: Int32
        var maximum: Int32
        var below: Int32

        /// The maximum of a frame that is no round.
        fileprivate static let call: Int32 = -1
        fileprivate static let lexeme: Int32 = -2

        var isRound: Bool { maximum >= 0 }
    }

    static let empty: Int32 = 0

    private let counterLimit: Int32
    private var frames = [Frame(node: 0, minimum: 0, maximum: Frame.call, below: 0)]
    /// For each stack the one with smaller counters that allows the same tokens.
    private var canonicals: [Int32] = [0]
    private var numbers: [Frame: Int32] = [:]

    init(counterLimit: Int32) {
        self.counterLimit = counterLimit
    }

    subscript(_ stack: Int32) -> Frame { frames[Int(stack)] }

    var byteCount: Int { frames.count * 72 }

    func canonical(_ stack: Int32) -> Int32 { canonicals[Int(stack)] }

    mutating func call(_ node: Int32, below: Int32) -> Int32 {
        let frame = Frame(node: node, minimum: 0, maximum: Frame.call, below: below)
        return number(frame) { $0 }
    }

    mutating func round(_ loop: Int32, minimum: Int32, maximum: Int32, below: Int32) -> Int32 {
        let limit = counterLimit
        return number(Frame(node: loop, minimum: minimum, maximum: maximum, below: below)) { frame in
            var frame = frame
            frame.minimum = Self.coarse(min(frame.minimum, limit), roundsUp: true)
            frame.maximum =
                frame.maximum == Grammar.Loop.unlimited
                ? frame.maximum : Self.coarse(min(frame.maximum, limit), roundsUp: false)
            return frame
        }
    }

    /// Counters above 32 are told apart in steps of 32: near a limit, tokens of more than 32 characters then give way to
    /// shorter ones of the same text, and far fewer masks are needed.
    private static func coarse(_ counter: Int32, roundsUp: Bool) -> Int32 {
        counter <= 32 ? counter : (roundsUp ? counter + 31 : counter) & ~31
    }

    mutating func lexeme(_ step: Lexeme.Step, below: Int32) -> Int32 {
        let frame = Frame(node: step.state, minimum: 0, maximum: Frame.lexeme, below: below)
        return number(frame) { frame in
            var frame = frame
            frame.node = step.canonical
            return frame
        }
    }

    private mutating func number(_ frame: Frame, canonical: (Frame) -> Frame) -> Int32 {
        if let known = numbers[frame] {
            return known
        }
        let number = Int32(frames.count)
        frames.append(frame)
        canonicals.append(number)
        numbers[frame] = number
        var smaller = canonical(frame)
        smaller.below = canonicals[Int(frame.below)]
        if smaller != frame {
            canonicals[Int(number)] = self.number(smaller) { $0 }
        }
        return number
    }
}
