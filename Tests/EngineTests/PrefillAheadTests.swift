import Sampling
import Synchronization
import TestSupport
import Testing
import Tokens

@testable import Engine

/// Prompts that are likely to come, computed while nobody waits.
@Suite struct PrefillAheadTests {
    /// Blocks of four tokens, small steps, no delay.
    private static let configuration = EngineConfiguration.small.changed {
        $0.prefillAhead = PrefillAhead(delay: .zero, rowCount: 8)
    }

    private func request(_ prompt: [TokenID], salt: UInt64 = 0) -> GenerationRequest {
        GenerationRequest(prompt: prompt, maximumTokens: 4, cacheSalt: salt)
    }

    /// Waits until so many tokens were computed ahead.
    private func wait(_ engine: InferenceEngine, for count: Int) async {
        while engine.statistics.aheadTokenCount < count {
            await Task.yield()
        }
    }

    @Test func `an expected prompt is in the cache when it comes, up to its last full block`() async throws {
        let prompt = randomPrompt(42, seed: 1)
        let engine = try makeEngine(Self.configuration)
        engine.expect(ExpectedPrompt(tokens: prompt))
        await wait(engine, for: 40)
        let reply = await Collected(try engine.generate(request(prompt)))
        #expect(reply.usage.cachedTokens == 40)
        let plain = await Collected(try makeEngine().generate(request(prompt)))
        #expect(reply.ids == plain.ids)
        let again = await Collected(try engine.generate(request(prompt)))
        #expect(again.usage.cachedTokens == 40)
        #expect(engine.statistics.aheadTokenCount == 40)
        #expect(engine.statistics.aheadHitTokenCount == 40, "what is found a second time would have been there anyway")
        #expect(engine.statistics.prefillTokenCount == 2 + 2)
        #expect(engine.statistics.cacheQueryTokenCount == 84)
    }

    @Test func `only what is not cached yet is computed`() async throws {
        let prompt = randomPrompt(42, seed: 2)
        let engine = try makeEngine(Self.configuration)
        _ = await Collected(try engine.generate(request(Array(prompt.prefix(24)))))
        engine.expect(ExpectedPrompt(tokens: prompt))
        await wait(engine, for: 16)
        engine.expect(ExpectedPrompt(tokens: prompt))
        // Another one behind it tells that this one was looked at.
        engine.expect(ExpectedPrompt(tokens: randomPrompt(8, seed: 3)))
        await wait(engine, for: 24)
        #expect(engine.statistics.aheadTokenCount == 24)
    }

    @Test func `a request that comes in the middle waits for one step, and the rest comes behind it`() async throws {
        let rows = Mutex<[Int]>([])
        let gate = StepGate()
        let engine = try makeEngine(
            Self.configuration,
            willCompute: { count in
                rows.withLock { $0.append(count) }
                gate.pass(count)
            })
        engine.expect(ExpectedPrompt(tokens: randomPrompt(40, seed: 4)))
        await gate.awaitStep()
        #expect(engine.statistics.runningCount == 0)
        #expect(engine.statistics.usedBlockCount == 0)
        let generation = try engine.generate(request(randomPrompt(7, seed: 5)))
        gate.open()
        let reply = await Collected(generation)
        #expect(reply.ids.count == 4)
        await wait(engine, for: 40)
        #expect(rows.withLock { $0 } == [8, 7, 1, 1, 1, 8, 8, 8, 8])
        #expect(engine.statistics.aheadTokenCount == 40, "what was computed before is not computed again")
    }

    @Test func `nothing that somebody uses is given up for it, and nothing is computed that finds no room`() throws {
        var scheduler = Scheduler(
            limits: Scheduler.Limits(
                rowCount: 16, sequenceCount: 4, promptLogitRowCount: 1, blockCount: 6, blockLength: 4))
        var plan = StepPlan()
        let slot = scheduler.add(prompt: randomPrompt(14, seed: 6))
        scheduler.plan(into: &plan)
        plan.chunks.forEach { scheduler.settle($0) }
        scheduler.append(1, to: slot)
        scheduler.setPaused(true, slot)
        let expected = randomPrompt(12, seed: 7)
        let large = scheduler.addAhead(prompt: expected, scope: PrefixScope(), rowCount: 4)
        #expect(large == nil)
        let added = scheduler.addAhead(prompt: Array(expected.prefix(4)), scope: PrefixScope(), rowCount: 4)
        let small = try #require(added)
        #expect(!scheduler.hasWork)
        scheduler.plan(into: &plan)
        #expect(plan.chunks.map(\.slot) == [small])
        #expect(plan.preemptionCount == 0)
        plan.chunks.forEach { scheduler.settle($0) }
        #expect(scheduler.sequences[small].pendingCount == 0)
        scheduler.remove(small)
        #expect(scheduler.integrityViolations() == [])
        let again = scheduler.addAhead(prompt: Array(expected.prefix(7)), scope: PrefixScope(), rowCount: 4)
        #expect(again == nil, "it is cached")
        #expect(scheduler.sequences[slot].blockTable.count == 4)
    }

    @Test func `a salt holds for what is computed ahead too`() async throws {
        let prompt = randomPrompt(42, seed: 8)
        let engine = try makeEngine(Self.configuration)
        engine.expect(ExpectedPrompt(tokens: prompt, cacheSalt: 7))
        await wait(engine, for: 40)
        #expect(await Collected(try engine.generate(request(prompt))).usage.cachedTokens == 0)
        #expect(await Collected(try engine.generate(request(prompt, salt: 7))).usage.cachedTokens == 40)
    }

    @Test func `a drain waits for none of it`() async throws {
        let gate = StepGate()
        let engine = try makeEngine(Self.configuration, willCompute: gate.pass)
        for seed in UInt64(10)..<20 {
            engine.expect(ExpectedPrompt(tokens: randomPrompt(40, seed: seed)))
        }
        await gate.awaitStep()
        let drained = Task { await engine.drain(deadline: .seconds(3600)) }
        func isDraining() -> Bool {
            do {
                _ = try engine.generate(request([1]))
                return false
            } catch {
                return error == .draining
            }
        }
        while !isDraining() { await Task.yield() }
        gate.open()
        await drained.value
        #expect(engine.statistics.aheadTokenCount == 8, "the step that was under way")
        #expect(engine.statistics.usedBlockCount == 0)
    }

    @Test func `what cannot be a prompt is passed over, and so is everything where it is switched off`() async throws {
        let engine = try makeEngine(Self.configuration)
        engine.expect(ExpectedPrompt(tokens: [1, 2, 3, 4, -1, 5, 6, 7]))
        engine.expect(ExpectedPrompt(tokens: [1, 2, 3, 4, 64, 5, 6, 7]))
        engine.expect(ExpectedPrompt(tokens: randomPrompt(5000, seed: 1)))
        engine.expect(ExpectedPrompt(tokens: []))
        engine.expect(ExpectedPrompt(tokens: [1, 2, 3]))
        engine.expect(ExpectedPrompt(tokens: randomPrompt(8, seed: 9)))
        await wait(engine, for: 8)
        #expect(engine.statistics.aheadTokenCount == 8)
        let idle = try makeEngine()
        idle.expect(ExpectedPrompt(tokens: randomPrompt(8, seed: 9)))
        let reply = await Collected(try idle.generate(request(randomPrompt(9, seed: 9))))
        #expect(reply.usage.cachedTokens == 0)
        #expect(idle.statistics.aheadTokenCount == 0)
    }

    @Test func `of too many expected prompts the newest stay, and one waits until the engine has been idle`() {
        var work = AheadWork()
        let prompts = (0..<40).map { ExpectedPrompt(tokens: [TokenID($0)]) }
        work.expect(Array(prompts[..<30]))
        work.expect(Array(prompts[30...]))
        #expect(work.expected == Array(prompts[24...]))
        let now = ContinuousClock.now
        var starts = [Duration.zero, .milliseconds(500)].map { work.start(after: .seconds(1), now: now + $0) }
        work.noteWork()
        starts.append(work.start(after: .seconds(1), now: now + .seconds(5)))
        work.giveUp()
        starts.append(work.start(after: .seconds(1), now: now))
        #expect(starts == [now + .seconds(1), now + .seconds(1), now + .seconds(6), nil])
    }
}
