/// What the engine does while nobody waits: it computes the beginnings of prompts that are likely to come, so that these find
/// them in the prefix cache. No result depends on it.
///
/// A prompt that is computed ahead is a sequence of the scheduler alone among none that runs: before anything else is
/// planned it is removed, and what it published stays.
extension EngineLoop {
    /// Computes a step of an expected prompt.
    ///
    /// - Returns: nil if it did; else when there will be something to do, if ever.
    mutating func workAhead() -> AheadPause? {
        guard let settings = prefillAhead else { return AheadPause() }
        let now = ContinuousClock.now
        guard let start = ahead.start(after: settings.delay, now: now) else { return AheadPause() }
        guard start <= now else { return AheadPause(end: start) }
        guard let slot = ahead.current?.slot ?? beginAhead(settings) else { return nil }
        step()
        if scheduler.sequences[slot].pendingCount == 0 || plan.rowCount == 0 {
            restAhead(isComplete: true)
        }
        return nil
    }

    /// Takes the next expected prompt of which something is not cached yet, and finds room.
    private mutating func beginAhead(_ settings: PrefillAhead) -> Int? {
        while let prompt = ahead.takeNext() {
            guard
                let slot = scheduler.addAhead(
                    prompt: prompt.tokens,
                    scope: PrefixScope(salt: prompt.cacheSalt, window: Int32(prompt.window)),
                    rowCount: max(1, settings.rowCount))
            else { continue }
            if slot == generations.count {
                generations.append(nil)
            }
            ahead.begin(prompt, slot: slot)
            return slot
        }
        return nil
    }

    /// Leaves the engine to others.
    mutating func restAhead(isComplete: Bool = false) {
        if let slot = ahead.rest(isComplete: isComplete) {
            scheduler.remove(slot)
            publishStatistics()
        }
    }
}

/// Nothing is to be computed ahead until a time, or until somebody expects something.
struct AheadPause {
    var end: ContinuousClock.Instant?
}
