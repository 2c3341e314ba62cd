/// The tokens and times of replies, as their reader sees them.
struct ReplyStatistics: Hashable, Sendable {
    private(set) var replyCount = 0
    /// Of all replies.
    private(set) var total = ReplyUsage()
    private var last: Record?

    private struct Record: Hashable, Sendable {
        var usage: ReplyUsage
        /// From the question to the first text, and to the end.
        var firstText: Duration
        var end: Duration
    }

    /// Takes in a reply that is complete.
    mutating func add(_ usage: ReplyUsage, firstText: Duration, end: Duration) {
        replyCount += 1
        total.promptTokens += usage.promptTokens
        total.cachedTokens += usage.cachedTokens
        total.completionTokens += usage.completionTokens
        total.reasoningTokens += usage.reasoningTokens
        last = Record(usage: usage, firstText: firstText, end: end)
    }

    /// The last reply on one line.
    var line: String {
        guard let last else { return "no reply with token counts yet" }
        return Self.text(last.usage) + "; first text after \(Self.seconds(last.firstText)), "
            + "\(Self.rate(last)) tokens/s, \(Self.seconds(last.end)) in all"
    }

    /// The last reply and all of them together.
    var lines: [String] {
        guard last != nil else { return [line] }
        let replies = replyCount == 1 ? "1 reply" : "\(replyCount) replies"
        return ["last reply: \(line)", "\(replies): \(Self.text(total))"]
    }

    /// `1.2 s`, and `0.03 s` where one decimal place would say nothing.
    static func seconds(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        let scale = seconds < 0.95 ? 100.0 : 10
        return "\((seconds * scale).rounded() / scale) s"
    }

    private static func text(_ usage: ReplyUsage) -> String {
        let answer = max(0, usage.completionTokens - usage.reasoningTokens)
        return "prompt \(usage.promptTokens) tokens, \(usage.cachedTokens) of them cached; "
            + "reasoning \(usage.reasoningTokens); answer \(answer)"
    }

    /// By the times of whoever generated the reply: text may come in few pieces, long after its tokens.
    private static func rate(_ record: Record) -> String {
        let seconds = (record.usage.times?.generation ?? record.end - record.firstText) / .seconds(1)
        let rate = Double(record.usage.completionTokens) / seconds
        guard seconds > 0, rate < 1e9 else { return "–" }
        return rate < 100 ? "\((rate * 10).rounded() / 10)" : "\(Int(rate.rounded()))"
    }
}
