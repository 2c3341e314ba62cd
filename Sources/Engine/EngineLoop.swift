internal import Models
internal import Sampling
internal import Telemetry
internal import Tokens

/// The engine thread's own state, and its loop: take mail, then plan, run and settle a step.
struct EngineLoop: ~Copyable {
    private let model: any CausalLanguageModel
    let cache: KVCacheStorage
    private let inbox: EngineInbox
    let tokenBytes: any TokenByteSource
    let windows: [ContextWindow]
    let unreadTokenLimit: Int
    let prefillAhead: PrefillAhead?
    private let evensSteps: Bool

    var scheduler: Scheduler
    let sampler: Sampler
    /// The step's rows of logits while they are read, and what came of them.
    var logitRows: [SamplingRow]
    var sampledRows: [SampledRow]
    var plan: StepPlan
    private var batch: TokenBatch
    private var mail: EngineInbox.Mail
    var speculator: Speculator
    /// Prompts that are computed while there is nothing else to do.
    var ahead: AheadWork
    /// By the scheduler's slots.
    var generations: [ActiveGeneration?]
    var statistics: EngineStatistics
    private var rate: GenerationRate

    /// - Throws: `ModelError` when there is no memory for the cache.
    init(
        models: EngineModels, limits: EngineLimits, configuration: EngineConfiguration, inbox: EngineInbox,
        tokenBytes: any TokenByteSource
    ) throws {
        let model = models.model
        model.prepare(rowLimit: limits.rowLimit, logitRowLimit: limits.logitRowLimit)
        let cache = try model.makeCache(
            blockCount: limits.scheduler.blockCount, blockLength: limits.scheduler.blockLength,
            format: configuration.kvCacheFormat)
        let vocabularySize = model.shape.vocabularySize
        let draft = try models.draft.map { draft in
            try DraftModel(
                model: draft, limits: limits.scheduler, configuration: configuration,
                tokenLimit: min(vocabularySize, configuration.vocabularyLimit ?? vocabularySize),
                windows: limits.windows, pool: models.pool)
        }
        self.model = model
        self.cache = cache
        self.inbox = inbox
        self.tokenBytes = tokenBytes
        windows = limits.windows
        prefillAhead = configuration.prefillAhead
        evensSteps = configuration.evensSteps
        unreadTokenLimit = max(1, configuration.unreadTokenLimit)
        scheduler = Scheduler(limits: limits.scheduler)
        sampler = Sampler(
            vocabularySize: vocabularySize, vocabularyLimit: configuration.vocabularyLimit, pool: models.pool)
        speculator = Speculator(
            settings: configuration.speculation, windows: limits.windows, draft: draft)
        logitRows = []
        sampledRows = []
        plan = StepPlan()
        batch = TokenBatch()
        mail = EngineInbox.Mail()
        ahead = AheadWork()
        generations = []
        statistics = EngineStatistics()
        rate = GenerationRate()
        statistics.blockCount = limits.scheduler.blockCount
        statistics.blockLength = limits.scheduler.blockLength
        statistics.contextLength = limits.contextLength
    }

    /// Works until the engine was drained.
    mutating func run() {
        while true {
            takeMail()
            enforceTimeLimits()
            if let deadline = mail.drainDeadline {
                ahead.giveUp()
                restAhead(isComplete: true)
                if deadline <= .now {
                    cancelAll()
                }
                if scheduler.isEmpty {
                    publishStatistics()
                    return
                }
            }
            if scheduler.hasWork {
                ahead.noteWork()
                restAhead()
                step()
                if isDamaged { return fail() }
            } else if let pause = workAhead() {
                checkIntegrityWhenIdle()
                inbox.sleep(until: [mail.drainDeadline, pause.end].compactMap(\.self).min())
            }
        }
    }

    mutating func step() {
        scheduler.plan(into: &plan)
        noteStarts()
        if plan.rowCount > 0 {
            speculator.propose(&plan, &scheduler, generations)
            publishStatistics()
            fillBatch()
            let start = ContinuousClock.now
            let output = compute()
            if isDamaged { return }
            readLogits(output.logits)
            observe(seconds: (ContinuousClock.now - start) / .seconds(1))
            settle(output)
            statistics.stepCount += 1
            statistics.stepGenerationCount += plan.chunks.count
            rate.observe(statistics.generatedTokenCount)
            statistics.stepTime.observe(ContinuousClock.now - start)
            statistics.stepTokens.observe(Double(plan.rowCount))
            statistics.expertLoadCount = model.expertVisitCount
            statistics.expertRowCount = model.expertRowCount
        }
        statistics.preemptionCount += plan.preemptionCount
        publishStatistics()
    }

    /// Learns from what the step took.
    private mutating func observe(seconds: Double) {
        let prefillRowCount = plan.prefillRowCount
        if prefillRowCount == 0 {
            speculator.observe(rowCount: plan.rowCount, seconds: seconds)
        } else if evensSteps, 2 * prefillRowCount >= plan.rowCount {
            scheduler.depthCost.observe(rowCount: plan.rowCount, depthSum: plan.depthSum, seconds: seconds)
        }
    }

    private mutating func compute() -> ForwardOutput {
        if ahead.current == nil {
            statistics.prefillTokenCount += plan.prefillRowCount
        } else {
            statistics.aheadTokenCount += plan.rowCount
        }
        return model.forward(batch, cache: cache)
    }

    /// Whether the model's weights could not be read, so that the step is worth nothing. What a draft guesses is checked anyway.
    private var isDamaged: Bool { model.isDamaged }

    /// Ends all generations, and with them the engine's work for good.
    private mutating func fail() {
        let reason = "its weights can no longer be read from their file, which was cut short or whose disk fails"
        inbox.fail(reason)
        for slot in generations.indices {
            finish(slot, .failed("The model stopped: \(reason)."))
        }
    }

    private mutating func fillBatch() {
        batch.removeAll()
        for chunk in plan.chunks {
            let slot = chunk.slot
            batch.beginSequence(
                blockTable: scheduler.sequences[slot].blockTable, window: scheduler.sequences[slot].window)
            let readsState = generations[slot]?.reading == .state
            let guessPosition = chunk.firstPosition + chunk.rowCount - chunk.guessCount
            for position in chunk.firstPosition..<guessPosition {
                let isLast = chunk.reachesEnd && position == guessPosition - 1
                batch.append(
                    token: scheduler.sequences[slot].tokens[position], position: position,
                    wantsLogits: isLast && !readsState || scheduler.sequences[slot].wantsPromptLogits(at: position),
                    wantsState: isLast && readsState)
            }
            guard chunk.guessCount > 0, let guesses = generations[slot]?.speculation.guesses else { continue }
            for index in 0..<chunk.guessCount {
                batch.append(token: guesses[index], position: guessPosition + index, wantsLogits: true)
            }
        }
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
        for ticket in mail.thinkingEnds {
            if let slot = slot(of: ticket) {
                generations[slot]?.endThinking(.request)
            }
        }
        ahead.expect(mail.expected)
        if !mail.cacheOrders.isEmpty {
            restAhead()
        }
        for order in mail.cacheOrders {
            if order.command == .erase { ahead.giveUp() }
            order.reply.resume(with: Result { try perform(order.command) })
        }
        postQueuePlaces()
        publishStatistics()
    }

    /// Ends thinking, or the generation, where its time is over.
    private mutating func enforceTimeLimits() {
        guard generations.contains(where: { $0?.isTimed == true }) else { return }
        let now = ContinuousClock.now
        for slot in generations.indices {
            switch generations[slot]?.verdict(at: now) {
            case .endThinking: generations[slot]?.endThinking(.time)
            case .finish: finish(slot, .timeLimit)
            case .goOn, nil: continue
            }
        }
    }

    private mutating func start(_ submission: EngineInbox.Submission) {
        let request = submission.request
        let slot = scheduler.add(
            prompt: request.prompt, usesPrefixCache: request.usesPrefixCache,
            scope: PrefixScope(salt: request.cacheSalt, window: Int32(request.window)), priority: request.priority,
            group: request.promptGroup,
            wantsPromptLogits: request.promptLogProbabilities != nil, client: request.client, urgency: request.urgency)
        statistics.queued[request.client.id, default: 0] += 1
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
            guard let generation = generations[chunk.slot], !generation.hasStarted else { continue }
            generation.markStarted()
            leaveQueue(generation)
        }
        postQueuePlaces()
    }

    /// A generation waits for its first step no more.
    mutating func leaveQueue(_ generation: ActiveGeneration) {
        let client = generation.client.id
        let left = (statistics.queued[client] ?? 1) - 1
        statistics.queued[client] = left > 0 ? left : nil
    }

    private func postQueuePlaces() {
        guard !scheduler.waiting.isEmpty else { return }
        for (ahead, slot) in scheduler.waiting.sorted(by: scheduler.goesBefore).enumerated() {
            guard let generation = generations[slot], !generation.hasStarted else { continue }
            if generation.postedAhead != ahead {
                generation.postedAhead = ahead
                generation.mailbox.postQueued(ahead: ahead, wait: statistics.estimatedWait(behind: ahead))
            }
        }
    }

    mutating func publishStatistics() {
        statistics.waitingCount = scheduler.waiting.count
        statistics.runningCount = scheduler.requestCount
        statistics.pausedCount = scheduler.pausedCount
        statistics.preemptedCount = scheduler.preemptedCount
        statistics.generationRate = scheduler.running.isEmpty ? 0 : rate.tokensPerSecond
        statistics.usedBlockCount = scheduler.requestBlockCount
        statistics.cachedBlockCount = scheduler.pool.cache.evictableCount
        statistics.cacheQueryTokenCount = scheduler.cacheQueryTokenCount
        statistics.cacheHitTokenCount = scheduler.cacheHitTokenCount
        statistics.aheadHitTokenCount = scheduler.aheadBlocks.hitCount * cache.blockLength
        inbox.publish(statistics)
    }

    private func checkIntegrityWhenIdle() {
        assert(scheduler.integrityViolations().isEmpty, scheduler.integrityViolations().joined(separator: "; "))
    }
}
