public import Tokens

/// Which added tokens a text may hold; the others are ordinary text in it.
public enum AddedTokenPermission: Hashable, Sendable {
    /// Every added token.
    case all
    /// Those that are not special: in Qwen's vocabulary the tags for thinking, tools and code completion.
    case onlyUnspecial
    /// None: all is text.
    case none
    /// These alone.
    case only(Set<TokenID>)

    /// Whether this added token may be recognised.
    public func allows(_ token: AddedToken) -> Bool {
        switch self {
        case .all: true
        case .onlyUnspecial: !token.isSpecial
        case .none: false
        case .only(let ids): ids.contains(token.id)
        }
    }
}

/// A stretch of a text with its own permission for added tokens.
public struct TextSpan: Hashable, Sendable {
    public var text: String
    public var addedTokens: AddedTokenPermission

    public init(_ text: String, addedTokens: AddedTokenPermission) {
        self.text = text
        self.addedTokens = addedTokens
    }
}

/// A token that was added to the vocabulary as a whole and no merge produces.
public struct AddedToken: Hashable, Sendable {
    public let id: TokenID
    /// The text that stands for it.
    public let text: String
    /// Whether it is markup that decoding may leave out.
    public let isSpecial: Bool

    public init(id: TokenID, text: String, isSpecial: Bool) {
        self.id = id
        self.text = text
        self.isSpecial = isSpecial
    }
}
