internal import Sampling
internal import Tokens

/// What the engine keeps of a request beside its sequence: how to draw, when to stop, where to post.
///
/// One object per request, used on the engine thread only.
final class ActiveGeneration {
    /// What became of a drawn token.
    struct Outcome {
        /// The token, unless it only ended the output.
        var token: SampledToken?
        var finish: FinishReason?
    }

    let mailbox: GenerationMailbox
    let client: EngineClient
    let sampling: SamplingPlan
    let maximumTokens: Int
    let promptLogProbabilityCount: Int?
    let reading: PromptReading?
    /// How many of the prompt's log-probabilities were posted.
    var postedPromptCount = 0
    /// The place in the queue that was posted last.
    var postedAhead: Int?
    private var output: ConstrainedOutput
    private(set) var completionCount = 0
    /// What is guessed of the tokens to come.
    var speculation = SequenceSpeculation()

    /// Ends what goes round in a loop; nil where nothing is watched.
    private(set) var loopGuard: LoopGuard?

    private let stops: StopConditions
    private let timeLimits: TimeLimits?
    private var matcher: StopStringMatcher
    /// The phase whose text the matcher has followed.
    private var matchedPhase: OutputPhase?
    /// The phases of which the matcher has seen text.
    private var heardPhases: Set<OutputPhase> = []
    private var bytes: [UInt8] = []

    private let submitted: ContinuousClock.Instant
    private var started: ContinuousClock.Instant?
    private var firstToken: ContinuousClock.Instant?
    private var lastToken: ContinuousClock.Instant?
    private var pace = TokenPace()
    /// How long the last token took to come: since the one before it, or since the request.
    private(set) var lastDelay = Duration.zero

    init(_ submission: EngineInbox.Submission) {
        let request = submission.request
        mailbox = submission.mailbox
        client = request.client
        submitted = submission.time
        maximumTokens = request.maximumTokens
        promptLogProbabilityCount = request.promptLogProbabilities
        reading = request.reading
        output = ConstrainedOutput(
            machine: request.output, constraint: request.constraint,
            closesAtLimit: request.closesFormAtLimit)
        loopGuard = request.loopLimits.map(LoopGuard.init)
        stops = request.stops
        timeLimits = request.timeLimits.isEmpty ? nil : request.timeLimits
        sampling = SamplingPlan(
            request.sampling,
            stopping: request.output.ends.union(request.stops.tokenIDs))
        matcher = StopStringMatcher(request.stops.strings)
    }

    var hasStarted: Bool { started != nil }

    func markStarted() {
        if started == nil {
            started = .now
        }
    }

    /// The token that must come next instead of a drawn one.
    var forcedToken: TokenID? { forcedTokens.first }

    /// The tokens that must come next, if any must.
    var forcedTokens: ArraySlice<TokenID> {
        let tokens = output.forcedTokens
        return tokens.isEmpty ? loopGuard?.stringEnd.map { [$0] } ?? tokens : tokens
    }

    /// What holds for a draw, by where it stands in the output.
    struct DrawRules {
        /// The tokens that may be drawn; nil where all may.
        var mask: TokenMask?
        var reach = PenaltyReach.everything
        var biasReach = BiasReach.everything
    }

    /// What holds for the draws behind the output and each of these guesses.
    func rules(behind guesses: ArraySlice<TokenID>) -> [DrawRules] {
        guard output.isConstrained || hasScopes else {
            return Array(repeating: DrawRules(), count: guesses.count + 1)
        }
        var probe = output
        func rules() -> DrawRules {
            DrawRules(
                mask: probe.mask(), reach: penaltyReach(after: probe.machine),
                biasReach: biasReach(after: probe.machine))
        }
        var found = [rules()]
        for guess in guesses {
            _ = probe.accept(guess)
            found.append(rules())
        }
        return found
    }

    /// Whether penalties or biases act on a part of the output only.
    private var hasScopes: Bool {
        (sampling.hasPenalties && sampling.parameters.penaltyScope != .all)
            || (sampling.hasBiases && sampling.parameters.logitBiasScope != .all)
    }

    private func penaltyReach(after machine: OutputMachine) -> PenaltyReach {
        let scope = sampling.parameters.penaltyScope
        guard scope.covers(machine.phase) else { return .nothing }
        // Reasoning is what an output begins with.
        return scope == .content ? .behind(generatedCount: machine.reasoningTokenCount) : .everything
    }

    private func biasReach(after machine: OutputMachine) -> BiasReach {
        let scope = sampling.parameters.logitBiasScope
        guard scope.covers(machine.phase) else { return .nothing }
        guard scope == .content, let tag = machine.openingThinkTag else { return .everything }
        return .everythingBut(tag)
    }

    /// The tokens that are likely to come next because the output is held to a form.
    func expectedTokens() -> [ExpectedToken] { output.expectedTokens() }

    /// How many tokens the output may still have.
    var remainingCount: Int { maximumTokens - completionCount }

    /// Brings thinking to an end.
    func endThinking(_ end: ReasoningEnd) {
        output.machine.endThinking(end)
    }

    /// What its time limits demand at this moment.
    func verdict(at now: ContinuousClock.Instant) -> TimeLimits.Verdict {
        guard let timeLimits else { return .goOn }
        return timeLimits.verdict(
            sinceRequest: now - submitted, sinceFirstToken: firstToken.map { now - $0 }, tokenCount: completionCount,
            pace: pace)
    }

    /// Whether its output is held to a form.
    var isConstrained: Bool { output.isConstrained }

    /// Whether its time is limited.
    var isTimed: Bool { timeLimits != nil }

    /// The token that stands for a drawn one.
    func resolve(_ drawn: TokenID) -> TokenID {
        output.resolve(drawn, remainingCount: remainingCount)
    }

    /// Moves on by one generated token.
    ///
    /// - Parameters:
    ///   - token: the token, drawn or forced.
    ///   - probability: what was asked for of its log-probabilities.
    ///   - tokenBytes: what tokens stand for.
    ///   - isContextFull: there is no room for a token after this one.
    /// - Returns: what to post, and why to finish, if at all.
    func accept(
        _ token: TokenID, probability: (logProbability: Float, alternatives: [TokenLogProbability])?,
        tokenBytes: any TokenByteSource, isContextFull: Bool
    ) -> Outcome {
        completionCount += 1
        let now = ContinuousClock.now
        lastDelay = now - (lastToken ?? submitted)
        lastToken = now
        if firstToken != nil, isTimed {
            pace.add(lastDelay)
        }
        firstToken = firstToken ?? now
        if output.isClosed {
            return Outcome(finish: .length)
        }
        if output.machine.isEnd(token) && !sampling.parameters.ignoresEnd {
            return Outcome(finish: .endOfText(token))
        }
        let stopsHere = stops.tokenIDs.contains(token)
        if stopsHere && !stops.includesStopText {
            return Outcome(finish: .stopToken(token))
        }
        let label = output.accept(token)
        var outcome = Outcome(
            token: SampledToken(
                id: token, phase: label.phase, isStructural: label.isStructural,
                logProbability: probability?.logProbability, alternatives: probability?.alternatives ?? []))
        if stopsHere {
            outcome.finish = .stopToken(token)
        } else if let match = match(token, label: label, tokenBytes: tokenBytes) {
            outcome.finish = .stopString(index: match.index)
        } else if completionCount >= maximumTokens || isContextFull || output.isClosed {
            outcome.finish = .length
        } else if let loop = loop(behind: token, label: label) {
            outcome.finish = .loop(loop)
        }
        return outcome
    }

    /// Ends thinking or a string that goes round in a loop, and answers the loop where only the end of the output helps.
    private func loop(behind token: TokenID, label: OutputMachine.Label) -> OutputLoop? {
        switch loopGuard?.verdict(behind: token, label: label, output: output) {
        case .endThinking:
            output.machine.endThinking(.loop)
            return nil
        case .finish(let loop) where completionCount >= sampling.parameters.minimumTokens: return loop
        case .finish, .closeString, .goOn, nil: return nil
        }
    }

    func usage(promptTokens: Int, cachedTokens: Int, cachedElsewhereTokens: Int) -> GenerationUsage {
        let end = ContinuousClock.now
        let prefillEnd = firstToken ?? end
        let queueEnd = started ?? end
        return GenerationUsage(
            promptTokens: promptTokens, cachedTokens: cachedTokens, cachedElsewhereTokens: cachedElsewhereTokens,
            completionTokens: completionCount,
            reasoningTokens: output.machine.reasoningTokenCount, reasoningEnd: output.machine.reasoningEnd,
            formEnd: output.formEnd,
            draftTokens: speculation.proposedCount, acceptedDraftTokens: speculation.acceptedCount,
            timings: GenerationTimings(
                queue: queueEnd - submitted, prefill: prefillEnd - queueEnd, decode: end - prefillEnd))
    }

    private func match(
        _ token: TokenID, label: OutputMachine.Label, tokenBytes: any TokenByteSource
    ) -> StopStringMatcher.Match? {
        guard !matcher.isEmpty, !label.isStructural, stops.listens(to: label.phase) else { return nil }
        if matchedPhase != label.phase {
            matcher.reset()
            matchedPhase = label.phase
        }
        bytes.removeAll(keepingCapacity: true)
        tokenBytes.appendBytes(of: token, to: &bytes)
        if stops.skipsLeadingLineFeeds, !heardPhases.contains(label.phase) {
            bytes.removeFirst(bytes.prefix { $0 == UInt8(ascii: "\n") }.count)
            guard !bytes.isEmpty else { return nil }
            heardPhases.insert(label.phase)
        }
        return matcher.consume(bytes)
    }
}
