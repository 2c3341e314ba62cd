import Testing
import Tokens

@testable import Engine

/// Steps deep inside a long prompt take no longer than its first ones.
@Suite struct DepthCostTests {
    /// Reads a prompt on a machine where a row takes a millisecond and each position before it so many more, and tells what
    /// each step took.
    private func read(
        _ length: Int, perPosition: Double, base: Double = 0, _ cost: inout DepthCost,
        disturb: (_ step: Int, _ seconds: Double) -> Double = { $1 }
    ) -> [Double] {
        var times: [Double] = []
        var position = 0
        while position < length {
            let rows = min(length - position, cost.rowCount(within: cost.budget, from: position))
            #expect(rows > 0)
            let depths = rows * position + rows * (rows - 1) / 2
            let seconds = base + 0.001 * (Double(rows) + perPosition * Double(depths))
            times.append(seconds)
            cost.observe(rowCount: rows, depthSum: depths, seconds: disturb(times.count, seconds))
            position += rows
        }
        return times
    }

    @Test(arguments: [1.0 / 500, 1.0 / 4_000, 1.0 / 20_000], [0, 0.02])
    func `a long prompt's steps take what the first one took`(perPosition: Double, base: Double) throws {
        var cost = DepthCost(budget: 512)
        let times = read(32_768, perPosition: perPosition, base: base, &cost)
        let first = try #require(times.first)
        // The second step is the first one that can be measured.
        #expect(times.allSatisfy { $0 < 2 * first })
        #expect(times.dropFirst(2).allSatisfy { $0 < 1.5 * first })
        #expect(times.dropFirst(8).allSatisfy { $0 < 1.15 * first })
        // And not much less, which would read weights more often than need be.
        #expect(times.dropFirst(8).dropLast().allSatisfy { $0 > 0.8 * first })
    }

    @Test func `steps that were held up change little`() throws {
        var cost = DepthCost(budget: 512)
        let times = read(32_768, perPosition: 1.0 / 4_000, &cost) { $0 % 7 == 0 ? 10 * $1 : $1 }
        let first = try #require(times.first)
        #expect(times.allSatisfy { $0 < 1.5 * first })
        #expect(times.dropFirst(8).dropLast().allSatisfy { $0 > 0.25 * first })
    }

    @Test func `a machine that becomes slower or faster is followed`() throws {
        var cost = DepthCost(budget: 512)
        _ = read(16_384, perPosition: 1.0 / 1_000, &cost)
        let before = cost.perPosition
        _ = read(16_384, perPosition: 1.0 / 4_000, &cost)
        #expect(cost.perPosition < before / 3)
        _ = read(16_384, perPosition: 1.0 / 1_000, &cost)
        #expect(cost.perPosition > 0.8 * before)
    }

    @Test func `short prompts and times that do not pass teach nothing`() {
        var cost = DepthCost(budget: 512)
        for rows in [1, 30, 200] { cost.observe(rowCount: rows, depthSum: rows * rows / 2, seconds: 1) }
        cost.observe(rowCount: 512, depthSum: 512 * 10_000, seconds: 9)
        cost.observe(rowCount: 512, depthSum: 512 * 256, seconds: 0)
        #expect(cost == DepthCost(budget: 512))
        #expect(cost.rowCount(within: 512, from: 30_000) == 512)
    }

    @Test func `between two tokens of a reply lies no more than one step of the budget, however deep the prompt`()
        throws
    {
        var scheduler = Scheduler(
            limits: .init(
                rowCount: 128, sequenceCount: 8, promptLogitRowCount: 4, blockCount: 1_200, blockLength: 32))
        scheduler.depthCost = DepthCost(budget: 128, perPosition: 1.0 / 1_000)
        let reply = scheduler.add(prompt: [1, 2, 3])
        var plan = StepPlan()
        scheduler.plan(into: &plan)
        settle(plan, &scheduler)
        let prompt = scheduler.add(prompt: (0..<32_768).map { TokenID($0 % 50) })
        var read = 0
        while read < 32_768 {
            scheduler.plan(into: &plan)
            let rows = plan.chunks.filter { $0.slot == prompt }.reduce(0) { $0 + $1.rowCount }
            let work = 1 + Double(rows) * scheduler.depthCost.weight(at: read)
            #expect(plan.chunks.first.map { $0.slot == reply && $0.isDecode } == true)
            #expect(rows > 0)
            #expect(work <= 128)
            read += rows
            settle(plan, &scheduler)
        }
        #expect(read == 32_768)
    }

    @Test func `however deep, a prompt goes on`() {
        var scheduler = Scheduler(
            limits: .init(rowCount: 128, sequenceCount: 8, promptLogitRowCount: 4, blockCount: 100, blockLength: 32))
        scheduler.depthCost = DepthCost(budget: 128, perPosition: 1_000)
        let slot = scheduler.add(prompt: (0..<200).map { TokenID($0) })
        var plan = StepPlan()
        for _ in 0..<40 {
            scheduler.plan(into: &plan)
            settle(plan, &scheduler)
        }
        #expect(scheduler.sequences[slot].tokens.count > 200)
    }
}
