internal import HTTP
package import Serving

/// What a stream shows while the model of its reply is being loaded.
package struct StreamOpening: Sendable {
    let form: StreamForm
    let warnings: [RequestWarning]
    /// What tells the client that the reply will come.
    let sign: @Sendable (_ status: String) -> [UInt8]
    /// What ends a stream whose reply could not begin.
    let failure: @Sendable (APIError) -> [UInt8]

    /// A stream of events: signs of life are comments.
    package static func events(
        warnings: [RequestWarning], failure: @escaping @Sendable (APIError, inout [UInt8]) -> Void
    ) -> StreamOpening {
        StreamOpening(form: .events, warnings: warnings) { status in
            var frames: [UInt8] = []
            ServerSentEvents.append(comment: status, to: &frames)
            return frames
        } failure: { error in
            var frames: [UInt8] = []
            failure(error, &frames)
            return frames
        }
    }

    /// A stream of lines, of which a sign of life is one.
    package static func lines(
        warnings: [RequestWarning], sign: @escaping @Sendable () -> [UInt8],
        failure: @escaping @Sendable (APIError) -> [UInt8]
    ) -> StreamOpening {
        let end = [UInt8(ascii: "\n")]
        return StreamOpening(form: .lines, warnings: warnings) { _ in
            sign() + end
        } failure: {
            failure($0) + end
        }
    }
}

/// An answer that comes when its model was loaded.
package struct PendingAnswer: Sendable {
    /// Where the client reads its reply as it comes; nil where it waits for the whole.
    let opening: StreamOpening?
    let answer: @Sendable () async throws -> DoorAnswer
}

extension InferenceService {
    /// Answers a request by a model, which stays in memory meanwhile: at once where it is there, and otherwise when it was
    /// loaded within the time that the options allow.
    ///
    /// What is no stream has no `opening`. `answer` begins the reply, and is told how long the model was waited for.
    package func answer(
        by name: String?, for options: GenerationOptions = GenerationOptions(), opening: StreamOpening? = nil,
        _ answer: @escaping @Sendable (_ waited: Duration) async throws -> DoorAnswer
    ) async throws -> DoorAnswer {
        await registry.discoverUnknown(name)
        if let lease = try registry.leaseIfReady(named: name) {
            defer { withExtendedLifetime(lease) {} }
            return try await answer(.zero)
        }
        return .pending(
            PendingAnswer(opening: opening) {
                let lease = try await self.lease(named: name, for: options)
                defer { withExtendedLifetime(lease) {} }
                return try await answer(lease.waitingTime)
            })
    }
}

/// Waits for an answer and tells how the time passes.
struct AnswerWait {
    enum Event: Sendable {
        case pulse
        case answered(Result<DoorAnswer, APIError>)
        /// Of the HTTP layer, or the client is gone.
        case failed(any Error)
    }

    let events: AsyncStream<Event>
    private let work: Task<Void, Never>
    private let pulse: Task<Void, Never>

    init(_ answer: @escaping @Sendable () async throws -> Result<DoorAnswer, APIError>, interval: Duration) {
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        self.events = events
        work = Task {
            do {
                continuation.yield(.answered(try await answer()))
            } catch {
                continuation.yield(.failed(error))
            }
            continuation.finish()
        }
        pulse = Task {
            while (try? await Task.sleep(for: interval)) != nil {
                continuation.yield(.pulse)
            }
        }
    }

    func cancel() {
        work.cancel()
        pulse.cancel()
    }
}
