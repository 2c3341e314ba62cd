internal import Compute
internal import Models
internal import Sampling
internal import Telemetry
internal import Tokens

/// The third verb of a step: what the rows of logits mean for the sequences that asked for them.
extension EngineLoop {
    /// Settles all rows of logits, which were read, in the order in which `fillBatch` asked for them.
    mutating func settle(_ output: ForwardOutput) {
        let logits = output.logits
        var row = 0
        var stateRow = 0
        for chunk in plan.chunks {
            row += postPromptLogProbabilities(chunk, logits, firstRow: row)
            scheduler.settle(chunk)
            if chunk.reachesEnd {
                noteEndOfPrompt(of: chunk.slot)
                switch generations[chunk.slot]?.reading {
                case .state:
                    finish(chunk.slot, reading: unsafe Array(output.states.row(stateRow)))
                    stateRow += 1
                case .logits(let tokens):
                    let values = unsafe logits.row(row)
                    finish(chunk.slot, reading: tokens.map { unsafe values[$0.index] })
                    row += 1
                case nil:
                    settleEnd(of: chunk, logits, row: row)
                    row += 1 + chunk.guessCount
                }
            } else {
                postProgress(of: chunk.slot)
            }
        }
    }

    /// Reads all rows of logits at once, and draws a token of every one that calls for one: of those behind guesses as if the
    /// guesses were right.
    mutating func readLogits(_ logits: Logits) {
        logitRows.removeAll(keepingCapacity: true)
        for chunk in plan.chunks {
            guard let generation = generations[chunk.slot] else { continue }
            let sequence = scheduler.sequences[chunk.slot]
            for position in chunk.firstPosition..<chunk.firstPosition + chunk.rowCount
            where sequence.wantsPromptLogits(at: position) {
                unsafe logitRows.append(
                    SamplingRow(
                        logits.row(logitRows.count), alternativeCount: generation.promptLogProbabilityCount ?? 0))
            }
            guard chunk.reachesEnd, generation.reading != .state else { continue }
            guard generation.reading == nil else {
                // Nothing is drawn: the row only keeps its place.
                unsafe logitRows.append(SamplingRow(logits.row(logitRows.count)))
                continue
            }
            let rules = rules(of: generation, guessCount: chunk.guessCount)
            for (guessCount, rule) in rules.enumerated() {
                let history = TokenHistory(
                    sequence.tokens, promptCount: sequence.promptCount,
                    guesses: generation.speculation.guesses.prefix(guessCount), reach: rule.reach,
                    biasReach: rule.biasReach)
                unsafe logitRows.append(
                    SamplingRow(
                        logits.row(logitRows.count), draw: (plan: generation.sampling, history: history),
                        mask: rule.mask,
                        alternativeCount: generation.sampling.parameters.logProbabilityCount))
            }
        }
        sampler.read(logitRows, into: &sampledRows)
        // Sequences grow in place only while nobody else holds their tokens.
        logitRows.removeAll(keepingCapacity: true)
    }

    /// What holds for the draws of a generation; finding it out is timed where there is a form.
    private mutating func rules(of generation: ActiveGeneration, guessCount: Int) -> [ActiveGeneration.DrawRules] {
        let guesses = generation.speculation.guesses.prefix(guessCount)
        guard generation.isConstrained else { return generation.rules(behind: guesses) }
        let start = ContinuousClock.now
        let rules = generation.rules(behind: guesses)
        statistics.maskSeconds += (ContinuousClock.now - start) / .seconds(1)
        statistics.maskCount += rules.count { $0.mask != nil }
        return rules
    }

    /// Posts what the chunk's rows tell about the prompt, and answers how many they are.
    private mutating func postPromptLogProbabilities(_ chunk: StepPlan.Chunk, _ logits: Logits, firstRow: Int) -> Int {
        guard let generation = generations[chunk.slot], generation.promptLogProbabilityCount != nil else {
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
            let distribution = sampledRows[row].distribution
            found.append(
                PromptLogProbability(
                    id: next, logProbability: unsafe distribution?.logProbability(of: next, in: logits.row(row)),
                    alternatives: distribution?.alternatives ?? []))
            row += 1
        }
        if !found.isEmpty {
            generation.postedPromptCount += found.count
            generation.mailbox.post(promptLogProbabilities: found)
        }
        return row - firstRow
    }

    /// The sequence is computed to its end: draws its next token, and the one behind each guess that was right.
    private mutating func settleEnd(of chunk: StepPlan.Chunk, _ logits: Logits, row: Int) {
        let slot = chunk.slot
        guard let generation = generations[slot] else { return }
        guard generation.maximumTokens > 0 else {
            return finish(slot, .length)
        }
        var accepted = 0
        var hasMissed = false
        var reason: FinishReason?
        var isPaused = false
        while reason == nil && !hasMissed && !isPaused && accepted <= chunk.guessCount {
            let token = token(of: generation, row: row + accepted)
            let outcome = accept(token, of: slot, generation, logits, row: row + accepted)
            if let sampled = outcome.token {
                isPaused = generation.mailbox.post(token: sampled, unreadLimit: unreadTokenLimit)
            }
            reason = outcome.finish
            let isGuessed = accepted < chunk.guessCount
            hasMissed = isGuessed && token != generation.speculation.guesses[accepted]
            if reason == nil {
                // The next token of a paused generation is drawn when its reader is back: from logits computed then.
                scheduler.append(token, to: slot, isComputed: isGuessed && !hasMissed && !isPaused)
            }
            guard isGuessed else { break }
            accepted += hasMissed ? 0 : 1
        }
        generation.speculation.settle(accepted: accepted, of: chunk.guessCount, hasMissed: hasMissed)
        statistics.draftTokenCount += chunk.guessCount
        statistics.draftCount += chunk.guessCount > 0 ? 1 : 0
        statistics.acceptedDraftTokenCount += accepted
        if let reason {
            finish(slot, reason)
        } else {
            scheduler.dropGuesses(of: slot)
            scheduler.setPaused(isPaused, slot)
        }
    }

    /// The token that comes next: the one that must, or the one that was drawn.
    private func token(of generation: ActiveGeneration, row: Int) -> TokenID {
        if let forced = generation.forcedToken {
            return forced
        }
        guard let drawn = sampledRows[row].token else {
            preconditionFailure("A token is drawn of every row that ends a chunk.")
        }
        return generation.resolve(drawn)
    }

    private mutating func accept(
        _ token: TokenID, of slot: Int, _ generation: ActiveGeneration, _ logits: Logits, row: Int
    ) -> ActiveGeneration.Outcome {
        let probability = sampledRows[row].distribution.map { distribution in
            (
                logProbability: unsafe distribution.logProbability(of: token, in: logits.row(row)),
                alternatives: distribution.alternatives
            )
        }
        statistics.generatedTokenCount += 1
        let isFirst = generation.completionCount == 0
        let outcome = generation.accept(
            token, probability: probability, tokenBytes: tokenBytes,
            isContextFull: scheduler.sequences[slot].tokens.count + 1
                >= windows[scheduler.sequences[slot].window].length)
        if isFirst {
            statistics.timeToFirstToken.observe(generation.lastDelay)
        } else {
            statistics.interTokenTime.observe(generation.lastDelay)
        }
        return outcome
    }

    /// Tells how far the prompt is; what a preempted sequence computes again is no news.
    private mutating func postProgress(of slot: Int) {
        guard let generation = generations[slot], generation.completionCount == 0 else { return }
        let sequence = scheduler.sequences[slot]
        generation.mailbox.postPrefilling(
            done: sequence.computedCount, of: sequence.promptCount, cached: sequence.cachedCount ?? 0)
    }

    /// The last chunk of a prompt is computed.
    private func noteEndOfPrompt(of slot: Int) {
        guard let generation = generations[slot], generation.completionCount == 0 else { return }
        let sequence = scheduler.sequences[slot]
        generation.mailbox.notePrefilled(sequence.promptCount, cached: sequence.cachedCount ?? 0)
    }

    /// Ends a generation whose prompt was all that was wanted.
    private mutating func finish(_ slot: Int, reading: [Float]) {
        generations[slot]?.mailbox.post(reading: reading)
        finish(slot, .length)
    }

    /// Ends a generation: its blocks are free when its reader hears of it.
    mutating func finish(_ slot: Int, _ reason: FinishReason) {
        guard let generation = generations[slot] else { return }
        let sequence = scheduler.sequences[slot]
        let usage = generation.usage(
            promptTokens: sequence.promptCount, cachedTokens: sequence.cachedCount ?? 0,
            cachedElsewhereTokens: sequence.cachedElsewhereCount)
        generations[slot] = nil
        scheduler.remove(slot)
        if !generation.hasStarted {
            leaveQueue(generation)
        }
        speculator.remove(slot)
        statistics.reasoningLoopCount += generation.loopGuard?.reasoningCount ?? 0
        statistics.stringLoopCount += generation.loopGuard?.stringCount ?? 0
        if case .loop = reason {
            statistics.answerLoopCount += 1
        }
        statistics.add(reason, usage)
        publishStatistics()
        generation.mailbox.postFinish(reason, usage: usage)
    }
}
