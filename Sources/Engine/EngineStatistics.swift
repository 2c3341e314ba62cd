public import Telemetry

/// A snapshot of what an engine does and has done, taken after each step.
public struct EngineStatistics: Hashable, Sendable {
    /// Generations that wait for their first step, or for their turn after a preemption.
    public var waitingCount = 0
    /// Generations that hold blocks, the paused ones included.
    public var runningCount = 0
    /// Generations that wait for their reader.
    public var pausedCount = 0
    public var blockCount = 0
    /// Blocks that some generation uses.
    public var usedBlockCount = 0
    /// Unused blocks whose content may be reused.
    public var cachedBlockCount = 0
    public var stepCount = 0
    /// Rows computed for prompts, and again after preemptions.
    public var prefillTokenCount = 0
    /// Tokens generated.
    public var generatedTokenCount = 0
    /// Tokens that were guessed and computed ahead, and those of them that were then drawn.
    public var draftTokenCount = 0
    public var acceptedDraftTokenCount = 0
    /// Prompt tokens that were looked up in the prefix cache, and those of them that were found.
    public var cacheQueryTokenCount = 0
    public var cacheHitTokenCount = 0
    public var preemptionCount = 0
    public var finishedCount = 0
    public var cancelledCount = 0
    /// By what ended them.
    public internal(set) var outcomes = EngineOutcomes()
    /// Of the prompts of finished generations, those that the prefix cache held, and their tokens of reasoning.
    public var promptTokenCount = 0
    public var cachedPromptTokenCount = 0
    public var reasoningTokenCount = 0
    /// Finished generations whose thinking a budget ended.
    public var thinkingBudgetHitCount = 0
    /// Draws that were held to a form, and the time it took to find what the forms allow.
    public var maskCount = 0
    public var maskSeconds = 0.0
    /// How often an expert's weights were read, and for how many rows in all.
    public var expertLoadCount = 0
    public var expertRowCount = 0
    public var timeToFirstToken = Histogram(.seconds)
    public var interTokenTime = Histogram(.seconds)
    /// Of finished generations: all their time, and its parts.
    public var requestTime = Histogram(.seconds)
    public var queueTime = Histogram(.seconds)
    public var prefillTime = Histogram(.seconds)
    public var decodeTime = Histogram(.seconds)
    public var promptLength = Histogram(.tokens)
    public var replyLength = Histogram(.tokens)
    public var stepTime = Histogram(.seconds)
    public var stepTokens = Histogram(.tokens)
    /// Loops that were ended: of reasoning, of answers, and of strings of answers that are held to a form.
    public var reasoningLoopCount = 0
    public var answerLoopCount = 0
    public var stringLoopCount = 0
    /// The most tokens of prompt and output together; 0 before the model is there.
    public var contextLength = 0

    public init() {}
}

extension EngineStatistics {
    /// Adds what another engine has counted. What it does at the moment is left out.
    public mutating func addCounts(of other: EngineStatistics) {
        for outcome in EngineOutcome.allCases {
            outcomes[outcome] += other.outcomes[outcome]
        }
        stepCount += other.stepCount
        prefillTokenCount += other.prefillTokenCount
        generatedTokenCount += other.generatedTokenCount
        draftTokenCount += other.draftTokenCount
        acceptedDraftTokenCount += other.acceptedDraftTokenCount
        cacheQueryTokenCount += other.cacheQueryTokenCount
        cacheHitTokenCount += other.cacheHitTokenCount
        preemptionCount += other.preemptionCount
        finishedCount += other.finishedCount
        cancelledCount += other.cancelledCount
        promptTokenCount += other.promptTokenCount
        cachedPromptTokenCount += other.cachedPromptTokenCount
        reasoningTokenCount += other.reasoningTokenCount
        thinkingBudgetHitCount += other.thinkingBudgetHitCount
        maskCount += other.maskCount
        maskSeconds += other.maskSeconds
        expertLoadCount += other.expertLoadCount
        expertRowCount += other.expertRowCount
        timeToFirstToken.add(other.timeToFirstToken)
        interTokenTime.add(other.interTokenTime)
        requestTime.add(other.requestTime)
        queueTime.add(other.queueTime)
        prefillTime.add(other.prefillTime)
        decodeTime.add(other.decodeTime)
        promptLength.add(other.promptLength)
        replyLength.add(other.replyLength)
        stepTime.add(other.stepTime)
        stepTokens.add(other.stepTokens)
        reasoningLoopCount += other.reasoningLoopCount
        answerLoopCount += other.answerLoopCount
        stringLoopCount += other.stringLoopCount
    }
}
