public import Tokens

/// An output machine with what the output is held to once it has left its reasoning.
public struct ConstrainedOutput: Sendable {
    public var machine: OutputMachine
    private var constraint: (any TokenConstraint)?
    private let mayThink: Bool

    /// - Parameters:
    ///   - machine: labels the output.
    ///   - constraint: holds to it whatever is no reasoning; nil holds to nothing.
    public init(machine: OutputMachine, constraint: (any TokenConstraint)?) {
        self.machine = machine
        self.constraint = constraint
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

    /// The token that closes the JSON string in which the output stands, where it is held to a form with strings.
    public func stringEnd() -> TokenID? {
        guard let constraint, machine.phase != .reasoning, !constraint.isFree else { return nil }
        return constraint.stringEnd()
    }

    /// Moves on by one generated token and labels it.
    public mutating func accept(_ token: TokenID) -> OutputMachine.Label {
        let label = machine.accept(token)
        if label.phase != .reasoning {
            constraint?.accept(token)
        }
        return label
    }
}
