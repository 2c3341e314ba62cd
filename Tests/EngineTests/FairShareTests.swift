import TestSupport
import Testing
import Tokens

@testable import Engine

/// Clients that want work at the same time get fair shares of it.
@Suite struct FairShareTests {
    private static let (first, second, third) = (EngineClient(id: 1), EngineClient(id: 2), EngineClient(id: 3))

    private func makeScheduler(
        rows: Int = 16, sequences: Int = 8, blocks: Int = 256, blockLength: Int = 4
    ) -> Scheduler {
        Scheduler(
            limits: .init(
                rowCount: rows, sequenceCount: sequences, promptLogitRowCount: 4, blockCount: blocks,
                blockLength: blockLength))
    }

    private func prompt(_ count: Int, _ first: Int) -> [TokenID] {
        (0..<count).map { TokenID(first * 1000 + $0) }
    }

    @discardableResult
    private func step(_ scheduler: inout Scheduler) -> StepPlan {
        var plan = StepPlan()
        scheduler.plan(into: &plan)
        settle(plan, &scheduler)
        #expect(scheduler.integrityViolations().isEmpty)
        return plan
    }

    /// Rows of the clients' prompts in so many steps, while each of them always has prompts to compute.
    private func rows(of clients: [EngineClient], steps: Int) -> [Int] {
        var scheduler = makeScheduler(sequences: 4)
        var owner: [Int: Int] = [:]
        var counts = Array(repeating: 0, count: clients.count)
        var number = 0
        for _ in 0..<steps {
            for (index, client) in clients.enumerated() {
                while owner.values.count(where: { $0 == index }) < 3 {
                    number += 1
                    owner[scheduler.add(prompt: prompt(10, number), client: client)] = index
                }
            }
            for chunk in step(&scheduler).chunks {
                guard let index = owner[chunk.slot] else { continue }
                counts[index] += chunk.rowCount
                if chunk.reachesEnd {
                    scheduler.remove(chunk.slot)
                    owner[chunk.slot] = nil
                }
            }
        }
        return counts
    }

    @Test func `a client's first prompt goes before the many of another, and is hardly lengthened by them`() {
        var scheduler = makeScheduler(rows: 128, sequences: 32)
        for number in 0..<20 {
            _ = scheduler.add(prompt: prompt(30, number), client: Self.first)
        }
        step(&scheduler)
        let urgent = scheduler.add(prompt: prompt(40, 99), client: Self.second)
        let plan = step(&scheduler)
        let place = plan.chunks.firstIndex { !$0.isDecode }
        #expect(place.map { plan.chunks[$0].slot } == urgent)
        let others = plan.chunks.filter { $0.slot != urgent && !$0.isDecode }.reduce(0) { $0 + $1.rowCount }
        #expect(others > 0)
        #expect(others <= 15)
    }

    @Test func `who has had much steps shortly while others may come, until nobody has for long`() {
        var scheduler = makeScheduler(rows: 1 << 10, sequences: 4, blocks: 1 << 7, blockLength: 1 << 9)
        let visitor = scheduler.add(prompt: prompt(2, 1), client: Self.second)
        step(&scheduler)
        scheduler.remove(visitor)
        _ = scheduler.add(prompt: prompt(60_000, 2), client: Self.first)
        let rowCounts = (0..<70).map { _ in step(&scheduler).rowCount }
        #expect(rowCounts.prefix(3).allSatisfy { $0 == 1024 })
        #expect(rowCounts[3..<60].allSatisfy { $0 == 512 })
        #expect(rowCounts.last == 1024)
    }

    @Test func `equal clients get equal work, and others by their weight`() {
        let equal = rows(of: [Self.first, Self.second, Self.third], steps: 120)
        let sum = Double(equal.reduce(0, +))
        let jain = sum * sum / (3 * equal.reduce(0) { $0 + Double($1 * $1) })
        #expect(jain > 0.99)
        let weighted = rows(of: [EngineClient(id: 1, weight: 3), Self.second], steps: 120)
        let ratio = Double(weighted[0]) / Double(weighted[1])
        #expect(2.7...3.3 ~= ratio)
    }

    @Test func `who idles saves nothing up`() {
        var scheduler = makeScheduler(rows: 9, sequences: 8)
        let idle = scheduler.add(prompt: prompt(2, 1), client: Self.second)
        step(&scheduler)
        scheduler.remove(idle)
        _ = scheduler.add(prompt: prompt(500, 2), client: Self.first)
        for _ in 0..<40 {
            step(&scheduler)
        }
        _ = scheduler.add(prompt: prompt(400, 3), client: Self.second)
        var counts = [0, 0]
        for _ in 0..<20 {
            for chunk in step(&scheduler).chunks {
                counts[scheduler.sequences[chunk.slot].tokens[0].index / 1000 - 2] += chunk.rowCount
            }
        }
        #expect(abs(counts[0] - counts[1]) <= 18)
    }

    @Test func `who has none running takes a place from who has more than its share, and no more than its own`() {
        var scheduler = makeScheduler(rows: 16, sequences: 4)
        for number in 0..<6 {
            _ = scheduler.add(prompt: prompt(3, number), client: Self.first)
        }
        for _ in 0..<3 {
            step(&scheduler)
        }
        #expect(scheduler.running.count == 4)
        let others = (10..<14).map { scheduler.add(prompt: prompt(3, $0), client: Self.second) }
        var preemptions = step(&scheduler).preemptionCount
        #expect(preemptions == 2)
        #expect(scheduler.running.filter(others.contains) == Array(others.prefix(2)))
        for _ in 0..<50 {
            preemptions += step(&scheduler).preemptionCount
        }
        #expect(preemptions == 2)
    }

    @Test func `who keeps within its share of the blocks takes some from who does not`() {
        var scheduler = makeScheduler(rows: 64, sequences: 8, blocks: 20)
        let greedy = (0..<2).map { scheduler.add(prompt: prompt(30, $0), client: Self.first) }
        step(&scheduler)
        #expect(scheduler.running == greedy)
        let modest = scheduler.add(prompt: prompt(20, 9), client: Self.second)
        let plan = step(&scheduler)
        #expect(plan.chunks.contains { $0.slot == modest && $0.reachesEnd })
        #expect(scheduler.waiting == [greedy[1]])
        let excessive = scheduler.add(prompt: prompt(60, 10), client: Self.third)
        step(&scheduler)
        #expect(scheduler.waiting.contains(excessive))
    }

    @Test func `a sequence that must grow takes a block from the client that holds most, even from an older one`() {
        var scheduler = makeScheduler(rows: 64, sequences: 8, blocks: 12)
        let greedy = scheduler.add(prompt: prompt(34, 1), client: Self.first)
        step(&scheduler)
        let modest = scheduler.add(prompt: prompt(3, 2), client: Self.second)
        var preempted: [Int] = []
        for _ in 0..<8 where preempted.isEmpty {
            step(&scheduler)
            preempted = scheduler.waiting
        }
        #expect(preempted == [greedy])
        #expect(scheduler.running == [modest])
    }

    @Test func `what nobody waits for comes after what somebody does, and gives way to it, but not for ever`() {
        var scheduler = makeScheduler(rows: 1200, sequences: 2, blocks: 4096)
        let patient = (0..<2).map { scheduler.add(prompt: prompt(8, $0), urgency: .batch) }
        step(&scheduler)
        #expect(scheduler.running == patient)
        var urgent = scheduler.add(prompt: prompt(800, 9))
        #expect(step(&scheduler).preemptionCount == 1)
        #expect(scheduler.running.contains(urgent))
        var steps = 0
        while scheduler.waiting.contains(patient[1]), steps < 200 {
            scheduler.remove(urgent)
            steps += 1
            urgent = scheduler.add(prompt: prompt(800, 10 + steps), client: steps % 2 == 0 ? Self.first : .everybody)
            step(&scheduler)
        }
        #expect(10...60 ~= steps)
    }

    /// A step in which whoever has drawn its last token leaves; answers how many did.
    private func draw(_ scheduler: inout Scheduler, _ left: inout [Int: Int]) -> Int {
        var finished = 0
        for chunk in step(&scheduler).chunks where chunk.reachesEnd {
            guard let count = left[chunk.slot] else { continue }
            left[chunk.slot] = count > 1 ? count - 1 : nil
            if count == 1 {
                scheduler.remove(chunk.slot)
                finished += 1
            }
        }
        return finished
    }

    @Test func `whatever comes and goes, everybody is served and the books are right`() {
        for seed in 0..<8 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var scheduler = makeScheduler(rows: 12, sequences: 4, blocks: 24)
            var left: [Int: Int] = [:]
            var started = 0
            var finished = 0
            for number in 0..<400 {
                if left.count < 12, number < 200, Bool.random(using: &generator) {
                    let client = EngineClient(
                        id: .random(in: 1...4, using: &generator), weight: .random(in: 1...3, using: &generator))
                    let slot = scheduler.add(
                        prompt: prompt(.random(in: 1...40, using: &generator), number), client: client,
                        urgency: .random(in: 0..<4, using: &generator) == 0 ? .batch : .interactive)
                    left[slot] = Int.random(in: 1...20, using: &generator)
                    started += 1
                }
                finished += draw(&scheduler, &left)
            }
            var steps = 0
            while !scheduler.isEmpty, steps < 4000 {
                steps += 1
                finished += draw(&scheduler, &left)
            }
            #expect(finished == started, "seed \(seed)")
            #expect(scheduler.pool.usedCount == 0)
        }
    }

    @Test func `who comes late to a full queue may still have its share of it wait`() async throws {
        let gate = StepGate()
        let engine = try makeEngine(
            .small.changed {
                $0.queueLimit = 4
                $0.sequenceLimit = 1
            }, willCompute: gate.pass)
        func request(_ client: EngineClient) -> GenerationRequest {
            var request = GenerationRequest(prompt: [1, 2], maximumTokens: 2)
            request.client = client
            return request
        }
        let running = try engine.generate(request(Self.first))
        await gate.awaitStep()
        var waiting: [Generation] = []
        for _ in 0..<4 {
            waiting.append(try engine.generate(request(Self.first)))
        }
        #expect(throws: AdmissionError.queueFull(limit: 4)) { try engine.generate(request(Self.first)) }
        for _ in 0..<2 {
            waiting.append(try engine.generate(request(Self.second)))
        }
        #expect(throws: AdmissionError.queueFull(limit: 4)) { try engine.generate(request(Self.second)) }
        gate.open()
        #expect(await Collected(running).finish == .length)
        for generation in waiting {
            #expect(await Collected(generation).finish == .length)
        }
    }

    @Test func `sharing changes no token`() async throws {
        let sampled = GenerationRequest(prompt: randomPrompt(21, seed: 3), maximumTokens: 30)
        let alone = await Collected(try makeEngine().generate(sampled))
        let engine = try makeEngine(.small.changed { $0.sequenceLimit = 3 })
        var generations: [Generation] = []
        for number in 0..<12 {
            var request = sampled
            request.client = EngineClient(id: UInt64(number % 4))
            request.urgency = number % 5 == 0 ? .batch : .interactive
            request.usesPrefixCache = number % 2 == 0
            generations.append(try engine.generate(request))
        }
        for generation in generations {
            #expect(await Collected(generation).ids == alone.ids)
        }
    }
}
