public import Tokens

/// What the tokens of an answer are held to, from token to token. The sampler knows masks, not grammars.
public protocol TokenConstraint: Sendable {
    /// Whether reasoning may come before the answer, free of the constraint.
    var allowsThinking: Bool { get }

    /// Whether any token may come next: there is no need for a mask.
    var isFree: Bool { get }

    /// The tokens that may come next; end tokens are among them where the answer may end.
    func mask() -> TokenMask

    /// The tokens that are likely to come next, one after the other, because there is little choice. A guess: what the mask
    /// allows is decided by the mask alone.
    func expectedTokens() -> [ExpectedToken]

    /// Whether so many tokens can complete the answer.
    func canBeComplete(within limit: Int) -> Bool

    /// The shortest way to a complete answer: no tokens where it may end here, nil where it takes more than the limit.
    func shortestCompletion(within limit: Int) -> [TokenID]?

    /// The token that closes the JSON string in which the answer stands; nil outside of strings, and where one must go on.
    func stringEnd() -> TokenID?

    /// Moves on by one token of the answer.
    mutating func accept(_ token: TokenID)
}

extension TokenConstraint {
    public var isFree: Bool { false }

    public func expectedTokens() -> [ExpectedToken] { [] }

    public func canBeComplete(within limit: Int) -> Bool { shortestCompletion(within: limit) != nil }

    public func shortestCompletion(within limit: Int) -> [TokenID]? { nil }

    public func stringEnd() -> TokenID? { nil }
}

/// A token that an output's form leaves little choice but to draw.
public struct ExpectedToken: Hashable, Sendable {
    public var id: TokenID
    /// Whether its text is a matter of taste, white space that may be there or not. Otherwise only its cut is.
    public var isOptional: Bool

    public init(_ id: TokenID, isOptional: Bool = false) {
        self.id = id
        self.isOptional = isOptional
    }
}
