internal import Engine
internal import HTTP
internal import Logging
package import Serving

/// What logs say of a request: which model answered, what it used and how it ended, and never what was said.
extension DoorRequest {
    /// Counts what an answer used that is no reply, and notes it.
    package func count(_ usage: TokenUsage, of model: ServedModel) {
        meter.count(usage.totalTokens)
        note(model)
        response.note(["prompt_tokens": .stringConvertible(usage.promptTokens)])
    }

    func note(_ model: ServedModel) {
        response.note(["model": "\(model.name)"])
    }

    /// Notes what became of a reply, which may have been left before its end.
    func note(_ reply: some DialectReply) {
        let stream = reply.stream
        let record = stream.record
        note(stream.model)
        response.note(["finish_reason": "\(record.ends(of: stream.choiceCount).joined(separator: ","))"])
        guard let usage = record.usage else {
            return response.note([
                "cached_tokens": .stringConvertible(stream.cachedTokenCount),
                "completion_tokens": .stringConvertible(record.generatedCount),
            ])
        }
        response.note([
            "prompt_tokens": .stringConvertible(usage.promptTokens),
            "cached_tokens": .stringConvertible(usage.cachedTokens),
            "completion_tokens": .stringConvertible(usage.completionTokens),
            "reasoning_tokens": .stringConvertible(usage.reasoningTokens),
            "queue_milliseconds": Self.milliseconds(usage.timings.queue),
            "prefill_milliseconds": Self.milliseconds(usage.timings.prefill),
            "decode_milliseconds": Self.milliseconds(usage.timings.decode),
        ])
    }

    private static func milliseconds(_ time: Duration) -> Logger.MetadataValue {
        .stringConvertible((time / .milliseconds(1) * 100).rounded() / 100)
    }
}
