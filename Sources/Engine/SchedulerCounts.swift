/// What the scheduler tells of its sequences.
extension Scheduler {
    /// How many sequences run that somebody asked for.
    var requestCount: Int { running.count { !sequences[$0].isAhead } }

    /// How many blocks they hold.
    var requestBlockCount: Int {
        running.reduce(pool.usedCount) { count, slot in
            guard sequences[slot].isAhead else { return count }
            return count - sequences[slot].blockTable.count { pool.allocator.referenceCounts[Int($0)] == 1 }
        }
    }

    var pausedCount: Int {
        running.count { sequences[$0].isPaused } + waiting.count { sequences[$0].isPaused }
    }

    /// How many sequences wait that were preempted.
    var preemptedCount: Int { waiting.reduce(0) { $0 + (sequences[$1].cachedCount == nil ? 0 : 1) } }

    /// How many more tokens of the prompt the cache has for another context window than for the sequence's own.
    func cachedElsewhereCount(_ slot: Int) -> Int {
        let sequence = sequences[slot]
        var most = 0
        for window in 0..<Int32(limits.windowCount) where window != sequence.scope.window {
            let scope = PrefixScope(salt: sequence.scope.salt, window: window)
            let limit = sequence.reusableCount / limits.blockLength
            most = max(most, pool.cache.matchCount(sequence.tokens, scope: scope, limit: limit) * limits.blockLength)
        }
        return max(0, most - sequence.computedCount)
    }
}
