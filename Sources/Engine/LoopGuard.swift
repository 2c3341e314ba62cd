internal import Sampling
internal import Tokens

/// Watches one generation for loops, and says how each is to be ended.
struct LoopGuard {
    enum Verdict: Hashable {
        case goOn
        /// Reasoning goes round: the stop phrase is to be forced.
        case endThinking
        /// A string goes round: ``LoopGuard/stringEnd`` comes next.
        case closeString
        /// Nothing but the end of the output helps.
        case finish(OutputLoop)
    }

    private let limits: LoopLimits
    private var detector = LoopDetector()
    private var wasReasoning = false
    /// For how many tokens a loop has gone on inside a form where no string could be closed.
    private var openCount = 0
    /// What must come next, to close a string.
    private(set) var stringEnd: TokenID?
    /// How many loops of each kind were ended.
    private(set) var reasoningCount = 0
    private(set) var stringCount = 0

    init(_ limits: LoopLimits) {
        self.limits = limits
    }

    /// What to do behind a token that the output has accepted.
    mutating func verdict(behind token: TokenID, label: OutputMachine.Label, output: ConstrainedOutput) -> Verdict {
        stringEnd = nil
        let isReasoning = label.phase == .reasoning
        if isReasoning != wasReasoning {
            // What was thought may be said once more.
            forget()
            wasReasoning = isReasoning
        }
        let span = isReasoning ? limits.reasoningSpan : limits.span
        guard let loop = detector.consume(token, limits: limits, span: span) else {
            openCount = 0
            return .goOn
        }
        if isReasoning {
            guard output.machine.phase == .reasoning, output.machine.forcedToken == nil else { return .goOn }
            forget()
            reasoningCount += 1
            return .endThinking
        }
        if let end = output.stringEnd() {
            forget()
            stringCount += 1
            stringEnd = end
            return .closeString
        }
        // A string cannot be closed behind a backslash or inside a character: somewhere in the period it can.
        openCount += 1
        return output.isConstrained && openCount < loop.period ? .goOn : .finish(loop)
    }

    private mutating func forget() {
        detector.reset()
        openCount = 0
    }
}
