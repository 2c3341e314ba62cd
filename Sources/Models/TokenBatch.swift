public import Tokens

/// What one forward pass computes: rows of tokens, and for each sequence the cache blocks that hold its past.
///
/// Prefill chunks and decode rows are the same thing here. Rows of one sequence are adjacent and their positions ascend
/// by one; earlier positions must be in the cache already. Flat arrays, reused from step to step: after a warm-up,
/// filling a batch allocates nothing.
public struct TokenBatch: ~Copyable {
    /// The rows of one sequence, and its block table.
    public struct Span: BitwiseCopyable, Hashable, Sendable {
        public var firstRow: Int32
        public var rowCount: Int32
        /// Where its table begins in `blockTables`.
        public var firstBlock: Int32
        public var blockCount: Int32
        /// Which of the model's context windows it runs in.
        public var window: Int32
    }

    /// One token a row.
    public private(set) var tokens: [TokenID] = []
    /// A row's place in its sequence, from 0.
    public private(set) var positions: [Int32] = []
    /// The rows that want logits, ascending.
    public private(set) var logitRows: [Int32] = []
    /// The rows that want their states, ascending.
    public private(set) var stateRows: [Int32] = []
    /// The rows that want either, ascending: what the last layer computes in full.
    public private(set) var outputRows: [Int32] = []
    /// One span a sequence, in the order of the rows.
    public private(set) var spans: [Span] = []
    /// All tables, one after another: entry `i` of a table is the cache block that holds positions
    /// `i * blockLength ..< (i + 1) * blockLength` of its sequence.
    public private(set) var blockTables: [Int32] = []

    /// An empty batch with room for the given numbers.
    public init(rowLimit: Int = 0, sequenceLimit: Int = 0, blockLimit: Int = 0) {
        tokens.reserveCapacity(rowLimit)
        positions.reserveCapacity(rowLimit)
        logitRows.reserveCapacity(rowLimit)
        outputRows.reserveCapacity(rowLimit)
        spans.reserveCapacity(sequenceLimit)
        blockTables.reserveCapacity(blockLimit)
    }

    public var rowCount: Int { tokens.count }
    public var isEmpty: Bool { tokens.isEmpty }

    /// Empties the batch and keeps its memory.
    public mutating func removeAll() {
        tokens.removeAll(keepingCapacity: true)
        positions.removeAll(keepingCapacity: true)
        logitRows.removeAll(keepingCapacity: true)
        stateRows.removeAll(keepingCapacity: true)
        outputRows.removeAll(keepingCapacity: true)
        spans.removeAll(keepingCapacity: true)
        blockTables.removeAll(keepingCapacity: true)
    }

    /// Starts the next sequence: rows appended from here on are its own.
    ///
    /// The table must reach the last row's position. A sequence runs in the same of the model's context windows all its life.
    public mutating func beginSequence(blockTable: some Collection<Int32>, window: Int = 0) {
        spans.append(
            Span(
                firstRow: Int32(tokens.count),
                rowCount: 0,
                firstBlock: Int32(blockTables.count),
                blockCount: Int32(blockTable.count),
                window: Int32(window)
            )
        )
        blockTables.append(contentsOf: blockTable)
    }

    /// Adds a row to the current sequence.
    public mutating func append(token: TokenID, position: Int, wantsLogits: Bool, wantsState: Bool = false) {
        precondition(!spans.isEmpty, "a row before any sequence")
        let span = spans[spans.count - 1]
        precondition(
            span.rowCount == 0 || Int(positions[positions.count - 1]) + 1 == position,
            "positions of a sequence must ascend by one"
        )
        if wantsLogits { logitRows.append(Int32(tokens.count)) }
        if wantsState { stateRows.append(Int32(tokens.count)) }
        if wantsLogits || wantsState { outputRows.append(Int32(tokens.count)) }
        tokens.append(token)
        positions.append(Int32(position))
        spans[spans.count - 1].rowCount += 1
    }
}
