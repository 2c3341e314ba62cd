internal import JSON

/// Why a conversation could not become a prompt.
public struct ChatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong: the value's path, such as `messages[2].content`, or `template`.
    public let field: String
    public let reason: String

    /// An error at a field.
    public init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    public var description: String { "\(field): \(reason)" }

    static func wrongType(_ path: JSONPath, expected: String, found: JSONValue) -> ChatError {
        ChatError(field: path.description, reason: "expected \(expected), found \(found.kind)")
    }
}
