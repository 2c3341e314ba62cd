import Checkpoints
import Models
import TestSupport
import Testing

@testable import ponder

@Suite struct CacheBudgetTests {
    private let plan: MemoryPlan

    init() throws {
        plan = try ModelLoader.describe(Checkpoint.open(Fixtures.path("qwen3/configs/Qwen3-0.6B.config.json")))
    }

    private func budget(_ availableMemory: Int?, contextLength: Int = 40_960) -> Int {
        CacheBudget.automatic(
            plan: plan,
            format: .f16,
            contextLength: contextLength,
            fixedByteCount: plan.weightByteCount,
            availableMemory: availableMemory
        )
    }

    @Test func `half of what the weights leave free is the cache's`() {
        #expect(budget(plan.weightByteCount + (8 << 30)) == 4 << 30)
    }

    @Test func `a draft model's cache is counted`() {
        let most = CacheBudget.automatic(
            plan: plan, draft: plan, format: .f16, contextLength: 100, fixedByteCount: 0,
            availableMemory: 1 << 50)
        #expect(most == 2 * budget(1 << 50, contextLength: 100))
        let half = CacheBudget.automatic(
            plan: plan, draft: plan, format: .f16, contextLength: 40_960,
            fixedByteCount: 2 * plan.weightByteCount, availableMemory: 2 * plan.weightByteCount + (8 << 30))
        #expect(half == 4 << 30)
    }

    @Test func `no more is taken than full contexts can use`() {
        let perToken = plan.cacheByteCountPerToken(.f16)
        #expect(budget(1 << 50) == perToken * 40_960 * CacheBudget.sequenceCount)
        #expect(budget(1 << 50, contextLength: 100) == perToken * 100 * CacheBudget.sequenceCount)
    }

    @Test func `a machine without free memory still serves short requests`() {
        let perToken = plan.cacheByteCountPerToken(.f16)
        #expect(budget(0) == perToken * 2_048)
        #expect(budget(0, contextLength: 64) == perToken * 64)
    }

    @Test func `unknown memory and absurd contexts overflow nothing`() {
        #expect(budget(nil) == 1 << 30)
        #expect(budget(nil, contextLength: .max) == 1 << 30)
    }
}
