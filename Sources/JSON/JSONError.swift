/// Why a text is not JSON, and where.
public struct JSONError: Error, Hashable, Sendable {
    /// The offset in bytes of what is wrong.
    public var offset: Int
    /// One clause without a full stop, such as `expected ',' or ']'`.
    public var reason: String

    /// An error at an offset in bytes.
    public init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }
}

extension JSONError: CustomStringConvertible {
    public var description: String { "invalid JSON at byte \(offset): \(reason)" }
}

/// What a JSON text from outside may cost.
public struct JSONLimits: Hashable, Sendable {
    /// How deep arrays and objects may nest; bounds the parser's stack.
    public var maximumDepth: Int

    /// 128 levels.
    public static let `default` = JSONLimits(maximumDepth: 128)

    /// Limits; depths above 512 count as 512, which a small thread's stack still holds.
    public init(maximumDepth: Int) {
        self.maximumDepth = min(maximumDepth, 512)
    }
}
