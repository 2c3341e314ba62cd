internal import Models
internal import Sampling
internal import Tokens

/// The engine thread's own state, and its loop: take mail, then plan, run and settle a step.
struct EngineLoop: ~Copyable {
    private let model: any CausalLanguageModel
    private let cache: KVCacheStorage
    private let inbox: EngineInbox
    private let tokenBytes: any TokenByteSource
    private let contextLength: Int
    private let unreadTokenLimit: Int

    private var scheduler: Scheduler
    private var sampler: Sampler
    private var plan = StepPlan()
    private var batch = TokenBatch()
    private var mail = EngineInbox.Mail()
    /// By the scheduler's slots.
    private var generations: [ActiveGeneration?] = []
    private var statistics = EngineStatistics()

    /// - Throws: `ModelError` when there is no memory for the cache.
    init(
        model: any CausalLanguageModel, limits: EngineLimits, configuration: EngineConfiguration, inbox: EngineInbox,
        tokenBytes: any TokenByteSource
    ) throws {
        self.model = model
        self.inbox = inbox
        self.tokenBytes = tokenBytes
        contextLength = limits.contextLength
        unreadTokenLimit = max(1, configuration.unreadTokenLimit)
        model.prepare(rowLimit: limits.rowLimit, logitRowLimit: limits.logitRowLimit)
        cache = try model.makeCache(
            blockCount: limits.scheduler.blockCount, blockLength: limits.scheduler.blockLength,
            format: configuration.kvCacheFormat)
        scheduler = Scheduler(limits: limits.scheduler)
        sampler = Sampler(
            vocabularySize: model.shape.vocabularySize, vocabularyLimit: configuration.vocabularyLimit)
        statistics.blockCount = limits.scheduler.blockCount
        statistics.contextLength = contextLength
    }

    /// Works until the engine was drained.
    mutating func run() {
        while true {
            takeMail()
            if let deadline = mail.drainDeadline {
                if deadline <= .now {
                    cancelAll()
                }
                if scheduler.isEmpty {
                    publishStatistics()
                    return
                }
            }
            if scheduler.hasWork {
                step()
            } else {
                checkIntegrityWhenIdle()
                inbox.sleep(until: mail.drainDeadline)
            }
        }
    }

    private mutating func step() {
        scheduler.plan(into: &plan)
        noteStarts()
        if plan.rowCount > 0 {
            publishStatistics()
            fillBatch()
            statistics.prefillTokenCount += plan.prefillRowCount
            let logits = model.forward(batch, cache: cache)
            settle(logits)
            statistics.stepCount += 1
        }
        statistics.preemptionCount += plan.preemptionCount
        publishStatistics()
    }

    private mutating func fillBatch() {
        batch.removeAll()
        for chunk in plan.chunks {
            let slot = chunk.slot
            batch.beginSequence(blockTable: scheduler.sequences[slot].blockTable)
            for position in chunk.firstPosition..<chunk.firstPosition + chunk.rowCount {
                let isLast = chunk.reachesEnd && position == chunk.firstPosition + chunk.rowCount - 1
                batch.append(
                    token: scheduler.sequences[slot].tokens[position], position: position,
                    wantsLogits: isLast || scheduler.sequences[slot].wantsPromptLogits(at: position))
            }
        }
    }

    /// Reads the logits in the order in which `fillBatch` asked for them.
    private mutating func settle(_ logits: Logits) {
        var row = 0
        for chunk in plan.chunks {
            row += postPromptLogProbabilities(chunk, logits, firstRow: row)
            scheduler.settle(chunk)
            if chunk.reachesEnd {
                settleEnd(of: chunk.slot, logits, row: row)
                row += 1
            } else {
                postProgress(of: chunk.slot)
            }
        }
    }

    /// Posts what the chunk's rows tell about the prompt, and answers how many they are.
    private mutating func postPromptLogProbabilities(_ chunk: StepPlan.Chunk, _ logits: Logits, firstRow: Int) -> Int {
        guard let generation = generations[chunk.slot], let count = generation.promptLogProbabilityCount else {
            return 0
        }
        let tokens = scheduler.sequences[chunk.slot].tokens
        var found: [PromptLogProbability] = []
        if generation.postedPromptCount == 0, let first = tokens.first {
            found.append(PromptLogProbability(id: first, logProbability: nil))
        }
        var row = firstRow
        for position in chunk.firstPosition..<chunk.firstPosition + chunk.rowCount
        where scheduler.sequences[chunk.slot].wantsPromptLogits(at: position) {
            let next = tokens[position + 1]
            let result = unsafe sampler.logProbabilities(logits.row(row), of: next, alternatives: count)
            found.append(
                PromptLogProbability(
                    id: next, logProbability: result.logProbability, alternatives: result.alternatives))
            row += 1
        }
        if !found.isEmpty {
            generation.postedPromptCount += found.count
            generation.mailbox.post(promptLogProbabilities: found)
        }
        return row - firstRow
    }

    /// The sequence is computed to its end: draws its next token and posts it, or finishes it.
    private mutating func settleEnd(of slot: Int, _ logits: Logits, row: Int) {
        guard let generation = generations[slot] else { return }
        guard generation.maximumTokens > 0 else {
            return finish(slot, .length)
        }
        let parameters = generation.sampling.parameters
        let token: TokenID
        if let forced = generation.forcedToken {
            token = forced
        } else {
            let drawn = unsafe sampler.draw(
                logits.row(row), plan: generation.sampling, tokens: scheduler.sequences[slot].tokens,
                promptCount: scheduler.sequences[slot].promptCount)
            token = generation.resolve(drawn)
        }
        let probability = parameters.logProbabilityCount.map {
            unsafe sampler.logProbabilities(logits.row(row), of: token, alternatives: $0)
        }
        statistics.generatedTokenCount += 1
        let outcome = generation.accept(
            token, probability: probability, tokenBytes: tokenBytes,
            isContextFull: scheduler.sequences[slot].tokens.count + 1 >= contextLength)
        if let sampled = outcome.token, generation.mailbox.post(token: sampled, unreadLimit: unreadTokenLimit) {
            scheduler.setPaused(true, slot)
        }
        if let reason = outcome.finish {
            finish(slot, reason)
        } else {
            scheduler.append(token, to: slot)
        }
    }

    /// Tells how far the prompt is; what a preempted sequence computes again is no news.
    private mutating func postProgress(of slot: Int) {
        guard let generation = generations[slot], generation.completionCount == 0 else { return }
        let sequence = scheduler.sequences[slot]
        generation.mailbox.postPrefilling(done: sequence.computedCount, of: sequence.promptCount)
    }

    /// Ends a generation: its blocks are free when its reader hears of it.
    private mutating func finish(_ slot: Int, _ reason: FinishReason) {
        guard let generation = generations[slot] else { return }
        let sequence = scheduler.sequences[slot]
        let usage = generation.usage(
            promptTokens: sequence.promptCount, cachedTokens: sequence.cachedCount ?? 0)
        generations[slot] = nil
        scheduler.remove(slot)
        statistics.finishedCount += 1
        if reason == .cancelled {
            statistics.cancelledCount += 1
        }
        publishStatistics()
        generation.mailbox.postFinish(reason, usage: usage)
    }
}

extension EngineLoop {
    private mutating func takeMail() {
        inbox.take(into: &mail)
        if mail.isEmpty {
            return
        }
        for submission in mail.submissions {
            start(submission)
        }
        for ticket in mail.cancelled {
            if let slot = slot(of: ticket) {
                finish(slot, .cancelled)
            }
        }
        for ticket in mail.resumed {
            if let slot = slot(of: ticket) {
                scheduler.setPaused(false, slot)
            }
        }
        postQueuePlaces()
        publishStatistics()
    }

    private mutating func start(_ submission: EngineInbox.Submission) {
        let request = submission.request
        let slot = scheduler.add(
            prompt: request.prompt, usesPrefixCache: request.usesPrefixCache, salt: request.cacheSalt,
            priority: request.priority, wantsPromptLogits: request.promptLogProbabilities != nil)
        if slot == generations.count {
            generations.append(nil)
        }
        generations[slot] = ActiveGeneration(submission)
    }

    private mutating func cancelAll() {
        for slot in generations.indices {
            finish(slot, .cancelled)
        }
    }

    private func slot(of ticket: EngineInbox.Ticket) -> Int? {
        generations.firstIndex { $0?.mailbox.ticket == ticket }
    }

    /// Sequences that the plan took in have waited long enough; the others have moved up.
    private mutating func noteStarts() {
        if plan.admissionCount == 0 {
            return
        }
        for chunk in plan.chunks {
            generations[chunk.slot]?.markStarted()
        }
        postQueuePlaces()
    }

    private func postQueuePlaces() {
        for (ahead, slot) in scheduler.waiting.enumerated() {
            guard let generation = generations[slot], !generation.hasStarted else { continue }
            if generation.postedAhead != ahead {
                generation.postedAhead = ahead
                generation.mailbox.postQueued(ahead: ahead)
            }
        }
    }

    private mutating func publishStatistics() {
        statistics.waitingCount = scheduler.waiting.count
        statistics.runningCount = scheduler.running.count
        statistics.pausedCount = scheduler.pausedCount
        statistics.usedBlockCount = scheduler.pool.usedCount
        statistics.cachedBlockCount = scheduler.pool.cache.evictableCount
        statistics.cacheQueryTokenCount = scheduler.cacheQueryTokenCount
        statistics.cacheHitTokenCount = scheduler.cacheHitTokenCount
        inbox.publish(statistics)
    }

    private func checkIntegrityWhenIdle() {
        assert(scheduler.integrityViolations().isEmpty, scheduler.integrityViolations().joined(separator: "; "))
    }
}
