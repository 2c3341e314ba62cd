internal import Synchronization

/// Counts events that are rare beside tokens. Any thread may.
public final class EventCounters<Event: Hashable & Sendable>: Sendable {
    private let counts = Mutex<[Event: Int]>([:])

    public init() {}

    public func add(_ event: Event, count: Int = 1) {
        guard count > 0 else { return }
        counts.withLock { $0[event, default: 0] += count }
    }

    /// How often each event came that ever did.
    public var values: [Event: Int] { counts.withLock { $0 } }
}

/// What happens to the replies of a model above its engine.
public enum ReplyIncident: Sendable, Hashable {
    /// A tool was called with arguments that are a JSON object, or with others.
    case toolCall(isValid: Bool)
    /// A message got back the reasoning that its client had left out.
    case restoredReasoning
    /// The client went away before its reply was complete.
    case disconnect
}

extension EventCounters<ReplyIncident> {
    /// Reads a reply, and counts it where its reader goes away.
    func noticingDisconnects<Value>(_ read: () async throws -> Value) async throws -> Value {
        do {
            return try await read()
        } catch {
            if Task.isCancelled || !(error is ServingError) { add(.disconnect) }
            throw error
        }
    }
}
