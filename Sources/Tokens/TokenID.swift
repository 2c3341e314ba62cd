/// A row of the vocabulary: what the tokenizer writes, the model reads and the sampler draws.
///
/// Ids are dense from 0. A model's embedding may hold more rows than its tokenizer has tokens; those are never drawn.
@frozen
public struct TokenID: RawRepresentable, Hashable, Comparable, Sendable, BitwiseCopyable {
    public var rawValue: Int32

    @inlinable
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    @inlinable
    public init(_ index: Int) {
        self.rawValue = Int32(truncatingIfNeeded: index)
    }

    /// The id as an index into arrays of vocabulary length.
    @inlinable
    public var index: Int { Int(rawValue) }

    @inlinable
    public static func < (left: TokenID, right: TokenID) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension TokenID: ExpressibleByIntegerLiteral {
    @inlinable
    public init(integerLiteral value: Int32) {
        self.rawValue = value
    }
}

extension TokenID: CustomStringConvertible {
    public var description: String { String(rawValue) }
}
