internal import Engine
internal import Synchronization

/// What became of a reply, for logs: written where it is read, never its text.
public final class ReplyRecord: Sendable {
    private struct State {
        var outcomes: [EngineOutcome] = []
        var generatedCount = 0
        var usage: TokenUsage?
    }

    private let state = Mutex(State())

    init() {}

    /// How its choices ended, in the words of metrics and in the order in which they did; a reader that left has cancelled the
    /// others.
    public func ends(of choiceCount: Int) -> [String] {
        let outcomes = state.withLock { $0.outcomes }
        let left = choiceCount > outcomes.count ? [EngineOutcome.cancelled] : []
        return (outcomes + left).map(\.rawValue)
    }
    /// How many tokens its reader got.
    public var generatedCount: Int { state.withLock { $0.generatedCount } }
    /// What it used; nil for a reply that was not read to its end.
    public var usage: TokenUsage? { state.withLock { $0.usage } }

    func add(tokenCount: Int) {
        state.withLock { $0.generatedCount += tokenCount }
    }

    func add(_ reason: FinishReason) {
        state.withLock { $0.outcomes.append(EngineOutcome(reason)) }
    }

    func end(_ usage: TokenUsage) -> TokenUsage {
        state.withLock { $0.usage = usage }
        return usage
    }
}
