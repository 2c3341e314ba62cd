public import Tokens

/// An output machine with what the output is held to once it has left its reasoning.
public struct ConstrainedOutput: Sendable {
    public var machine: OutputMachine
    private var constraint: (any TokenConstraint)?
    private let mayThink: Bool
    private let closesAtLimit: Bool
    /// What is left of the tokens that complete the answer; nil while there is room for others.
    private var closing: ArraySlice<TokenID>?

    /// - Parameters:
    ///   - machine: labels the output.
    ///   - constraint: holds to it whatever is no reasoning; nil holds to nothing.
    ///   - closesAtLimit: whether an answer is completed before the output's tokens run out.
    public init(machine: OutputMachine, constraint: (any TokenConstraint)?, closesAtLimit: Bool = false) {
        self.machine = machine
        self.constraint = constraint
        self.closesAtLimit = closesAtLimit && constraint != nil
        mayThink = constraint?.allowsThinking ?? true
    }

    public var isConstrained: Bool { constraint != nil }

    /// The tokens that may be drawn next; nil if all may.
    public func mask() -> TokenMask? {
        guard let constraint, machine.phase != .reasoning, !constraint.isFree else { return nil }
        var mask = constraint.mask()
        if mayThink, let tag = machine.openingThinkTag {
            mask.insert(tag.index)
        }
        return mask
    }

    /// The tokens that are likely to come next because little else may.
    public func expectedTokens() -> [ExpectedToken] {
        guard let constraint, machine.phase != .reasoning, !constraint.isFree else { return [] }
        return constraint.expectedTokens()
    }

    /// All tokens that must come next, in order; empty if the next one is drawn.
    public var forcedTokens: ArraySlice<TokenID> { closing ?? machine.forcedTokens }

    /// Whether the answer was completed for want of room, so that nothing follows.
    public var isClosed: Bool { closing?.isEmpty ?? false }

    /// The token that stands for a drawn one: see ``OutputMachine/resolve(_:)``. Where an answer is to be completed in time
    /// and could not be behind the drawn token, its completion begins instead; an end stands for one of no tokens.
    ///
    /// - Parameters:
    ///   - drawn: the drawn token.
    ///   - remainingCount: how many tokens the output may still have, this one included.
    /// - Returns: the token to go on with.
    public mutating func resolve(_ drawn: TokenID, remainingCount: Int) -> TokenID {
        let token = machine.resolve(drawn)
        guard closesAtLimit, let constraint, machine.phase != .reasoning, !machine.isEnd(token) else { return token }
        if mayThink, token == machine.openingThinkTag { return token }
        var next = constraint
        next.accept(token)
        guard !next.canBeComplete(within: remainingCount - 1),
            let completion = constraint.shortestCompletion(within: remainingCount),
            let first = completion.first ?? machine.ends.min()
        else { return token }
        closing = completion[...]
        return first
    }

    /// Whether an answer that was to be completed in time is complete; nil where none was to be.
    public var formEnd: FormEnd? {
        guard closesAtLimit, let constraint, !constraint.isFree else { return nil }
        return machine.phase != .reasoning && constraint.canBeComplete(within: 0) ? .closed : .open
    }

    /// The token that closes the JSON string in which the output stands, where it is held to a form with strings.
    public func stringEnd() -> TokenID? {
        guard let constraint, machine.phase != .reasoning, !constraint.isFree else { return nil }
        return constraint.stringEnd()
    }

    /// Moves on by one generated token and labels it.
    public mutating func accept(_ token: TokenID) -> OutputMachine.Label {
        let label = machine.accept(token)
        if closing?.isEmpty == false {
            closing?.removeFirst()
        }
        if label.phase != .reasoning {
            constraint?.accept(token)
        }
        return label
    }
}

/// What became of an answer that is held to a form and had to end.
public enum FormEnd: String, Sendable, Hashable {
    /// It is complete.
    case closed
    /// It is the beginning of one: its tokens were too few for any.
    case open
}
