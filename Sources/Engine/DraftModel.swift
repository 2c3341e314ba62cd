internal import Compute
internal import Models
internal import Sampling
internal import Tokens

/// A small model that guesses what the large one will say, with a key-value cache of its own.
///
/// A guess is drawn as the request's own tokens are: with its sampling parameters and its numbered random numbers. So a
/// draft that thinks alike draws alike, also at a high temperature. Used on the engine thread.
final class DraftModel {
    /// A sequence as the draft knows it.
    private struct State {
        /// The sequence's tokens up to the last call, and guesses behind them.
        var history: [TokenID] = []
        /// How many of them are not guesses.
        var confirmedCount = 0
        /// Tokens whose keys and values are in the cache.
        var computedCount = 0
        var blockTable: [BlockID] = []
        /// The sequence holds a token that the draft does not know.
        var isForeign = false
        /// Which of the draft's context windows it runs in.
        var window = 0
    }

    /// The most sequences for which it guesses in one step.
    static let sequenceLimit = 4

    private let model: any CausalLanguageModel
    private let cache: KVCacheStorage
    private let rowLimit: Int
    private let blockLength: Int
    private let tokenLimit: Int
    /// For each of the engine's context windows, the draft's for sequences of that length.
    private let windows: [Int]
    private var allocator: BlockAllocator
    private let sampler: Sampler
    private var logitRows: [SamplingRow] = []
    private var sampledRows: [SampledRow] = []
    private var batch = TokenBatch()
    /// By the scheduler's slots.
    private var states: [State] = []
    /// The slots whose rows the batch holds, and whether they reach the end.
    private var members: [(slot: Int, reachesEnd: Bool)] = []
    /// Seconds of a pass with one row a sequence, as measured lately; nil before the first.
    private(set) var passSeconds: Double?

    /// - Parameters:
    ///   - model: the draft.
    ///   - limits: those of the engine; the draft has as many blocks as the large model.
    ///   - configuration: the engine's.
    ///   - tokenLimit: ids from here on are never guessed.
    ///   - windows: the engine's context windows.
    ///   - pool: who reads the draft's logits.
    /// - Throws: `ModelError` when there is no memory for the cache.
    init(
        model: any CausalLanguageModel, limits: Scheduler.Limits, configuration: EngineConfiguration, tokenLimit: Int,
        windows: [ContextWindow], pool: WorkerPool
    ) throws {
        self.model = model
        rowLimit = limits.rowCount
        blockLength = limits.blockLength
        self.tokenLimit = min(tokenLimit, model.shape.vocabularySize)
        self.windows = windows.map { model.shape.windows.place(holding: $0.length) }
        model.prepare(rowLimit: rowLimit, logitRowLimit: Self.sequenceLimit)
        cache = try model.makeCache(
            blockCount: limits.blockCount, blockLength: blockLength, format: configuration.kvCacheFormat)
        allocator = BlockAllocator(blockCount: limits.blockCount)
        sampler = Sampler(vocabularySize: model.shape.vocabularySize, vocabularyLimit: self.tokenLimit, pool: pool)
    }

    /// Forgets the sequence of a slot.
    func remove(_ slot: Int) {
        guard slot < states.count else { return }
        dropBlocks(of: slot, keeping: 0)
        states[slot] = State()
    }

    /// Takes in what was generated since, and answers whether the draft can guess for the sequence at all.
    func follow(_ slot: Int, _ tokens: [TokenID], window: Int, guessCount: Int) -> Bool {
        while states.count <= slot {
            states.append(State())
        }
        states[slot].window = windows[window]
        var agreed = states[slot].confirmedCount
        while agreed < min(states[slot].history.count, tokens.count), states[slot].history[agreed] == tokens[agreed] {
            agreed += 1
        }
        states[slot].history.removeLast(states[slot].history.count - agreed)
        states[slot].computedCount = min(states[slot].computedCount, agreed)
        for token in tokens[agreed...] {
            if token.index >= model.shape.vocabularySize {
                states[slot].isForeign = true
            }
            states[slot].history.append(token)
        }
        states[slot].confirmedCount = tokens.count
        let contextLength = model.shape.windows[states[slot].window].length
        guard !states[slot].isForeign, tokens.count + guessCount <= contextLength else { return false }
        return reserve(slot, tokens.count + guessCount)
    }

    /// Guesses for some sequences at once; for one whose past the draft has yet to see, the step may end without guesses.
    ///
    /// - Parameters:
    ///   - requests: the slots, each followed already, and how many guesses each wants.
    ///   - generations: by slot; each gets its guesses.
    func guess(_ requests: [Request], generations: [ActiveGeneration?]) {
        let start = ContinuousClock.now
        var passCount = 0
        var isUsual = true
        while fillBatch(requests, generations) {
            // After a step whose guesses were all right, the cache lacks two tokens of a sequence.
            isUsual = isUsual && batch.rowCount <= 2 * members.count
            let logits = model.forward(batch, cache: cache).logits
            drawGuesses(logits, requests, generations)
            passCount += 1
            if members.contains(where: { !$0.reachesEnd }) {
                return
            }
        }
        if isUsual && passCount > 0 {
            let seconds = (ContinuousClock.now - start) / .seconds(1) / Double(passCount)
            passSeconds = passSeconds.map { $0 + (min(seconds, 3 * $0) - $0) * 0.1 } ?? seconds
        }
    }

    /// A wish for guesses.
    struct Request {
        var slot: Int
        var count: Int
        var promptCount: Int
    }

    /// What is wrong with the books, in sentences; nothing if all is well.
    func integrityViolations() -> [String] {
        var violations: [String] = []
        let held = states.reduce(0) { $0 + $1.blockTable.count }
        if held + allocator.freeCount != allocator.blockCount {
            violations.append("the draft holds \(held) blocks, \(allocator.freeCount) are free")
        }
        for state in states where state.computedCount > state.blockTable.count * blockLength {
            violations.append("the draft has computed \(state.computedCount) tokens into too few blocks")
        }
        return violations
    }
}

extension DraftModel {
    /// The next pass: what each sequence's cache lacks. Answers whether there is anything to compute.
    private func fillBatch(_ requests: [Request], _ generations: [ActiveGeneration?]) -> Bool {
        batch.removeAll()
        members.removeAll(keepingCapacity: true)
        for request in requests {
            let slot = request.slot
            guard let generation = generations[slot], generation.speculation.guesses.count < request.count else {
                continue
            }
            let first = states[slot].computedCount
            let count = min(states[slot].history.count - first, rowLimit - batch.rowCount)
            guard count > 0 else { continue }
            let reachesEnd = first + count == states[slot].history.count
            batch.beginSequence(blockTable: states[slot].blockTable, window: states[slot].window)
            for position in first..<first + count {
                batch.append(
                    token: states[slot].history[position], position: position,
                    wantsLogits: reachesEnd && position == first + count - 1)
            }
            states[slot].computedCount += count
            members.append((slot, reachesEnd))
        }
        return !batch.isEmpty
    }

    private func drawGuesses(
        _ logits: Logits, _ requests: [Request], _ generations: [ActiveGeneration?]
    ) {
        logitRows.removeAll(keepingCapacity: true)
        let drawing = requests.filter { request in
            generations[request.slot] != nil
                && members.contains { $0.slot == request.slot && $0.reachesEnd }
        }
        for request in drawing {
            guard let generation = generations[request.slot] else { continue }
            let history = TokenHistory(states[request.slot].history, promptCount: request.promptCount)
            unsafe logitRows.append(
                SamplingRow(logits.row(logitRows.count), draw: (plan: generation.sampling, history: history)))
        }
        sampler.read(logitRows, into: &sampledRows)
        // Histories grow in place only while nobody else holds them.
        logitRows.removeAll(keepingCapacity: true)
        for (request, sampled) in zip(drawing, sampledRows) {
            guard let token = sampled.token else { continue }
            states[request.slot].history.append(token)
            generations[request.slot]?.speculation.guesses.append(token)
        }
    }

    /// Gives a sequence blocks for so many tokens, unless there are none; nobody gives way to a guess.
    private func reserve(_ slot: Int, _ tokenCount: Int) -> Bool {
        let needed = (tokenCount + blockLength - 1) / blockLength
        guard allocator.canAllocate(max(0, needed - states[slot].blockTable.count)) else { return false }
        while states[slot].blockTable.count < needed {
            states[slot].blockTable.append(allocator.allocate())
        }
        return true
    }

    private func dropBlocks(of slot: Int, keeping count: Int) {
        while states[slot].blockTable.count > count {
            let block = states[slot].blockTable.removeLast()
            if allocator.release(block) {
                allocator.free(block)
            }
        }
    }
}
