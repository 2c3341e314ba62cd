internal import Tokens

/// Decides which rows each step computes, and owns the blocks that they are computed into. Pure: no model, no clock.
///
/// Every running sequence with one pending token gets its decode row first. Prefill chunks fill what is left of the step's
/// budget, of running sequences and of waiting ones, which start while their whole prompt finds room: what is urgent first,
/// then whose client was served least, then by priority and age. A sequence that cannot grow preempts the youngest of the
/// client that holds most, which gives its blocks back and waits for its turn to be computed again. A client with less than
/// its share of the running sequences, or of the blocks, takes room from those with more.
struct Scheduler {
    struct Limits: Hashable {
        /// The most rows of a step; more than `sequenceCount`.
        var rowCount: Int
        /// The most sequences that run.
        var sequenceCount: Int
        /// The most rows of a step whose logits tell about a prompt or about a guess.
        var promptLogitRowCount: Int
        var blockCount: Int
        var blockLength: Int
        /// The model's context windows.
        var windowCount = 1
    }

    let limits: Limits
    var pool: BlockPool
    /// What rows come to in the step's budget.
    var depthCost: DepthCost
    /// By slot; meaningless where the slot is vacant.
    private(set) var sequences: [SequenceState] = []
    private var vacantSlots: [Int] = []
    /// Slots of the running sequences, in order.
    private(set) var running: [Int] = []
    /// Slots of the waiting sequences, in order.
    private(set) var waiting: [Int] = []
    private(set) var shares = WorkShares()
    private var nextArrival: UInt64 = 0
    private(set) var stepNumber: UInt64 = 0
    private var matched: [PrefixCache.Published] = []
    /// What was computed ahead.
    private(set) var aheadBlocks: AheadBlocks
    private(set) var cacheQueryTokenCount = 0
    private(set) var cacheHitTokenCount = 0

    init(limits: Limits) {
        self.limits = limits
        depthCost = DepthCost(budget: limits.rowCount)
        pool = BlockPool(blockCount: limits.blockCount, blockLength: limits.blockLength)
        aheadBlocks = AheadBlocks(blockCount: limits.blockCount)
    }

    /// Whether a step would do anything that somebody waits for.
    var hasWork: Bool {
        running.contains { !sequences[$0].isPaused && !sequences[$0].isAhead }
            || waiting.contains { !sequences[$0].isPaused && !sequences[$0].isAhead }
    }

    var isEmpty: Bool { running.isEmpty && waiting.isEmpty }

    /// Queues a sequence and answers its slot. Its prompt must fit into the cache.
    mutating func add(
        prompt: [TokenID], usesPrefixCache: Bool = true, scope: PrefixScope = PrefixScope(), priority: Int = 0,
        group: PromptGroup? = nil, wantsPromptLogits: Bool = false,
        client: EngineClient = .everybody, urgency: RequestUrgency = .interactive
    ) -> Int {
        add(
            SequenceState(
                prompt: prompt, usesPrefixCache: usesPrefixCache, scope: scope, priority: priority,
                group: group, wantsPromptLogits: wantsPromptLogits, arrival: nextArrival,
                clientPlace: shares.join(client),
                urgentAt: urgency == .batch ? shares.workCount + WorkShares.longTime : 0))
    }

    /// Queues the full blocks of a prompt that nobody has asked for yet, for steps without other sequences, and answers its
    /// slot; nil if all of them are cached, or find no room without taking it from somebody.
    mutating func addAhead(prompt: [TokenID], scope: PrefixScope, rowCount: Int) -> Int? {
        let blockCount = prompt.count / limits.blockLength
        guard hasRoom(for: prompt, blockCount: blockCount, reusableCount: prompt.count, scope: scope),
            matched.count < blockCount
        else { return nil }
        return add(
            SequenceState(
                prompt: Array(prompt.prefix(blockCount * limits.blockLength)), scope: scope, arrival: nextArrival,
                aheadRowCount: rowCount))
    }

    private mutating func add(_ sequence: SequenceState) -> Int {
        nextArrival += 1
        let slot: Int
        if let vacant = vacantSlots.popLast() {
            sequences[vacant] = sequence
            slot = vacant
        } else {
            slot = sequences.count
            sequences.append(sequence)
        }
        waiting.insert(slot, at: orderedPlace(of: slot, in: waiting))
        return slot
    }

    /// Plans a step. Each of its chunks must be computed, and settled or removed, before the next plan.
    mutating func plan(into plan: inout StepPlan) {
        plan.removeAll()
        stepNumber += 1
        makeWay(&plan)
        planDecodeRows(&plan)
        var promptLogitRows = limits.promptLogitRowCount
        planPrefills(&plan, &promptLogitRows)
        plan.spareLogitRowCount = promptLogitRows
    }

    /// Adds rows for guesses to one of the plan's decode rows, as far as there is room for which nobody gives way.
    ///
    /// - Returns: how many guesses the chunk has room for, at most `count`.
    mutating func extend(_ index: Int, by count: Int, in plan: inout StepPlan) -> Int {
        let slot = plan.chunks[index].slot
        let length = limits.blockLength
        var granted = max(0, min(count, limits.rowCount - plan.rowCount, plan.spareLogitRowCount))
        while sequences[slot].blockTable.count * length < sequences[slot].tokens.count + granted {
            // Each sequence that runs may soon need a block more.
            if pool.availableCount > running.count, let block = pool.take() {
                sequences[slot].blockTable.append(block)
            } else {
                granted = sequences[slot].blockTable.count * length - sequences[slot].tokens.count
            }
        }
        sequences[slot].plannedCount += granted
        charge(granted * WorkShares.replyRowCost, to: slot)
        plan.extend(index, by: granted)
        return granted
    }

    /// The chunk's rows are in the cache now; full blocks become known to others. Guesses are not counted in.
    mutating func settle(_ chunk: StepPlan.Chunk) {
        let slot = chunk.slot
        sequences[slot].computedCount += chunk.rowCount - chunk.guessCount
        sequences[slot].plannedCount = 0
        if let next = sequences[slot].nextPromptLogitPosition {
            sequences[slot].nextPromptLogitPosition = max(next, sequences[slot].computedCount)
        }
        publishFullBlocks(of: slot)
    }

    /// Adds a generated token, which the next step computes unless this one did already, as a guess.
    mutating func append(_ token: TokenID, to slot: Int, isComputed: Bool = false) {
        sequences[slot].tokens.append(token)
        if isComputed {
            sequences[slot].computedCount += 1
            publishFullBlocks(of: slot)
        }
    }

    /// Gives back the blocks that only wrong guesses reached. What the others hold of them is overwritten.
    mutating func dropGuesses(of slot: Int) {
        let needed = (sequences[slot].tokens.count + limits.blockLength - 1) / limits.blockLength
        while sequences[slot].blockTable.count > needed {
            pool.release(sequences[slot].blockTable.removeLast())
        }
    }

    /// Removes a sequence, wherever it stands, and releases its blocks.
    mutating func remove(_ slot: Int) {
        releaseBlocks(of: slot)
        running.removeAll { $0 == slot }
        waiting.removeAll { $0 == slot }
        sequences[slot].tokens = []
        if !sequences[slot].isAhead {
            shares.leave(sequences[slot].clientPlace)
        }
        vacantSlots.append(slot)
    }

    /// Leaves a sequence out of the plans, or takes it in again. It keeps its blocks until others need them.
    mutating func setPaused(_ isPaused: Bool, _ slot: Int) {
        sequences[slot].isPaused = isPaused
    }

    private mutating func planDecodeRows(_ plan: inout StepPlan) {
        var place = 0
        while place < running.count {
            let slot = running[place]
            if sequences[slot].isPaused || sequences[slot].pendingCount != 1 {
                place += 1
                continue
            }
            if grow(slot, &plan) {
                append(slot, rowCount: 1, to: &plan)
            }
            // Growing may have preempted sequences before and behind this one, or the sequence itself.
            place = (running.firstIndex { !sequences[$0].goesBefore(sequences[slot]) && $0 != slot }) ?? running.count
        }
    }

    /// Gives a sequence the block for its next token, at the cost of a younger one if need be; if there is none, the
    /// sequence itself gives way and false is the answer.
    private mutating func grow(_ slot: Int, _ plan: inout StepPlan) -> Bool {
        while sequences[slot].blockTable.count * limits.blockLength < sequences[slot].tokens.count {
            if let block = pool.take() {
                sequences[slot].blockTable.append(block)
                continue
            }
            let victim = victim() ?? slot
            preempt(victim, &plan)
            if victim == slot {
                return false
            }
        }
        return true
    }

    mutating func append(_ slot: Int, rowCount: Int, to plan: inout StepPlan) {
        sequences[slot].plannedCount = rowCount
        if sequences[slot].isFresh {
            sequences[slot].isFresh = false
            plan.admissionCount += 1
        }
        let isDecode = sequences[slot].pendingCount == 1
        let firstPosition = sequences[slot].computedCount
        charge(isDecode ? WorkShares.replyRowCost : rowCount, to: slot)
        plan.append(
            StepPlan.Chunk(
                slot: slot, firstPosition: firstPosition, rowCount: rowCount,
                reachesEnd: rowCount == sequences[slot].pendingCount && !sequences[slot].isAhead),
            workCount: isDecode ? rowCount : depthCost.workCount(rowCount: rowCount, from: firstPosition))
    }

    private mutating func charge(_ cost: Int, to slot: Int) {
        guard !sequences[slot].isAhead else { return }
        shares.charge(cost, to: sequences[slot].clientPlace)
    }

    /// This step's plan needs to look at the sequence's prompt no more.
    mutating func noteConsidered(_ slot: Int) {
        sequences[slot].consideredIn = stepNumber
    }

    /// Starts a sequence for which room was made.
    mutating func admit(_ slot: Int) {
        start(slot)
        waiting.removeAll { $0 == slot }
        running.insert(slot, at: orderedPlace(of: slot, in: running))
    }

    /// Starts those who wait first at the cost of others, where there is no room and they have a right to it.
    private mutating func makeWay(_ plan: inout StepPlan) {
        guard shares.activeCount > 1 || running.contains(where: { !isUrgent($0) }) else { return }
        while let slot = firstWaiting(), !hasRoom(for: slot) {
            while !hasRoom(for: slot) {
                guard let victim = debtor(to: slot) else { return }
                preempt(victim, &plan)
            }
            admit(slot)
        }
    }

    /// Makes room for a sequence if it can be had: paused ones give way, others do not.
    mutating func makeRoom(for slot: Int, _ plan: inout StepPlan) -> Bool {
        while !hasRoom(for: slot) {
            guard !sequences[slot].isAhead, let victim = running.last(where: { sequences[$0].isPaused }) else {
                return false
            }
            preempt(victim, &plan)
        }
        return true
    }

    /// Whether a sequence can start; then its prefix was looked up.
    private mutating func hasRoom(for slot: Int) -> Bool {
        let sequence = sequences[slot]
        return hasRoom(
            for: sequence.tokens, blockCount: blockCount(of: slot), reusableCount: sequence.reusableCount,
            scope: sequence.scope)
    }

    private mutating func hasRoom(
        for tokens: [TokenID], blockCount: Int, reusableCount: Int, scope: PrefixScope
    ) -> Bool {
        guard running.count < limits.sequenceCount else { return false }
        pool.cache.match(tokens, scope: scope, limit: reusableCount / limits.blockLength, into: &matched)
        let revived = matched.count { pool.cache.isEvictable($0.block) }
        // Each sequence that runs may soon need a block more: whoever starts now shall not be preempted at once.
        return blockCount - matched.count + revived + running.count <= pool.availableCount
    }

    /// Gives a sequence its matched prefix and blocks for all its other tokens.
    private mutating func start(_ slot: Int) {
        for published in matched {
            pool.retain(published.block)
            sequences[slot].blockTable.append(published.block)
        }
        sequences[slot].publishedCount = matched.count
        sequences[slot].lastSerial = matched.last?.serial ?? BlockHash.rootSerial
        sequences[slot].computedCount = matched.count * limits.blockLength
        while sequences[slot].blockTable.count * limits.blockLength < sequences[slot].tokens.count {
            guard let block = pool.take() else { break }
            sequences[slot].blockTable.append(block)
        }
        sequences[slot].isRunning = true
        sequences[slot].isFresh = true
        if sequences[slot].cachedCount == nil, !sequences[slot].isAhead {
            sequences[slot].cachedCount = sequences[slot].computedCount
            sequences[slot].cachedElsewhereCount = cachedElsewhereCount(slot)
            aheadBlocks.find(matched)
            cacheQueryTokenCount += sequences[slot].promptCount
            cacheHitTokenCount += sequences[slot].computedCount
        }
    }

    private mutating func preempt(_ slot: Int, _ plan: inout StepPlan) {
        releaseBlocks(of: slot)
        running.removeAll { $0 == slot }
        waiting.insert(slot, at: orderedPlace(of: slot, in: waiting))
        plan.preemptionCount += 1
    }

    /// The last blocks first, so that they are evicted first: the beginning of a prefix serves more sequences than its end.
    private mutating func releaseBlocks(of slot: Int) {
        for block in sequences[slot].blockTable.reversed() {
            pool.release(block)
        }
        sequences[slot].blockTable.removeAll(keepingCapacity: true)
        sequences[slot].computedCount = 0
        sequences[slot].publishedCount = 0
        sequences[slot].lastSerial = BlockHash.rootSerial
        sequences[slot].hasBrokenChain = false
        sequences[slot].plannedCount = 0
        sequences[slot].isRunning = false
    }

    private mutating func publishFullBlocks(of slot: Int) {
        let length = limits.blockLength
        guard sequences[slot].usesPrefixCache, !sequences[slot].hasBrokenChain else { return }
        while (sequences[slot].publishedCount + 1) * length <= sequences[slot].computedCount {
            let index = sequences[slot].publishedCount
            let published = pool.publish(
                sequences[slot].blockTable[index],
                content: sequences[slot].tokens[index * length..<(index + 1) * length],
                parentSerial: sequences[slot].lastSerial, scope: sequences[slot].scope)
            guard let published else {
                sequences[slot].hasBrokenChain = true
                return
            }
            if sequences[slot].isAhead, published.block == sequences[slot].blockTable[index] {
                aheadBlocks.add(published)
            }
            sequences[slot].blockTable[index] = published.block
            sequences[slot].publishedCount += 1
            sequences[slot].lastSerial = published.serial
        }
    }

    private func orderedPlace(of slot: Int, in order: [Int]) -> Int {
        order.firstIndex { sequences[slot].goesBefore(sequences[$0]) } ?? order.count
    }
}
