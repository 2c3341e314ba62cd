internal import Dispatch
internal import Synchronization

/// What other threads tell the engine, and where they see what it does; wakes the engine if it sleeps.
final class EngineInbox: Sendable {
    /// Names a submitted request.
    struct Ticket: Hashable, Sendable {
        var number: UInt64
    }

    /// A request on its way to the engine.
    struct Submission: Sendable {
        var request: GenerationRequest
        var mailbox: GenerationMailbox
        var time: ContinuousClock.Instant
    }

    /// Something to do with the prefix cache, and who waits until it is done.
    struct CacheOrder: Sendable {
        var command: PrefixCacheCommand
        var reply: CheckedContinuation<PrefixCacheOutcome, any Error>
    }

    /// Everything that was said since the engine last looked.
    struct Mail {
        var submissions: [Submission] = []
        var cancelled: [Ticket] = []
        var resumed: [Ticket] = []
        var thinkingEnds: [Ticket] = []
        var cacheOrders: [CacheOrder] = []
        var expected: [ExpectedPrompt] = []
        /// When the drain ends, once it has begun.
        var drainDeadline: ContinuousClock.Instant?

        var isEmpty: Bool {
            submissions.isEmpty && cancelled.isEmpty && resumed.isEmpty && thinkingEnds.isEmpty && cacheOrders.isEmpty
                && expected.isEmpty
        }
    }

    private struct State {
        var mail = Mail()
        var nextTicket: UInt64 = 1
        var isAsleep = false
        /// A drain began that the engine has not seen.
        var hasNewDeadline = false
        var hasEnded = false
        /// Why the engine gave up.
        var failure: String?
        var drainWaiters: [CheckedContinuation<Void, Never>] = []
        var statistics = EngineStatistics()

        func isFull(for client: EngineClient, queueLimit: Int) -> Bool {
            guard statistics.waitingCount + mail.submissions.count >= queueLimit else { return false }
            let clients = Set(statistics.queued.keys).union(mail.submissions.map(\.request.client.id) + [client.id])
            let own = (statistics.queued[client.id] ?? 0) + mail.submissions.count { $0.request.client.id == client.id }
            return clients.count == 1 || own >= queueLimit / clients.count
        }
    }

    /// Guards the mail and the statistics.
    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    var statistics: EngineStatistics { state.withLock { $0.statistics } }

    /// Queues a request unless too many wait. Where others fill the queue, a client may still have its share of it wait.
    func submit(_ request: GenerationRequest, queueLimit: Int) throws(AdmissionError) -> GenerationMailbox {
        let time = ContinuousClock.now
        let result: Result<GenerationMailbox, AdmissionError> = tell { state in
            if let failure = state.failure {
                return .failure(.failed(reason: failure))
            }
            if state.mail.drainDeadline != nil || state.hasEnded {
                return .failure(.draining)
            }
            if state.isFull(for: request.client, queueLimit: queueLimit) {
                return .failure(.queueFull(limit: queueLimit))
            }
            let mailbox = GenerationMailbox(inbox: self, ticket: Ticket(number: state.nextTicket))
            state.nextTicket += 1
            state.mail.submissions.append(Submission(request: request, mailbox: mailbox, time: time))
            return .success(mailbox)
        }
        return try result.get()
    }

    /// Why the engine gave up, if it did.
    var failure: String? { state.withLock { $0.failure } }

    /// The engine gives up. Called on the engine thread, which then ends.
    func fail(_ reason: String) {
        state.withLock { $0.failure = reason }
    }

    func cancel(_ ticket: Ticket) {
        tell { state in
            if !state.hasEnded {
                state.mail.cancelled.append(ticket)
            }
        }
    }

    /// The reader of a paused generation has caught up.
    func resume(_ ticket: Ticket) {
        tell { $0.mail.resumed.append(ticket) }
    }

    /// The reader of a generation wants its answer now.
    func endThinking(_ ticket: Ticket) {
        tell { $0.mail.thinkingEnds.append(ticket) }
    }

    /// A prompt is likely to come that begins like this.
    func expect(_ prompt: ExpectedPrompt) {
        tell { state in
            guard state.mail.drainDeadline == nil, !state.hasEnded else { return }
            state.mail.expected.append(prompt)
            state.mail.expected.removeFirst(max(0, state.mail.expected.count - AheadWork.limit))
        }
    }

    /// Has something done with the prefix cache between two steps.
    func order(_ command: PrefixCacheCommand) async throws -> PrefixCacheOutcome {
        try await withCheckedThrowingContinuation { reply in
            let hasEnded = tell { state in
                if !state.hasEnded {
                    state.mail.cacheOrders.append(CacheOrder(command: command, reply: reply))
                }
                return state.hasEnded
            }
            if hasEnded {
                reply.resume(throwing: AdmissionError.draining)
            }
        }
    }

    /// Takes no more requests, and cancels those that run at the deadline; the earliest deadline counts.
    func beginDrain(deadline: ContinuousClock.Instant) {
        tell { state in
            state.mail.drainDeadline = min(deadline, state.mail.drainDeadline ?? deadline)
            state.hasNewDeadline = true
        }
    }

    /// Returns when the engine's thread has done its last step.
    func waitForEnd() async {
        await withCheckedContinuation { waiter in
            let hasEnded = state.withLock { state in
                if !state.hasEnded {
                    state.drainWaiters.append(waiter)
                }
                return state.hasEnded
            }
            if hasEnded {
                waiter.resume()
            }
        }
    }

    /// Moves the mail to `mail`, whose arrays keep their memory. Called on the engine thread.
    func take(into mail: inout Mail) {
        mail.submissions.removeAll(keepingCapacity: true)
        mail.cancelled.removeAll(keepingCapacity: true)
        mail.resumed.removeAll(keepingCapacity: true)
        mail.thinkingEnds.removeAll(keepingCapacity: true)
        mail.cacheOrders.removeAll(keepingCapacity: true)
        mail.expected.removeAll(keepingCapacity: true)
        state.withLock { state in
            swap(&state.mail.submissions, &mail.submissions)
            swap(&state.mail.cancelled, &mail.cancelled)
            swap(&state.mail.resumed, &mail.resumed)
            swap(&state.mail.thinkingEnds, &mail.thinkingEnds)
            swap(&state.mail.cacheOrders, &mail.cacheOrders)
            swap(&state.mail.expected, &mail.expected)
            mail.drainDeadline = state.mail.drainDeadline
            state.hasNewDeadline = false
        }
    }

    /// Sleeps until there is mail, at the longest until the deadline. Called on the engine thread.
    func sleep(until deadline: ContinuousClock.Instant?) {
        let mustSleep = state.withLock { state in
            state.isAsleep = state.mail.isEmpty && !state.hasNewDeadline
            return state.isAsleep
        }
        guard mustSleep else { return }
        guard let deadline else { return wake.wait() }
        let left = max(.zero, deadline - .now)
        let nanoseconds = left.components.seconds * 1_000_000_000 + left.components.attoseconds / 1_000_000_000
        _ = wake.wait(timeout: .now() + .nanoseconds(Int(nanoseconds)))
        state.withLock { $0.isAsleep = false }
    }

    /// Shows what the engine does. Called on the engine thread.
    func publish(_ statistics: EngineStatistics) {
        state.withLock { $0.statistics = statistics }
    }

    /// The engine's thread takes no more mail. What came meanwhile is answered.
    func end() {
        let (left, orders, waiters, failure) = state.withLock { state in
            state.hasEnded = true
            let left = state.mail.submissions
            state.mail.submissions = []
            let orders = state.mail.cacheOrders
            state.mail.cacheOrders = []
            let waiters = state.drainWaiters
            state.drainWaiters = []
            return (left, orders, waiters, state.failure)
        }
        for submission in left {
            submission.mailbox.postFinish(
                failure.map { .failed("The model stopped: \($0).") } ?? .cancelled,
                usage: GenerationUsage(promptTokens: submission.request.prompt.count))
        }
        for order in orders {
            order.reply.resume(throwing: AdmissionError.draining)
        }
        for waiter in waiters {
            waiter.resume()
        }
    }

    private func tell<Answer: Sendable>(_ change: (inout State) -> Answer) -> Answer {
        let (answer, wasAsleep) = state.withLock { state in
            let answer = change(&state)
            let wasAsleep = state.isAsleep
            state.isAsleep = false
            return (answer, wasAsleep)
        }
        if wasAsleep {
            wake.signal()
        }
        return answer
    }
}
