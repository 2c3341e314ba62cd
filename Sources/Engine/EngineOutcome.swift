internal import Sampling
internal import Telemetry

/// How generations ended, in the words of metrics.
public enum EngineOutcome: String, Sendable, Hashable, CaseIterable {
    case stop
    case length
    case loop
    case time
    case cancelled
    case error

    /// What metrics call this end.
    public init(_ reason: FinishReason) {
        self =
            switch reason {
            case .endOfText, .stopToken, .stopString: .stop
            case .length: .length
            case .loop: .loop
            case .timeLimit: .time
            case .cancelled: .cancelled
            case .failed: .error
            }
    }
}

/// How many generations ended in which way.
public struct EngineOutcomes: Hashable, Sendable {
    private var stop = 0
    private var length = 0
    private var loop = 0
    private var time = 0
    private var cancelled = 0
    private var error = 0

    public init() {}

    public internal(set) subscript(outcome: EngineOutcome) -> Int {
        get { self[keyPath: Self.path(outcome)] }
        set { self[keyPath: Self.path(outcome)] = newValue }
    }

    private static func path(_ outcome: EngineOutcome) -> WritableKeyPath<EngineOutcomes, Int> {
        switch outcome {
        case .stop: \.stop
        case .length: \.length
        case .loop: \.loop
        case .time: \.time
        case .cancelled: \.cancelled
        case .error: \.error
        }
    }
}

extension EngineStatistics {
    /// Takes in a generation that ended.
    mutating func add(_ reason: FinishReason, _ usage: GenerationUsage) {
        finishedCount += 1
        outcomes[EngineOutcome(reason)] += 1
        if reason == .cancelled {
            cancelledCount += 1
        }
        promptTokenCount += usage.promptTokens
        cachedPromptTokenCount += usage.cachedTokens
        reasoningTokenCount += usage.reasoningTokens
        if usage.reasoningEnd == .budget {
            thinkingBudgetHitCount += 1
        }
        queueTime.observe(usage.timings.queue)
        prefillTime.observe(usage.timings.prefill)
        decodeTime.observe(usage.timings.decode)
        if reason != .cancelled {
            noteService(usage.timings.prefill + usage.timings.decode)
        }
        inferenceTime.observe(usage.timings.prefill + usage.timings.decode)
        requestTime.observe(usage.timings.queue + usage.timings.prefill + usage.timings.decode)
        if usage.completionTokens > 1 {
            outputTokenTime.observe(usage.timings.decode / (usage.completionTokens - 1))
        }
        longestGeneration = max(longestGeneration, usage.promptTokens + usage.completionTokens)
        promptLength.observe(Double(usage.promptTokens))
        replyLength.observe(Double(usage.completionTokens))
    }
}
