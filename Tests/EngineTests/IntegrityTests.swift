import TestSupport
import Testing
import Tokens

@testable import Engine

/// Ten thousand random operations, with the books checked after each.
@Suite struct IntegrityTests {
    private struct Live {
        var slot: Int
        var limit: Int
    }

    @Test(arguments: [UInt64(1), 2, 3, 4]) func `random operations leave the books in order`(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let blockCount = Int.random(in: 6...20, using: &generator)
        var scheduler = Scheduler(
            limits: .init(
                rowCount: 12, sequenceCount: 5, promptLogitRowCount: 3, blockCount: blockCount, blockLength: 4,
                windowCount: 2))
        let capacity = blockCount * 4
        var live: [Live] = []
        var finished = 0
        for operation in 0..<2500 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0, 1:
                live.append(add(to: &scheduler, capacity: capacity, &generator))
            case 2:
                if let index = live.indices.randomElement(using: &generator), Bool.random(using: &generator) {
                    scheduler.remove(live.remove(at: index).slot)
                }
            case 3:
                if let item = live.randomElement(using: &generator) {
                    scheduler.setPaused(Bool.random(using: &generator), item.slot)
                }
            default:
                finished += step(&scheduler, &live, &generator)
            }
            let violations = scheduler.integrityViolations()
            #expect(violations.isEmpty, "seed \(seed), operation \(operation): \(violations)")
        }
        #expect(finished > 50)
        for item in live {
            scheduler.setPaused(false, item.slot)
        }
        var steps = 0
        while !live.isEmpty && steps < 5000 {
            finished += step(&scheduler, &live, &generator)
            steps += 1
        }
        #expect(live.isEmpty, "a sequence never ends")
        #expect(scheduler.pool.usedCount == 0)
    }

    private func add(
        to scheduler: inout Scheduler, capacity: Int, _ generator: inout SeededGenerator
    ) -> Live {
        let count = Int.random(in: 1...capacity / 2, using: &generator)
        // Few different beginnings, so that prefixes are shared.
        let first = Int.random(in: 0..<3, using: &generator)
        let prompt = (0..<count).map { TokenID($0 < 9 ? first : Int.random(in: 0..<2, using: &generator)) }
        let slot = scheduler.add(
            prompt: prompt, usesPrefixCache: Int.random(in: 0..<5, using: &generator) > 0,
            scope: PrefixScope(
                salt: UInt64.random(in: 0..<2, using: &generator), window: Int32.random(in: 0..<2, using: &generator)),
            priority: Int.random(in: 0..<2, using: &generator),
            wantsPromptLogits: Int.random(in: 0..<4, using: &generator) == 0)
        return Live(slot: slot, limit: Int.random(in: count...capacity, using: &generator))
    }

    /// Computes a step, with guesses of which some are right, and answers how many sequences it finished.
    private func step(
        _ scheduler: inout Scheduler, _ live: inout [Live], _ generator: inout SeededGenerator
    ) -> Int {
        guard scheduler.hasWork else { return 0 }
        var plan = StepPlan()
        scheduler.plan(into: &plan)
        for index in plan.chunks.indices where plan.chunks[index].isDecode {
            let wanted = Int.random(in: 0...6, using: &generator)
            let granted = scheduler.extend(index, by: wanted, in: &plan)
            #expect(granted <= wanted)
            #expect(plan.spareLogitRowCount >= 0)
        }
        #expect(plan.rowCount <= scheduler.limits.rowCount)
        #expect(plan.rowCount > 0 || plan.preemptionCount > 0, "a step without work")
        var finished = 0
        for chunk in plan.chunks {
            scheduler.settle(chunk)
            guard chunk.reachesEnd, let index = live.firstIndex(where: { $0.slot == chunk.slot }) else { continue }
            let right = Int.random(in: 0...chunk.guessCount, using: &generator)
            for place in 0...right where scheduler.sequences[chunk.slot].tokens.count < live[index].limit {
                scheduler.append(TokenID(place % 2), to: chunk.slot, isComputed: place < right)
            }
            if scheduler.sequences[chunk.slot].pendingCount == 0
                || scheduler.sequences[chunk.slot].tokens.count >= live[index].limit
            {
                scheduler.remove(chunk.slot)
                live.remove(at: index)
                finished += 1
            } else {
                scheduler.dropGuesses(of: chunk.slot)
            }
        }
        return finished
    }
}
