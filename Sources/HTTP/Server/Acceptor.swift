internal import Logging
internal import Sockets
internal import TLS

/// Takes connections from one listening socket and hands them to the loops in turn.
actor Acceptor: PollHandler {
    nonisolated let loop: EventLoop
    nonisolated let address: SocketAddress
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private static let batchLimit = 64
    /// How long nobody is accepted once that has failed: a socket that somebody waits at stays ready, and would be asked again and
    /// again.
    private static let restTime: Duration = .milliseconds(250)

    private let group: EventLoopGroup
    private let rosters: [ConnectionRoster]
    private let service: ConnectionService
    private var listener: ListeningSocket?
    private var token: PollToken?
    private var hasWarned = false

    init(_ listener: consuming ListeningSocket, group: EventLoopGroup, rosters: [ConnectionRoster]) {
        address = listener.address
        self.listener = consume listener
        self.group = group
        self.rosters = rosters
        service = rosters[0].service
        loop = rosters[0].loop
    }

    /// Begins to accept.
    func start() throws(SocketError) {
        guard let listener = listener.take() else { return }
        token = try loop.register(listener.descriptor, interest: .readable, handler: self)
        self.listener = consume listener
    }

    /// Stops accepting for good and closes the socket.
    func stop() {
        guard let listener = listener.take() else { return }
        if let token { loop.deregister(listener.descriptor, token: token) }
        token = nil
        listener.unlinkPath()
    }

    nonisolated func socketBecameReady(_ readiness: Readiness) {
        assumeIsolated { $0.accept() }
    }

    nonisolated func deadlinePassed() {
        assumeIsolated { $0.watch(.readable) }
    }

    /// Goes on accepting: there is room again.
    nonisolated func resume() {
        loop.execute { self.assumeIsolated { $0.watch(.readable) } }
    }

    private func accept() {
        for _ in 0..<Self.batchLimit {
            guard service.reserve() else { return pause() }
            guard admitOne() else {
                service.released()
                return
            }
        }
    }

    // Returns whether a connection was admitted; otherwise there is none to take now.
    private func admitOne() -> Bool {
        while true {
            guard let outcome = acceptNext() else { return false }
            switch consume outcome {
            case .accepted(let socket):
                hasWarned = false
                admit(socket)
                return true
            case .wouldBlock: return false
            case .peerGone: continue
            case .outOfDescriptors:
                rest("out of file descriptors or memory: new connections wait")
                return false
            case .failed(let error):
                rest("\(error)")
                return false
            }
        }
    }

    private func acceptNext() -> AcceptOutcome? {
        guard let listener = listener.take() else { return nil }
        let outcome = listener.accept()
        self.listener = consume listener
        return outcome
    }

    private func admit(_ socket: consuming StreamSocket) {
        if case .unix = address {
        } else {
            socket.disableDelay()
            if let context = service.tlsContext {
                guard let session = try? TLSSession(context) else {
                    warnOnce("out of memory: connections are refused")
                    return service.released()
                }
                socket.encrypt(with: session)
            }
        }
        let roster = rosters[group.nextIndex()]
        let connection = HTTPConnection(socket, roster: roster)
        if roster.loop === loop {
            roster.assumeIsolated { $0.admit(connection) }
        } else {
            roster.loop.execute { roster.assumeIsolated { $0.admit(connection) } }
        }
    }

    private func pause() {
        watch([])
        // A place may have come free between the look and the pause.
        if service.connectionCount < service.configuration.connectionLimit { watch(.readable) }
    }

    /// Tries again after a while.
    private func rest(_ reason: String) {
        warnOnce(reason)
        guard let token else { return }
        watch([])
        loop.setDeadline(after: Self.restTime, of: token)
    }

    private func watch(_ interest: Readiness) {
        guard let token, let listener = listener.take() else { return }
        try? loop.setInterest(interest, of: listener.descriptor, token: token)
        self.listener = consume listener
    }

    private func warnOnce(_ message: String) {
        guard !hasWarned else { return }
        hasWarned = true
        service.logger.warning("\(message)", metadata: ["address": "\(address)"])
    }
}
