public import Telemetry

/// A snapshot of what an engine does and has done, taken after each step.
public struct EngineStatistics: Hashable, Sendable {
    /// Generations that wait for their first step, or for their turn after a preemption.
    public var waitingCount = 0
    /// By client, its generations that wait for their first step.
    var queued: [UInt64: Int] = [:]
    /// How long the last generations took from their first step to their end, in seconds; 0 before the first end.
    var serviceTime = 0.0
    /// Generations that hold blocks, the paused ones included.
    public var runningCount = 0
    /// Generations that wait for their reader.
    public var pausedCount = 0
    public var blockCount = 0
    /// Blocks that some generation uses.
    public var usedBlockCount = 0
    /// Unused blocks whose content may be reused.
    public var cachedBlockCount = 0
    /// Positions of a block.
    public var blockLength = 0
    public var stepCount = 0
    /// Generations that steps computed for, added up over the steps.
    public var stepGenerationCount = 0
    /// Rows computed for prompts, and again after preemptions.
    public var prefillTokenCount = 0
    /// Tokens generated.
    public var generatedTokenCount = 0
    /// Tokens that were guessed and computed ahead, and those of them that were then drawn.
    public var draftTokenCount = 0
    public var acceptedDraftTokenCount = 0
    /// How often tokens were guessed for a generation.
    public var draftCount = 0
    /// Tokens generated a second over about the last second; 0 while nothing runs.
    public var generationRate = 0.0
    /// Prompt tokens that were looked up in the prefix cache, and those of them that were found.
    public var cacheQueryTokenCount = 0
    public var cacheHitTokenCount = 0
    /// Tokens of prompts that were computed before anybody asked for them, and those of them that were then asked for.
    public var aheadTokenCount = 0
    public var aheadHitTokenCount = 0
    public var preemptionCount = 0
    /// Generations that were preempted and wait to be computed again.
    public var preemptedCount = 0
    /// Tokens of prompt and output of the longest generation that finished.
    public var longestGeneration = 0
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
    /// From the first step to the end.
    public var inferenceTime = Histogram(.seconds)
    /// Decode time by each token after the first.
    public var outputTokenTime = Histogram(.seconds)
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

    /// About how long a generation waits that has so many before it; nil where nothing is known yet.
    public func estimatedWait(behind ahead: Int) -> Duration? {
        guard serviceTime > 0 else { return nil }
        return .seconds(serviceTime * Double(ahead + 1) / Double(max(1, runningCount)))
    }

    /// Takes in the time of a generation that has ended.
    mutating func noteService(_ time: Duration) {
        let seconds = time / .seconds(1)
        serviceTime += (seconds - serviceTime) * (serviceTime > 0 ? 0.1 : 1)
    }
}

extension EngineStatistics {
    /// Adds what another engine has counted. What it does at the moment is left out.
    public mutating func addCounts(of other: EngineStatistics) {
        for outcome in EngineOutcome.allCases {
            outcomes[outcome] += other.outcomes[outcome]
        }
        stepCount += other.stepCount
        stepGenerationCount += other.stepGenerationCount
        draftCount += other.draftCount
        aheadTokenCount += other.aheadTokenCount
        aheadHitTokenCount += other.aheadHitTokenCount
        longestGeneration = max(longestGeneration, other.longestGeneration)
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
        inferenceTime.add(other.inferenceTime)
        outputTokenTime.add(other.outputTokenTime)
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
