internal import Engine

/// Adds up what the engine counted for each choice.
enum UsageCounter {
    /// The usage of choices that share one prompt.
    static func usage(promptTokenCount: Int, _ choices: [GenerationUsage?]) -> TokenUsage {
        var usage = TokenUsage(promptTokens: promptTokenCount)
        // The first choice found in the cache what earlier requests left; the others found what the first computed.
        usage.cachedTokens = choices.first??.cachedTokens ?? 0
        usage.cachedElsewhereTokens = choices.first??.cachedElsewhereTokens ?? 0
        for choice in choices {
            usage.completionTokens += choice?.completionTokens ?? 0
            usage.reasoningTokens += choice?.reasoningTokens ?? 0
            usage.draftTokens += choice?.draftTokens ?? 0
            usage.acceptedDraftTokens += choice?.acceptedDraftTokens ?? 0
            usage.timings.include(choice?.timings ?? GenerationTimings())
        }
        return usage
    }
}
