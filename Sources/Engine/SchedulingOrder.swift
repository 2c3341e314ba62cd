/// Whose turn it is, and who gives way: what the scheduler decides before it changes anything.
extension Scheduler {
    /// Whether somebody waits for a sequence, or has for so long that it counts as if.
    func isUrgent(_ slot: Int) -> Bool { sequences[slot].urgentAt <= shares.workCount }

    /// Whether a sequence's work is done before another's: what is urgent first, then whose client was served least.
    func goesBefore(_ slot: Int, _ other: Int) -> Bool {
        if isUrgent(slot) != isUrgent(other) {
            return isUrgent(slot)
        }
        let (mine, theirs) = (sequences[slot].clientPlace, sequences[other].clientPlace)
        return mine == theirs ? sequences[slot].goesBefore(sequences[other]) : shares.goesBefore(mine, theirs)
    }

    /// Whose prompt is computed next: of those that run, and of those that wait for a first step.
    func nextPrefill(admits: Bool) -> Int? {
        var first: Int?
        for slot in running where sequences[slot].plannedCount == 0 && !sequences[slot].isPaused {
            if sequences[slot].consideredIn != stepNumber, first.map({ goesBefore(slot, $0) }) ?? true {
                first = slot
            }
        }
        guard admits, let waiting = firstWaiting() else { return first }
        return first.map { goesBefore(waiting, $0) } ?? true ? waiting : first
    }

    /// Who of those that wait starts next.
    func firstWaiting() -> Int? {
        var first: Int?
        for slot in waiting where !sequences[slot].isPaused {
            if first.map({ goesBefore(slot, $0) }) ?? true, !waitsForItsPrompt(slot) {
                first = slot
            }
        }
        return first
    }

    /// Whether another sequence of its group is computing the part of the prompt that this one can then take from the prefix cache.
    private func waitsForItsPrompt(_ slot: Int) -> Bool {
        let sequence = sequences[slot]
        guard let group = sequence.group else { return false }
        let sharedCount = min(group.sharedCount, sequence.reusableCount) / limits.blockLength * limits.blockLength
        return running.contains { other in
            sequences[other].group?.id == group.id && sequences[other].computedCount < sharedCount
                && sequences[other].window == sequence.window && !sequences[other].isPaused
        }
    }

    /// Who gives way to a sequence that must grow: a paused one, which nobody reads, or else of those that are not planned the
    /// youngest of the client that holds most blocks.
    func victim() -> Int? {
        if let paused = running.last(where: { sequences[$0].isPaused }) {
            return paused
        }
        return youngestOfGreatest(ofBlocks: true) { sequences[$0].plannedCount == 0 }
    }

    /// Whose place a waiting sequence may take: that of one that nobody reads, or that nobody waits for if somebody waits for
    /// this one; or the youngest of the client that has most beyond its share, as long as this one's keeps within its own.
    func debtor(to slot: Int) -> Int? {
        if let paused = running.last(where: { sequences[$0].isPaused }) {
            return paused
        }
        if isUrgent(slot), let patient = running.last(where: { !isUrgent($0) }) {
            return patient
        }
        guard shares.activeCount > 1 else { return nil }
        let lacksBlocks = running.count < limits.sequenceCount
        let whole = lacksBlocks ? limits.blockCount : limits.sequenceCount
        let wanted = lacksBlocks ? blockCount(of: slot) : 1
        let place = sequences[slot].clientPlace
        guard holding(of: place, ofBlocks: lacksBlocks) + wanted <= shares.share(of: whole, for: place) else {
            return nil
        }
        return youngestOfGreatest(ofBlocks: lacksBlocks) { other in
            let client = sequences[other].clientPlace
            return (isUrgent(slot) || !isUrgent(other))
                && holding(of: client, ofBlocks: lacksBlocks) > shares.share(of: whole, for: client)
        }
    }

    /// How many blocks a sequence's tokens take.
    func blockCount(of slot: Int) -> Int {
        (sequences[slot].tokens.count + limits.blockLength - 1) / limits.blockLength
    }

    /// Of some running sequences the last in order of the client that holds most for its weight: blocks, or sequences.
    private func youngestOfGreatest(ofBlocks: Bool, where isEligible: (Int) -> Bool) -> Int? {
        var found: Int?
        var greatest = -1.0
        for slot in running.reversed() where isEligible(slot) {
            let client = sequences[slot].clientPlace
            let amount = shares.weighted(holding(of: client, ofBlocks: ofBlocks), of: client)
            if amount > greatest {
                (found, greatest) = (slot, amount)
            }
        }
        return found
    }

    /// How many blocks a client's running sequences hold, or how many they are.
    private func holding(of client: Int, ofBlocks: Bool) -> Int {
        running.reduce(0) { sum, slot in
            guard sequences[slot].clientPlace == client else { return sum }
            return sum + (ofBlocks ? sequences[slot].blockTable.count : 1)
        }
    }
}
