import Testing
import Tokens

@testable import Engine

/// Computes a plan as the engine would, with token 7 for every draw.
func settle(_ plan: StepPlan, _ scheduler: inout Scheduler) {
    for chunk in plan.chunks {
        scheduler.settle(chunk)
        if chunk.reachesEnd {
            scheduler.append(7, to: chunk.slot)
        }
    }
}

@Suite struct SchedulerTests {
    private func makeScheduler(
        rows: Int = 16, sequences: Int = 8, blocks: Int = 32, blockLength: Int = 4
    ) -> Scheduler {
        Scheduler(
            limits: .init(
                rowCount: rows, sequenceCount: sequences, promptLogitRowCount: 4, blockCount: blocks,
                blockLength: blockLength))
    }

    private func prompt(_ count: Int, _ first: Int = 0) -> [TokenID] {
        (0..<count).map { TokenID(first * 1000 + $0) }
    }

    private func step(_ scheduler: inout Scheduler) -> StepPlan {
        var plan = StepPlan()
        scheduler.plan(into: &plan)
        settle(plan, &scheduler)
        #expect(scheduler.integrityViolations().isEmpty)
        return plan
    }

    @Test func `decode rows come first and prefill fills the budget`() {
        var scheduler = makeScheduler()
        let first = scheduler.add(prompt: prompt(3, 1))
        _ = step(&scheduler)
        let second = scheduler.add(prompt: prompt(40, 2))
        let plan = step(&scheduler)
        #expect(plan.chunks.map(\.slot) == [first, second])
        #expect(plan.chunks.map(\.rowCount) == [1, 15])
        #expect(plan.chunks.map(\.reachesEnd) == [true, false])
        #expect(step(&scheduler).chunks.map(\.rowCount) == [1, 15])
        #expect(step(&scheduler).chunks.map(\.rowCount) == [1, 10])
        #expect(step(&scheduler).chunks.map(\.rowCount) == [1, 1])
    }

    @Test func `the queue is fair: first come, first served, and higher priorities before`() {
        var scheduler = makeScheduler(rows: 5, sequences: 1)
        let slots = (0..<3).map { scheduler.add(prompt: prompt(2, $0)) }
        let urgent = scheduler.add(prompt: prompt(2, 9), priority: 1)
        #expect(scheduler.waiting == [urgent] + slots)
        for slot in [urgent] + slots {
            #expect(step(&scheduler).chunks.map(\.slot) == [slot])
            scheduler.remove(slot)
        }
        #expect(scheduler.isEmpty)
    }

    @Test func `a long prompt at the head of the queue is not overtaken for want of room`() {
        var scheduler = makeScheduler(rows: 64, blocks: 10)
        _ = scheduler.add(prompt: prompt(24, 1))
        _ = step(&scheduler)
        _ = scheduler.add(prompt: prompt(30, 2))
        _ = scheduler.add(prompt: prompt(2, 3))
        _ = step(&scheduler)
        #expect(scheduler.running.count == 1)
        #expect(scheduler.waiting.count == 2)
    }

    @Test func `the youngest gives way and is computed again from what is still cached`() {
        var scheduler = makeScheduler(rows: 64, blocks: 8)
        let old = scheduler.add(prompt: prompt(12, 1))
        let young = scheduler.add(prompt: prompt(11, 2))
        var preemptions = 0
        for _ in 0..<9 {
            preemptions += step(&scheduler).preemptionCount
        }
        #expect(preemptions == 1)
        #expect(scheduler.running == [old])
        #expect(scheduler.waiting == [young])
        scheduler.remove(old)
        let plan = step(&scheduler)
        #expect(plan.chunks.map(\.slot) == [young])
        #expect(plan.chunks[0].firstPosition > 0)
    }

    @Test func `a prefix is shared by those who run and found by those who come later`() {
        var scheduler = makeScheduler(rows: 64)
        let first = scheduler.add(prompt: prompt(10))
        _ = step(&scheduler)
        let second = scheduler.add(prompt: prompt(10) + [5])
        let plan = step(&scheduler)
        #expect(plan.chunks.last?.firstPosition == 8)
        #expect(scheduler.sequences[first].blockTable.prefix(2) == scheduler.sequences[second].blockTable.prefix(2))
        scheduler.remove(first)
        scheduler.remove(second)
        #expect(scheduler.pool.usedCount == 0)
        let third = scheduler.add(prompt: prompt(9))
        #expect(step(&scheduler).chunks.first == .init(slot: third, firstPosition: 8, rowCount: 1, reachesEnd: true))
        #expect(scheduler.cacheHitTokenCount == 16)
    }

    @Test func `the last token is computed even if all of it is cached`() {
        var scheduler = makeScheduler(rows: 64)
        let first = scheduler.add(prompt: prompt(8))
        _ = step(&scheduler)
        scheduler.remove(first)
        _ = scheduler.add(prompt: prompt(8))
        #expect(step(&scheduler).chunks.map(\.rowCount) == [4])
    }

    @Test func `twins computed side by side end up in the same blocks`() {
        var scheduler = makeScheduler(rows: 64)
        let slots = (0..<3).map { _ in scheduler.add(prompt: prompt(9)) }
        _ = step(&scheduler)
        let tables = slots.map { Array(scheduler.sequences[$0].blockTable.prefix(2)) }
        #expect(Set(tables).count == 1)
        #expect(scheduler.pool.usedCount == 2 + 3)
    }

    @Test func `paused sequences are left out and give way first`() {
        var scheduler = makeScheduler(rows: 64, blocks: 8)
        let first = scheduler.add(prompt: prompt(16, 1))
        _ = step(&scheduler)
        scheduler.setPaused(true, first)
        #expect(!scheduler.hasWork)
        let second = scheduler.add(prompt: prompt(20, 2))
        #expect(step(&scheduler).chunks.map(\.slot) == [second])
        #expect(scheduler.waiting == [first])
        scheduler.setPaused(false, first)
        scheduler.remove(second)
        #expect(step(&scheduler).chunks.map(\.slot) == [first])
    }

    @Test func `guesses take what room is left, and wrong ones give it back`() {
        var scheduler = makeScheduler(rows: 8, blocks: 8)
        let slot = scheduler.add(prompt: prompt(3))
        _ = step(&scheduler)
        var plan = StepPlan()
        scheduler.plan(into: &plan)
        #expect(scheduler.extend(0, by: 9, in: &plan) == 4)
        #expect(plan.chunks == [.init(slot: slot, firstPosition: 3, rowCount: 5, reachesEnd: true, guessCount: 4)])
        #expect(plan.prefillRowCount == 0)
        #expect(scheduler.sequences[slot].blockTable.count == 2)
        scheduler.settle(plan.chunks[0])
        scheduler.append(8, to: slot, isComputed: true)
        scheduler.append(9, to: slot)
        scheduler.dropGuesses(of: slot)
        #expect(scheduler.sequences[slot].computedCount == 5)
        #expect(scheduler.sequences[slot].blockTable.count == 2)
        #expect(scheduler.integrityViolations().isEmpty)
    }

    @Test func `nobody gives way to a guess`() {
        var scheduler = makeScheduler(rows: 64, blocks: 5)
        let first = scheduler.add(prompt: prompt(7, 1))
        _ = scheduler.add(prompt: prompt(7, 2))
        _ = step(&scheduler)
        var plan = StepPlan()
        scheduler.plan(into: &plan)
        #expect(scheduler.extend(0, by: 4, in: &plan) == 0)
        #expect(scheduler.extend(1, by: 4, in: &plan) == 0)
        #expect(plan.preemptionCount == 0)
        #expect(scheduler.sequences[first].blockTable.count == 2)
    }
}
