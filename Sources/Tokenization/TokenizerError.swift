/// Why a vocabulary could not become a tokenizer.
public struct TokenizerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place in the file, such as `model.merges[17]`.
    public let field: String
    /// What is wrong there.
    public let reason: String

    init(_ field: String, _ reason: String) {
        self.field = field
        self.reason = reason
    }

    public var description: String { "tokenizer: \(field): \(reason)" }
}
