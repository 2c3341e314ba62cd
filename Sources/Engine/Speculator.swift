internal import Models
internal import Tokens

/// Decides for each step which tokens are guessed ahead, and how many: as many as are expected to save time.
///
/// A step of `B` sequences costs a base and a slope for each row, and yields `B` tokens and as many guesses as are right.
/// A further row pays while its chance, divided by what it costs, is more than what the step yields for its cost so far.
/// With many sequences or a mixture of experts rows are dear, and so nothing but sure things is guessed. What is decided
/// here may depend on time, because no result depends on it.
struct Speculator {
    /// A sequence that might guess in this step.
    private struct Candidate {
        /// Its place in the plan.
        var chunk: Int
        var slot: Int
        /// The most guesses that can be of use.
        var limit: Int
        var source: SequenceSpeculation.Source
        var count = 0
        /// How likely all guesses up to the next one are right.
        var chance = 0.0
    }

    /// By how much a guess must be expected to win: a measured slope is not exact.
    private static let margin = 1.1

    private let settings: Speculation
    private let windows: [ContextWindow]
    private(set) var cost = StepCost()
    let draft: DraftModel?
    /// What was seen lately of forms, in all sequences.
    private var usualForm = FormChances()
    private var candidates: [Candidate] = []
    private var requests: [DraftModel.Request] = []

    init(settings: Speculation, windows: [ContextWindow], draft: DraftModel?) {
        self.settings = settings
        self.windows = windows
        self.draft = draft
    }

    /// Adds rows of guesses to a plan whose other rows are decided.
    mutating func propose(
        _ plan: inout StepPlan, _ scheduler: inout Scheduler, _ generations: [ActiveGeneration?]
    ) {
        guard settings.proposalLimit > 0 else { return }
        findCandidates(plan, scheduler, generations)
        if candidates.isEmpty {
            return
        }
        let drawnCount = plan.chunks.count { $0.reachesEnd }
        if draft != nil, plan.prefillRowCount == 0, plan.chunks.count <= DraftModel.sequenceLimit {
            chooseDrafts(generations)
            planDraft(sequenceCount: drawnCount, rowCount: plan.rowCount, generations)
        }
        planLikeliest(plan, drawnCount: drawnCount, generations)
        guessFromDraft(scheduler, generations)
        for index in candidates.indices where candidates[index].count > 0 {
            addRows(candidates[index], &plan, &scheduler, generations)
        }
    }

    /// Takes in how long a step took that computed decode rows and guesses only.
    mutating func observe(rowCount: Int, seconds: Double) {
        cost.observe(rowCount: rowCount, seconds: seconds)
    }

    /// Forgets the sequence of a slot.
    mutating func remove(_ slot: Int) {
        draft?.remove(slot)
    }
}

extension Speculator {
    private mutating func findCandidates(
        _ plan: StepPlan, _ scheduler: Scheduler, _ generations: [ActiveGeneration?]
    ) {
        candidates.removeAll(keepingCapacity: true)
        for (index, chunk) in plan.chunks.enumerated() where chunk.isDecode {
            guard let generation = generations[chunk.slot] else { continue }
            let tokens = scheduler.sequences[chunk.slot].tokens
            let contextLength = windows[scheduler.sequences[chunk.slot].window].length
            generation.speculation.follow(tokens, usesLookup: settings.usesLookup, usual: &usualForm)
            let room = min(generation.remainingCount, contextLength - tokens.count) - 1
            guard room > 0 else { continue }
            generation.speculation.expect(generation.expectedTokens(), behind: tokens.count, usual: usualForm)
            var candidate = Candidate(chunk: index, slot: chunk.slot, limit: room, source: .lookup)
            let forcedCount = generation.forcedTokens.count
            if forcedCount > 0 {
                candidate.source = .forced
                candidate.limit = min(room, forcedCount)
                candidate.count = candidate.limit
            } else if generation.speculation.formChance(after: 0) > generation.speculation.lookupChance(after: 0) {
                candidate.source = .form
                candidate.limit = min(room, generation.speculation.expectedCount)
            } else {
                candidate.limit = min(room, settings.proposalLimit)
            }
            candidates.append(candidate)
        }
    }

    /// Gives rows to the likeliest guesses of lookups and forms while they pay.
    private mutating func planLikeliest(_ plan: StepPlan, drawnCount: Int, _ generations: [ActiveGeneration?]) {
        var rowCount = plan.rowCount
        var yield = Double(drawnCount)
        for index in candidates.indices {
            rowCount += candidates[index].count
            if candidates[index].source == .forced {
                yield += Double(candidates[index].count)
            } else if candidates[index].source != .draft {
                candidates[index].chance = chance(of: candidates[index], generations)
            }
        }
        let left = plan.spareLogitRowCount
        for _ in 0..<max(0, left) {
            guard let best = likeliest(), pays(candidates[best].chance, rowCount: rowCount, yield: yield) else {
                return
            }
            yield += candidates[best].chance
            rowCount += 1
            candidates[best].count += 1
            candidates[best].chance *= chance(of: candidates[best], generations)
        }
    }

    private func chance(of candidate: Candidate, _ generations: [ActiveGeneration?]) -> Double {
        guard let speculation = generations[candidate.slot]?.speculation else { return 0 }
        return candidate.source == .form
            ? speculation.formChance(after: candidate.count) : speculation.lookupChance(after: candidate.count)
    }

    private func likeliest() -> Int? {
        var best: Int?
        for (index, candidate) in candidates.enumerated()
        where (candidate.source == .lookup || candidate.source == .form) && candidate.count < candidate.limit
            && candidate.chance > 0
        {
            if candidate.chance > best.map({ candidates[$0].chance }) ?? 0 {
                best = index
            }
        }
        return best
    }

    private func pays(_ chance: Double, rowCount: Int, yield: Double) -> Bool {
        guard settings.isAdaptive else { return true }
        guard cost.isKnown else { return false }
        return chance * cost.seconds(rowCount: rowCount) > Self.margin * cost.slope * yield
    }

    private mutating func addRows(
        _ candidate: Candidate, _ plan: inout StepPlan, _ scheduler: inout Scheduler,
        _ generations: [ActiveGeneration?]
    ) {
        guard let generation = generations[candidate.slot] else { return }
        generation.speculation.source = candidate.source
        let granted = scheduler.extend(candidate.chunk, by: candidate.count, in: &plan)
        switch candidate.source {
        case .forced:
            generation.speculation.guesses.append(contentsOf: generation.forcedTokens.prefix(granted))
        case .form:
            generation.speculation.guessFromForm(granted)
        case .lookup:
            generation.speculation.guessFromLookup(granted, after: scheduler.sequences[candidate.slot].tokens)
        case .draft:
            generation.speculation.guesses.removeLast(generation.speculation.guesses.count - granted)
        }
    }
}

extension Speculator {
    /// Leaves to the draft model those for whom the lookup knows less.
    private mutating func chooseDrafts(_ generations: [ActiveGeneration?]) {
        for index in candidates.indices where candidates[index].source == .lookup {
            guard let generation = generations[candidates[index].slot] else { continue }
            if generation.speculation.isDraftResting {
                generation.speculation.countDownDraftRest()
            } else if generation.speculation.draftChance > generation.speculation.lookupChance(after: 0) {
                candidates[index].source = .draft
            }
        }
    }

    /// Finds for how many guesses the draft model pays; where it does for none, it rests.
    private mutating func planDraft(sequenceCount: Int, rowCount: Int, _ generations: [ActiveGeneration?]) {
        for index in candidates.indices where candidates[index].source == .draft {
            guard let generation = generations[candidates[index].slot] else { continue }
            let count =
                settings.isAdaptive
                ? draftCount(generation.speculation.draftChance, sequenceCount: sequenceCount, rowCount: rowCount)
                : settings.proposalLimit
            if count == 0 {
                generation.speculation.restDraft()
                candidates[index].source = .lookup
            } else {
                candidates[index].count = min(count, candidates[index].limit)
            }
        }
    }

    /// The number of guesses with the best yield for its cost, all sequences doing alike.
    private func draftCount(_ chance: Double, sequenceCount: Int, rowCount: Int) -> Int {
        guard cost.isKnown else { return 0 }
        // Before the first measurement: a draft is worth having if it takes a fraction of the large model's time.
        let passSeconds = draft?.passSeconds ?? cost.base / 8
        var best = 0
        var bestRate = Self.margin / cost.seconds(rowCount: rowCount)
        var yield = 1.0
        var all = 1.0
        for count in 1...settings.proposalLimit {
            all *= chance
            yield += all
            let seconds =
                cost.seconds(rowCount: rowCount + count * sequenceCount) + Double(count) * passSeconds
            if yield / seconds > bestRate {
                best = count
                bestRate = yield / seconds
            }
        }
        return best
    }

    private mutating func guessFromDraft(_ scheduler: Scheduler, _ generations: [ActiveGeneration?]) {
        requests.removeAll(keepingCapacity: true)
        for index in candidates.indices where candidates[index].source == .draft {
            let slot = candidates[index].slot
            let sequence = scheduler.sequences[slot]
            if draft?.follow(
                slot, sequence.tokens, window: sequence.window, guessCount: candidates[index].count) ?? false
            {
                requests.append(
                    .init(slot: slot, count: candidates[index].count, promptCount: sequence.promptCount))
            }
        }
        if !requests.isEmpty {
            draft?.guess(requests, generations: generations)
        }
        for index in candidates.indices where candidates[index].source == .draft {
            candidates[index].count = generations[candidates[index].slot]?.speculation.guesses.count ?? 0
        }
    }
}
