public import Tokens

/// The rows of one step, as flat arrays that are reused from step to step.
///
/// A row is a token at a position of its sequence. Rows of one sequence are adjacent and ascending; a span says where they
/// lie and where the sequence's block table does. Block `b` of a table holds positions `b × blockLength` up to the next.
public struct TokenBatch: ~Copyable {
    /// The rows and the block table of one sequence.
    public struct Span: Hashable, Sendable, BitwiseCopyable {
        public var firstRow: Int
        public var rowCount: Int
        /// Where the sequence's block table begins in `blockTables`.
        public var firstBlock: Int
        public var blockCount: Int
    }

    /// Per row: the token.
    public private(set) var tokens: [TokenID] = []
    /// Per row: the token's place in its sequence, from 0.
    public private(set) var positions: [Int32] = []
    /// The rows whose logits are wanted, ascending.
    public private(set) var logitRows: [Int32] = []
    /// One per sequence, in row order.
    public private(set) var spans: [Span] = []
    /// The block tables of all sequences, one after another: block numbers of the cache.
    public private(set) var blockTables: [Int32] = []

    public init() {}

    public var rowCount: Int { tokens.count }

    /// Empties the batch and keeps its memory.
    public mutating func removeAll() {
        tokens.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        logitRows.removeAll(keepingCapacity: true)
        spans.removeAll(keepingCapacity: true)
        blockTables.removeAll(keepingCapacity: true)
    }

    /// Opens a span; the rows appended from now on belong to it.
    public mutating func beginSequence(blockTable: some Collection<Int32>) {
        spans.append(
            Span(firstRow: rowCount, rowCount: 0, firstBlock: blockTables.count, blockCount: blockTable.count))
        blockTables.append(contentsOf: blockTable)
    }

    /// Appends a row to the span that was opened last.
    public mutating func append(token: TokenID, position: Int, wantsLogits: Bool) {
        precondition(!spans.isEmpty, "a row belongs to a sequence: call beginSequence first")
        if wantsLogits {
            logitRows.append(Int32(truncatingIfNeeded: rowCount))
        }
        tokens.append(token)
        positions.append(Int32(truncatingIfNeeded: position))
        spans[spans.count - 1].rowCount += 1
    }
}
