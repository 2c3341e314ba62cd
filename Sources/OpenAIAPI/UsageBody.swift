internal import APIDoors
internal import Engine
internal import JSON
internal import Serving

extension TokenUsage {
    /// The `usage` object.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "prompt_tokens", int: promptTokens)
        writer.append(key: "completion_tokens", int: completionTokens)
        writer.append(key: "total_tokens", int: totalTokens)
        writer.append(key: "prompt_tokens_details")
        writer.beginObject()
        writer.append(key: "cached_tokens", int: cachedTokens)
        writeRestoredReasoning(to: &writer)
        writer.endObject()
        writer.append(key: "completion_tokens_details")
        writer.beginObject()
        writer.append(key: "reasoning_tokens", int: reasoningTokens)
        if let thinkingBudget {
            writer.append(key: "reasoning_budget", int: thinkingBudget)
        }
        writer.endObject()
        writer.endObject()
    }

    /// The `timings` object, with llama-server's names.
    func writeTimings(to writer: inout JSONWriter) {
        let computedCount = max(0, promptTokens - cachedTokens)
        writer.beginObject()
        writer.append(key: "cache_n", int: cachedTokens)
        writer.append(key: "prompt_n", int: computedCount)
        writer.append(key: "prompt_ms", double: timings.prefill.milliseconds)
        writer.append(key: "prompt_per_second", double: rate(computedCount, timings.prefill))
        writer.append(key: "predicted_n", int: completionTokens)
        writer.append(key: "predicted_ms", double: timings.decode.milliseconds)
        writer.append(key: "predicted_per_second", double: rate(completionTokens, timings.decode))
        writer.append(key: "queue_ms", double: timings.queue.milliseconds)
        if let yarnFactor {
            writer.append(key: "yarn_factor")
            writer.append(double: yarnFactor)
            writer.append(key: "yarn_recomputed_n", int: cachedElsewhereTokens)
        }
        if draftTokens > 0 {
            writer.append(key: "draft_n", int: draftTokens)
            writer.append(key: "draft_n_accepted", int: acceptedDraftTokens)
        }
        writer.endObject()
    }

    private func rate(_ count: Int, _ duration: Duration) -> Double {
        let milliseconds = duration.milliseconds
        return milliseconds > 0 ? (Double(count) / milliseconds * 1e6).rounded() / 1e3 : 0
    }
}
