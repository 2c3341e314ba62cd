internal import Sampling
internal import Synchronization

/// Between the engine, which posts, and one reader, who drains all that is new.
///
/// Events of one kind are merged while they wait, so a reader who comes late finds few events, not a backlog.
final class GenerationMailbox: Sendable {
    /// What waits for the reader.
    private struct Pending {
        var queued: (ahead: Int, wait: Duration?)?
        var prefilling: (done: Int, total: Int)?
        var promptLogProbabilities: [PromptLogProbability] = []
        var reading: [Float]?
        var tokens: [SampledToken] = []
        var finish: (reason: FinishReason, usage: GenerationUsage)?
    }

    private struct State {
        var pending = Pending()
        var reader: CheckedContinuation<[GenerationEvent]?, Never>?
        /// The engine paused the generation until its tokens are read.
        var isPaused = false
        /// Prompt tokens found in the prefix cache.
        var cachedCount = 0
        /// The reader has the last event.
        var isFinished = false
    }

    /// Guards the events that wait and the reader who waits for them.
    private let state = Mutex(State())
    private let inbox: EngineInbox
    let ticket: EngineInbox.Ticket

    init(inbox: EngineInbox, ticket: EngineInbox.Ticket) {
        self.inbox = inbox
        self.ticket = ticket
    }

    func postQueued(ahead: Int, wait: Duration?) {
        post { $0.pending.queued = (ahead, wait) }
    }

    func postPrefilling(done: Int, of total: Int, cached: Int) {
        post { state in
            state.cachedCount = cached
            state.pending.queued = nil
            state.pending.prefilling = (done, total)
        }
    }

    func post(promptLogProbabilities: [PromptLogProbability]) {
        post { $0.pending.promptLogProbabilities += promptLogProbabilities }
    }

    func post(reading: [Float]) {
        post { $0.pending.reading = reading }
    }

    /// The prompt is computed; the reader hears of it with the first token.
    func notePrefilled(_ total: Int, cached: Int) {
        state.withLock { state in
            state.cachedCount = cached
            state.pending.queued = nil
            state.pending.prefilling = (total, total)
        }
    }

    /// Answers whether more than `limit` tokens are unread: then the engine is told when they were read.
    func post(token: SampledToken, unreadLimit limit: Int) -> Bool {
        post { state in
            state.pending.tokens.append(token)
            state.isPaused = state.reader == nil && state.pending.tokens.count > limit
            return state.isPaused
        }
    }

    func postFinish(_ reason: FinishReason, usage: GenerationUsage) {
        post { state in
            state.pending.finish = (reason, usage)
            state.isPaused = false
        }
    }

    /// Asks the engine to end the generation.
    func cancel() {
        inbox.cancel(ticket)
    }

    /// Prompt tokens found in the prefix cache, once there was progress.
    var cachedCount: Int { state.withLock { $0.cachedCount } }

    /// Asks the engine to bring thinking to an end.
    func endThinking() {
        inbox.endThinking(ticket)
    }

    /// All that is new since the last call, waiting for it if need be; nil after the last event.
    func next() async -> [GenerationEvent]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { reader in
                let displaced = state.withLock { state in
                    let displaced = state.reader
                    state.reader = reader
                    return displaced
                }
                displaced?.resume(returning: nil)
                deliver()
            }
        } onCancel: {
            cancel()
        }
    }

    private func post<Result: Sendable>(_ change: (inout State) -> Result) -> Result {
        let result = state.withLock { change(&$0) }
        deliver()
        return result
    }

    /// Hands what waits to the reader who waits for it, if there are both.
    private func deliver() {
        let (reader, events, wasPaused) = state.withLock { state in
            Self.takeDelivery(&state)
        }
        if wasPaused {
            inbox.resume(ticket)
        }
        reader?.resume(returning: events)
    }

    private typealias Delivery = (
        reader: CheckedContinuation<[GenerationEvent]?, Never>?, events: [GenerationEvent]?, wasPaused: Bool
    )

    private static func takeDelivery(_ state: inout State) -> Delivery {
        guard let reader = state.reader else { return (nil, nil, false) }
        let events = takeEvents(&state)
        if events.isEmpty && !state.isFinished {
            return (nil, nil, false)
        }
        state.reader = nil
        let wasPaused = state.isPaused
        state.isPaused = false
        return (reader, events.isEmpty ? nil : events, wasPaused)
    }

    private static func takeEvents(_ state: inout State) -> [GenerationEvent] {
        let pending = state.pending
        state.pending = Pending()
        var events: [GenerationEvent] = []
        if let queued = pending.queued {
            events.append(.queued(ahead: queued.ahead, wait: queued.wait))
        }
        if let prefilling = pending.prefilling {
            events.append(.prefilling(done: prefilling.done, of: prefilling.total))
        }
        if !pending.promptLogProbabilities.isEmpty {
            events.append(.promptLogProbabilities(pending.promptLogProbabilities))
        }
        if let reading = pending.reading {
            events.append(.reading(reading))
        }
        if !pending.tokens.isEmpty {
            events.append(.tokens(pending.tokens))
        }
        if let finish = pending.finish {
            events.append(.finished(finish.reason, finish.usage))
            state.isFinished = true
        }
        return events
    }
}
