extension Scheduler {
    /// What is wrong with the books, in sentences; nothing if all is well.
    ///
    /// Free, referenced and evictable blocks are all blocks; each block has as many references as tables name it; each
    /// running sequence has blocks for all that it computed; and a slot is waiting, running or vacant.
    func integrityViolations() -> [String] {
        var violations = pool.cache.integrityViolations()
        var uses = Array(repeating: Int32(0), count: limits.blockCount)
        for slot in running + waiting {
            for block in sequences[slot].blockTable {
                uses[Int(block)] += 1
            }
            violations += violationsOfSequence(slot)
        }
        var isFree = Array(repeating: false, count: limits.blockCount)
        for block in pool.allocator.freeBlocks {
            if isFree[Int(block)] {
                violations.append("block \(block) is free twice")
            }
            isFree[Int(block)] = true
        }
        for block in 0..<limits.blockCount {
            let id = BlockID(block)
            let references = pool.allocator.referenceCounts[block]
            if references != uses[block] {
                violations.append("block \(block) has \(references) references and stands in \(uses[block]) tables")
            }
            let states = [isFree[block], references > 0, pool.cache.isEvictable(id)].count { $0 }
            if states != 1 {
                violations.append("block \(block) is in \(states) of the states free, referenced and evictable")
            }
        }
        let places = running + waiting
        if Set(places).count != places.count {
            violations.append("a sequence stands in two places")
        }
        return violations
    }

    private func violationsOfSequence(_ slot: Int) -> [String] {
        let sequence = sequences[slot]
        var violations: [String] = []
        if sequence.isRunning != running.contains(slot) {
            violations.append("sequence \(slot) does not know whether it runs")
        }
        if !sequence.isRunning && !sequence.blockTable.isEmpty {
            violations.append("sequence \(slot) waits and holds \(sequence.blockTable.count) blocks")
        }
        if sequence.computedCount > sequence.blockTable.count * limits.blockLength {
            violations.append("sequence \(slot) has computed more than its blocks hold")
        }
        let neededCount = (sequence.tokens.count + limits.blockLength - 1) / limits.blockLength
        if sequence.blockTable.count > neededCount {
            violations.append("sequence \(slot) holds \(sequence.blockTable.count) blocks and needs \(neededCount)")
        }
        if sequence.computedCount >= sequence.tokens.count {
            violations.append("sequence \(slot) has computed more than the tokens before its last")
        }
        if sequence.publishedCount * limits.blockLength > sequence.computedCount {
            violations.append("sequence \(slot) has published more than it computed")
        }
        return violations
    }
}
