internal import Glibc
internal import Sockets

/// The connections of one loop, and what they share.
actor ConnectionRoster {
    nonisolated let loop: EventLoop
    nonisolated let service: ConnectionService
    /// Answers what is brief.
    nonisolated let briefTasks: LoopTaskExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var isDraining = false
    private var waiters: [CheckedContinuation<Bool, Never>] = []
    private var dateSecond = 0
    private var dateBytes: [UInt8] = []

    init(loop: EventLoop, service: ConnectionService) {
        self.loop = loop
        briefTasks = LoopTaskExecutor(loop)
        self.service = service
    }

    /// How many connections are open.
    var count: Int { connections.count }

    /// Takes a connection in and starts it.
    func admit(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = connection
        connection.assumeIsolated { $0.begin() }
        if isDraining { connection.assumeIsolated { $0.drain() } }
    }

    /// A connection has closed.
    func remove(_ connection: ObjectIdentifier) {
        guard connections.removeValue(forKey: connection) != nil else { return }
        service.released()
        if connections.isEmpty { wakeWaiters() }
    }

    /// The current date as bytes, formatted once a second.
    func date() -> [UInt8] {
        let now = time(nil)
        if now != dateSecond {
            dateSecond = now
            dateBytes = HTTPDate.format(secondsSince1970: now)
        }
        return dateBytes
    }

    /// Closes what is idle and lets the rest end with its response.
    func drain() {
        isDraining = true
        for connection in connections.values { connection.assumeIsolated { $0.drain() } }
    }

    /// Cancels the requests in flight. Their responders may still say good-bye.
    func cancelRequests() {
        for connection in connections.values { connection.assumeIsolated { $0.cancelRequest() } }
    }

    /// Closes everything at once.
    func closeAll() {
        for connection in connections.values { connection.assumeIsolated { $0.close() } }
    }

    /// Waits until no connection is left, or until `stopWaiting()` after the deadline. Returns whether none is left.
    func waitUntilEmpty(deadline: ContinuousClock.Instant) async -> Bool {
        // Past the deadline nobody may come to wake a new waiter.
        if connections.isEmpty || ContinuousClock.now >= deadline { return connections.isEmpty }
        return await withCheckedContinuation { waiters.append($0) }
    }

    /// Wakes whoever waits.
    func stopWaiting() {
        wakeWaiters()
    }

    private func wakeWaiters() {
        let waking = waiters
        waiters = []
        for waiter in waking { waiter.resume(returning: connections.isEmpty) }
    }
}
