internal import HTTPTypes
internal import Logging
internal import Sockets

/// One connection: an actor on its event loop. The loop enters it synchronously, the request's task by `await`.
///
/// Idle it is this instance, one poller slot and one wheel entry: no buffer, no task, no timer.
actor HTTPConnection: PollHandler {
    nonisolated let loop: EventLoop
    nonisolated let roster: ConnectionRoster
    nonisolated let service: ConnectionService
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// What the connection's one deadline is for.
    enum Waiting {
        case nothing
        case firstRequest
        case nextRequest
        case head
        case body
        case room
        case peerToClose
    }

    /// What happens once all outstanding bytes are sent.
    enum AfterSending {
        case goOn
        case finishSending
        case close
    }

    /// The socket, or nil once the connection is closed.
    var socket: StreamSocket?
    var state = ConnectionState()
    var parser: RequestParser
    var outbound: OutboundQueue
    var request: RequestInFlight?
    var afterSending = AfterSending.goOn
    var peerHasFinished = false
    /// How much of a body that nobody reads was dropped.
    var discardedByteCount = 0

    private let peer: SocketAddress?
    private var token: PollToken?
    private var interest: Readiness = []
    private var waiting = Waiting.nothing

    private static let lingerTimeout: Duration = .seconds(2)

    init(_ socket: consuming StreamSocket, roster: ConnectionRoster) {
        peer = socket.peerAddress
        self.socket = consume socket
        self.roster = roster
        loop = roster.loop
        service = roster.service
        let limits = roster.service.configuration.limits
        parser = RequestParser(limits: limits)
        outbound = OutboundQueue(
            highWaterByteCount: limits.highWaterByteCount, lowWaterByteCount: limits.lowWaterByteCount)
    }

    var limits: HTTPLimits { service.configuration.limits }
    var isOpen: Bool { socket != nil }

    /// Starts to listen to the socket.
    func begin() {
        guard let socket = socket.take() else { return }
        interest = [.readable, .peerFinished]
        token = try? loop.register(socket.descriptor, interest: interest, handler: self)
        self.socket = consume socket
        guard token != nil else { return close() }
        updateDeadline()
    }

    nonisolated func socketBecameReady(_ readiness: Readiness) {
        assumeIsolated { $0.becameReady(readiness) }
    }

    nonisolated func deadlinePassed() {
        assumeIsolated { $0.waitedTooLong() }
    }

    private func becameReady(_ readiness: Readiness) {
        if readiness.contains(.failed) || readiness.contains(.hungUp) { return close() }
        if readiness.contains(.writable) { flush() }
        if readiness.contains(.readable), isOpen {
            if wantsBytes { readSome() } else { updateInterest(exactly: true) }
        }
        if readiness.contains(.peerFinished), isOpen, !wantsBytes {
            // While bytes are wanted the end is met by reading up to it.
            peerHasFinished = true
            perform(state.peerFinished(allowsHalfClose: service.configuration.allowsHalfClose))
            updateInterest(exactly: true)
        }
    }

    /// Does what the state machine asks for.
    func perform(_ action: ConnectionState.Action) {
        switch action {
        case .none: break
        case .readNext:
            request = nil
            if outbound.isEmpty { process() }
        case .discard:
            request = nil
            process()
        case .linger: endWhenSent(.finishSending)
        case .closeWhenSent: endWhenSent(.close)
        case .close: return close()
        }
        updateInterest()
        updateDeadline()
    }

    private func endWhenSent(_ next: AfterSending) {
        request = nil
        afterSending = next
        flush()
    }

    /// Lets a request in flight end, and closes if there is none.
    func drain() {
        perform(state.drain())
    }

    /// Cancels the task of the request in flight.
    func cancelRequest() {
        request?.task?.cancel()
    }

    /// Closes the socket. A request in flight is cancelled; whoever waits in it is told that the peer is gone.
    func close() {
        guard let socket = socket.take() else { return }
        if let token { loop.deregister(socket.descriptor, token: token) }
        token = nil
        state.closed()
        let ended = request
        request = nil
        ended?.task?.cancel()
        ended?.bodyWaiter?.resume(returning: .failure(.peerGone))
        ended?.roomWaiter?.resume(returning: .failure(.peerGone))
        outbound = OutboundQueue()
        parser = RequestParser(limits: limits)
        let connection = ObjectIdentifier(self)
        roster.assumeIsolated { $0.remove(connection) }
    }

    /// Starts the task that answers the request in flight.
    func startTask() {
        // Most calls find nothing to do: the request is not copied for them.
        guard request != nil, request?.task == nil, let current = request else { return }
        let body: RequestBody
        let exchange = RequestExchange(connection: self, number: current.number)
        if current.isBodyComplete {
            body = RequestBody(current.bodyBytes)
            request?.bodyBytes = []
        } else {
            let announced: Int? = if case .length(let count) = current.head.framing { count } else { nil }
            body = RequestBody(arrivingFrom: exchange, announcedByteCount: announced)
        }
        let (head, requestID, peer) = (current.head, current.requestID, peer)
        let isBrief = current.isBodyComplete && service.configuration.isBrief(head.method, head.target)
        request?.task = Task.detached(executorPreference: isBrief ? roster.briefTasks : nil) {
            await exchange.answer(head: head, body: body, requestID: requestID, peer: peer)
        }
    }

    /// The task has ended without ending its response.
    func abandoned(number: Int) {
        guard request?.number == number else { return }
        close()
    }
}

/// What the socket is watched for, and for how long.
extension HTTPConnection {
    /// Whether bytes from the client could be used now. All others wait in the kernel.
    var wantsBytes: Bool {
        switch state.phase {
        case .idle, .readingHead: outbound.isEmpty
        case .answering: request?.wantsBytes(below: limits.highWaterByteCount) ?? false
        case .discarding, .lingering: true
        case .closed: false
        }
    }

    /// Watches for what matters in the present state.
    func updateInterest(exactly: Bool = false) {
        var wanted: Readiness = peerHasFinished ? [] : .peerFinished
        // Reading stays armed until a byte comes that nobody wants: most requests are over before that.
        if wantsBytes || (!exactly && interest.contains(.readable)) { wanted.insert(.readable) }
        if !outbound.isEmpty || socket?.hasUnsentBytes == true { wanted.insert(.writable) }
        guard wanted != interest, let token, let socket = socket.take() else { return }
        interest = wanted
        try? loop.setInterest(wanted, of: socket.descriptor, token: token)
        self.socket = consume socket
    }

    /// Sets the deadline that goes with the present state. `restarts` counts the time anew.
    func updateDeadline(restarts: Bool = false) {
        guard let token else { return }
        let next = nextWaiting
        guard next != waiting || restarts else { return }
        waiting = next
        if next == .body { request?.windowByteCount = 0 }
        loop.setDeadline(after: duration(of: next), of: token)
    }

    private var nextWaiting: Waiting {
        if !outbound.isEmpty { return .room }
        switch state.phase {
        case .idle: return state.isUnused ? .firstRequest : .nextRequest
        case .readingHead: return .head
        case .answering: return wantsBytes ? .body : .nothing
        case .discarding, .lingering: return .peerToClose
        case .closed: return .nothing
        }
    }

    private func duration(of waiting: Waiting) -> Duration? {
        switch waiting {
        case .nothing: nil
        case .firstRequest, .head: limits.headTimeout
        case .nextRequest: limits.idleTimeout
        case .body: limits.bodyWindow
        case .room: limits.writeTimeout
        case .peerToClose: Self.lingerTimeout
        }
    }

    private func waitedTooLong() {
        switch waiting {
        case .nothing: break
        case .firstRequest, .nextRequest, .room, .peerToClose: close()
        case .head: refuse(HTTPError(.requestTimeout, "The request head did not arrive in time."))
        case .body:
            if let request, request.windowByteCount >= limits.bodyWindowByteCount {
                updateDeadline(restarts: true)
            } else {
                bodyBroke(.timedOut)
            }
        }
    }
}
