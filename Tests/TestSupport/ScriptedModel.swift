public import Compute
public import Models
public import Tokens

/// A model whose logits are a function of the tokens it was shown, so that tests of what is above it are exact and instant.
///
/// It keeps each token in a memory of its own, at the place that the batch's block table names, and reads the history back
/// through the table. A wrong table, a stale block or a wrong position therefore gives another history, and other tokens.
public final class ScriptedModel: CausalLanguageModel {
    /// Writes the logits of what follows a history.
    public typealias Script = @Sendable (_ history: [TokenID], _ logits: inout [Float]) -> Void

    public let shape: ModelShape
    private let script: Script
    private let damage: @Sendable () -> Bool
    private let willCompute: (@Sendable (_ rowCount: Int) -> Void)?
    private var memory: [Int32] = []
    /// The context window in which each token of the memory was computed.
    private var windows: [Int32] = []
    private var blockLength = 1
    private var rowLimit = 0
    private var values: UnsafeMutablePointer<Float>
    private var states: UnsafeMutablePointer<Float>
    private var logitRowLimit = 0

    /// - Parameters:
    ///   - vocabularySize: the length of a row of logits.
    ///   - contextLength: the longest sequence.
    ///   - windows: its context windows; by default one of `contextLength`. A sequence that reads what another window left ends
    ///     the process.
    ///   - hasHead: whether logits may be asked for.
    ///   - willCompute: called on the engine thread before each step, with its row count; may wait.
    ///   - isDamaged: whether its weights are gone.
    ///   - script: the logits of what follows a history; by default pseudo-random ones.
    public init(
        vocabularySize: Int = 64, contextLength: Int = 4096, windows: [ContextWindow] = [], hasHead: Bool = true,
        willCompute: (@Sendable (_ rowCount: Int) -> Void)? = nil,
        isDamaged: @escaping @Sendable () -> Bool = { false }, script: Script? = nil
    ) {
        shape = ModelShape(
            layerCount: 1, hiddenSize: 8, headCount: 1, keyValueHeadCount: 1, headDimension: 8,
            vocabularySize: vocabularySize, contextLength: windows.last?.length ?? contextLength, hasHead: hasHead,
            windows: windows)
        self.willCompute = willCompute
        damage = isDamaged
        self.script = script ?? Self.hashed(seed: 1)
        values = UnsafeMutablePointer<Float>.allocate(capacity: 1)
        states = UnsafeMutablePointer<Float>.allocate(capacity: 1)
    }

    public var isDamaged: Bool { damage() }

    deinit {
        values.deallocate()
        states.deallocate()
    }

    /// Pseudo-random logits in −4…4 that depend on every token of the history.
    public static func hashed(seed: UInt64) -> Script {
        { history, logits in
            var hash = seed
            for token in history {
                hash = (hash ^ UInt64(UInt32(bitPattern: token.rawValue))) &* 0x9E37_79B9_7F4A_7C15
                hash ^= hash >> 29
            }
            for index in logits.indices {
                hash = hash &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                logits[index] = Float(hash >> 40) * 0x1p-21 - 4
            }
        }
    }

    /// One token stands out, by 20: what `next` answers for the history.
    public static func choosing(_ next: @escaping @Sendable (_ history: [TokenID]) -> TokenID) -> Script {
        { history, logits in
            // By one call: tests are not optimised, and this runs for every token of theirs.
            logits.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
            logits[next(history).index] = 20
        }
    }

    /// After the last occurrence of `marker`, the reply token by token, and then `end` for ever.
    public static func replying(_ reply: [TokenID], after marker: [TokenID], end: TokenID) -> Script {
        choosing { history in
            var start = history.count - marker.count
            while start > 0 && !history[start...].starts(with: marker) {
                start -= 1
            }
            let place = history.count - start - marker.count
            return reply.indices.contains(place) ? reply[place] : end
        }
    }

    public func prepare(rowLimit: Int, logitRowLimit: Int) {
        self.rowLimit = rowLimit
        self.logitRowLimit = logitRowLimit
        values.deallocate()
        values = UnsafeMutablePointer<Float>.allocate(capacity: logitRowLimit * shape.vocabularySize)
        states.deallocate()
        states = UnsafeMutablePointer<Float>.allocate(capacity: logitRowLimit * shape.hiddenSize)
    }

    public func makeCache(blockCount: Int, blockLength: Int, format: KVCacheFormat) throws(ModelError) -> KVCacheStorage
    {
        memory = Array(repeating: -1, count: blockCount * blockLength)
        windows = Array(repeating: -1, count: blockCount * blockLength)
        self.blockLength = blockLength
        return try KVCacheStorage(shape: shape, blockCount: blockCount, blockLength: blockLength, format: format)
    }

    public func forward(_ batch: borrowing TokenBatch, cache: borrowing KVCacheStorage) -> ForwardOutput {
        precondition(batch.rowCount > 0 && batch.rowCount <= rowLimit, "the batch has \(batch.rowCount) rows")
        precondition(
            batch.logitRows.count + batch.stateRows.count <= logitRowLimit, "more rows want logits or states than may")
        willCompute?(batch.rowCount)
        for span in batch.spans {
            for row in Int(span.firstRow)..<Int(span.firstRow + span.rowCount) {
                let place = place(of: Int(batch.positions[row]), span, batch)
                memory[place] = batch.tokens[row].rawValue
                windows[place] = span.window
            }
        }
        var logits = Array(repeating: Float(0), count: shape.vocabularySize)
        for (index, row) in batch.logitRows.enumerated() {
            script(history(of: row, batch), &logits)
            (values + index * shape.vocabularySize).update(from: logits, count: logits.count)
        }
        for (index, row) in batch.stateRows.enumerated() {
            let state = Self.state(history(of: row, batch), count: shape.hiddenSize)
            (states + index * shape.hiddenSize).update(from: state, count: state.count)
        }
        return ForwardOutput(
            logits: Logits(values: values, rowCount: batch.logitRows.count, vocabularySize: shape.vocabularySize),
            states: RowsView(states, count: batch.stateRows.count, columns: shape.hiddenSize))
    }

    /// The state behind a history: pseudo-random numbers that depend on every token of it.
    public static func state(_ history: [TokenID], count: Int = 8) -> [Float] {
        var state = Array(repeating: Float(0), count: count)
        hashed(seed: 99)(history, &state)
        return state
    }

    /// The tokens of a row's sequence up to it, read back through its table.
    private func history(of row: Int32, _ batch: borrowing TokenBatch) -> [TokenID] {
        guard let span = batch.spans.first(where: { $0.firstRow <= row && row < $0.firstRow + $0.rowCount }) else {
            preconditionFailure("row \(row) belongs to no sequence")
        }
        return (0...Int(batch.positions[Int(row)])).map {
            let place = place(of: $0, span, batch)
            precondition(windows[place] == span.window, "a sequence reads what another window left")
            return TokenID(rawValue: memory[place])
        }
    }

    private func place(of position: Int, _ span: TokenBatch.Span, _ batch: borrowing TokenBatch) -> Int {
        let index = position / blockLength
        precondition(index < span.blockCount, "position \(position) is beyond a table of \(span.blockCount) blocks")
        return Int(batch.blockTables[Int(span.firstBlock) + index]) * blockLength + position % blockLength
    }
}
