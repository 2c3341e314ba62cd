public import Tokens

/// What the tokens of an answer are held to, from token to token. The sampler knows masks, not grammars.
public protocol TokenConstraint: Sendable {
    /// Whether reasoning may come before the answer, free of the constraint.
    var allowsThinking: Bool { get }

    /// Whether any token may come next: there is no need for a mask.
    var isFree: Bool { get }

    /// The tokens that may come next; end tokens are among them where the answer may end.
    func mask() -> TokenMask

    /// Moves on by one token of the answer.
    mutating func accept(_ token: TokenID)
}

extension TokenConstraint {
    public var isFree: Bool { false }
}
