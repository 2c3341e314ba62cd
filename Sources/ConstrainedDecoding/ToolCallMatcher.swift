public import Sampling
public import Tokens

/// Holds each tool call of an output to a grammar, from tag to tag, and leaves what stands around calls free.
public struct ToolCallMatcher: TokenConstraint {
    private let call: CompiledGrammar
    private let calls: ToolCallDefinition
    private var current: GrammarMatcher?

    /// - Parameters:
    ///   - call: the grammar of one call, tags included.
    ///   - calls: what it was compiled of. Where it allows one call only, the output ends behind it.
    public init(call: CompiledGrammar, calls: ToolCallDefinition) {
        self.call = call
        self.calls = calls
    }

    public var allowsThinking: Bool { true }

    public var isFree: Bool { current == nil }

    public func mask() -> TokenMask { (current ?? call.makeMatcher()).mask() }

    public func expectedTokens() -> [ExpectedToken] { current?.expectedTokens() ?? [] }

    public func canBeComplete(within limit: Int) -> Bool {
        current?.canBeComplete(within: limit) ?? true
    }

    public func shortestCompletion(within limit: Int) -> [TokenID]? {
        guard let current else { return [] }
        return current.shortestCompletion(within: limit)
    }

    public func stringEnd() -> TokenID? { current?.stringEnd() }

    public mutating func accept(_ token: TokenID) {
        if current == nil, token == calls.open {
            current = call.makeMatcher()
        }
        current?.accept(token)
        if token == calls.close, calls.count == .oneOrMore {
            current = nil
        }
    }
}
