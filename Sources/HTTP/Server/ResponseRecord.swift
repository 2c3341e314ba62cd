public import HTTPTypes
package import Logging
internal import Synchronization

/// What has become of the response to one request: written by the response writer, read by middleware.
public final class ResponseRecord: Sendable {
    /// What logs say of the response.
    struct Summary {
        var status: HTTPResponse.Status?
        var bodyByteCount = 0
        /// The pattern of the route that was found, or nil.
        var route: String?
        /// The name of who asked, or nil where that is not known.
        var caller: String?
        var notes: Logger.Metadata = [:]
    }

    private struct State {
        var headChanges: [@Sendable (inout HTTPResponse) -> Void] = []
        var summary = Summary()
        var isFinished = false
        var acceptsGzip = false
        var compressesStreams = false
    }

    // Shared by the tasks that answer one request, which may be several where a responder uses child tasks.
    private let state = Mutex(State())

    /// A record of a response that has not begun.
    public init() {}

    /// The status that was sent, or nil while no response has begun.
    public var status: HTTPResponse.Status? { state.withLock { $0.summary.status } }
    /// How many bytes of the body were handed over, before compression and framing.
    public var bodyByteCount: Int { state.withLock { $0.summary.bodyByteCount } }
    /// Whether the response was handed over to its end.
    public var isFinished: Bool { state.withLock { $0.isFinished } }
    /// The pattern of the route that was found, or nil.
    public var route: String? { state.withLock { $0.summary.route } }

    /// All of it that logs tell.
    var summary: Summary { state.withLock { $0.summary } }

    /// Notes something for logs; numbers as values that are `Int` or `Double`.
    package func note(_ notes: Logger.Metadata) {
        state.withLock { $0.summary.notes.merge(notes) { $1 } }
    }

    /// Has `change` applied to the response's head before it is sent, after those added before.
    public func changeHead(_ change: @escaping @Sendable (inout HTTPResponse) -> Void) {
        state.withLock { $0.headChanges.append(change) }
    }

    var acceptsGzip: Bool {
        get { state.withLock { $0.acceptsGzip } }
        set { state.withLock { $0.acceptsGzip = newValue } }
    }

    var compressesStreams: Bool {
        get { state.withLock { $0.compressesStreams } }
        set { state.withLock { $0.compressesStreams = newValue } }
    }

    func found(route: String) {
        state.withLock { $0.summary.route = route }
    }

    /// Notes who asks, for logs.
    package func found(caller: String) {
        state.withLock { $0.summary.caller = caller }
    }

    /// Marks the response as begun and gives its head the last touches. Returns false if one had begun before.
    func begin(_ head: inout HTTPResponse) -> Bool {
        let changes: [@Sendable (inout HTTPResponse) -> Void]? = state.withLock {
            guard $0.summary.status == nil else { return nil }
            $0.summary.status = head.status
            return $0.headChanges
        }
        guard let changes else { return false }
        for change in changes { change(&head) }
        return true
    }

    func wrote(byteCount: Int) {
        state.withLock { $0.summary.bodyByteCount += byteCount }
    }

    func finished() {
        state.withLock { $0.isFinished = true }
    }
}
