import Telemetry
import Testing

@testable import Engine

@Suite struct EngineStatisticsTests {
    /// What an engine does at the moment, or is, which ends with it.
    private static let states: Set<String> = [
        "waitingCount", "queued", "serviceTime", "runningCount", "pausedCount", "blockCount", "usedBlockCount",
        "cachedBlockCount", "blockLength", "generationRate", "preemptedCount", "contextLength",
    ]

    /// Counters of a server must not fall when one of its models leaves: each new one belongs into the sum, or above.
    @Test func `what an engine has counted outlives it, whole`() throws {
        let past = try #require(Self.filled())
        var sum = EngineStatistics()
        sum.addCounts(of: past)
        let before = Mirror(reflecting: EngineStatistics()).children
        for (child, empty) in zip(Mirror(reflecting: sum).children, before) {
            let name = try #require(child.label)
            let hasChanged = String(describing: child.value) != String(describing: empty.value)
            #expect(hasChanged != Self.states.contains(name), "\(name)")
        }
    }

    /// Statistics in which nothing is zero.
    private static func filled() -> EngineStatistics? {
        var all = EngineStatistics()
        for path in counts { all[keyPath: path] = 3 }
        for path in histograms { all[keyPath: path].observe(2.0) }
        all.maskSeconds = 1
        for outcome in EngineOutcome.allCases { all.outcomes[outcome] = 1 }
        all.waitingCount = 1
        all.queued = [1: 1]
        all.serviceTime = 1
        all.generationRate = 1
        let empty = Mirror(reflecting: EngineStatistics()).children
        let isFilled = zip(Mirror(reflecting: all).children, empty).allSatisfy {
            states.contains($0.label ?? "") || String(describing: $0.value) != String(describing: $1.value)
        }
        return isFilled ? all : nil
    }

    private static var counts: [WritableKeyPath<EngineStatistics, Int>] {
        [
            \.stepCount, \.stepGenerationCount, \.prefillTokenCount, \.generatedTokenCount, \.draftTokenCount,
            \.acceptedDraftTokenCount, \.draftCount, \.cacheQueryTokenCount, \.cacheHitTokenCount, \.preemptionCount,
            \.finishedCount, \.cancelledCount, \.promptTokenCount, \.cachedPromptTokenCount, \.reasoningTokenCount,
            \.thinkingBudgetHitCount, \.maskCount, \.expertLoadCount, \.expertRowCount, \.aheadTokenCount,
            \.aheadHitTokenCount, \.longestGeneration, \.reasoningLoopCount, \.answerLoopCount, \.stringLoopCount,
        ]
    }

    private static var histograms: [WritableKeyPath<EngineStatistics, Histogram>] {
        [
            \.timeToFirstToken, \.interTokenTime, \.requestTime, \.queueTime, \.prefillTime, \.decodeTime,
            \.promptLength,
            \.replyLength, \.stepTime, \.stepTokens, \.inferenceTime, \.outputTokenTime,
        ]
    }
}
