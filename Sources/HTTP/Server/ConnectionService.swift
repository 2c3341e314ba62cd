internal import Logging
internal import Sockets
internal import Synchronization
internal import TLS

/// What all connections of a server share, and the count of them.
final class ConnectionService: Sendable {
    let configuration: HTTPServerConfiguration
    let responder: any HTTPResponder
    let logger: Logger

    private let openCount = Atomic<Int>(0)
    private let isFull = Atomic<Bool>(false)
    private let tls: Mutex<TLSContext?>
    private let acceptors = Mutex<[Acceptor]>([])

    init(configuration: HTTPServerConfiguration, responder: any HTTPResponder, logger: Logger) {
        self.configuration = configuration
        self.responder = responder
        self.logger = logger
        tls = Mutex(configuration.tls)
    }

    /// How many connections are open.
    var connectionCount: Int { openCount.load(ordering: .relaxed) }

    /// What the next connection is encrypted with, if anything.
    var tlsContext: TLSContext? { tls.withLock { $0 } }

    /// Changes what connections are encrypted with from now on.
    func replaceTLS(with context: TLSContext) {
        tls.withLock { $0 = context }
    }

    /// Takes a place for a connection. Returns false when all are taken; then acceptors are woken when one is free.
    func reserve() -> Bool {
        let count = openCount.add(1, ordering: .sequentiallyConsistent).newValue
        guard count > configuration.connectionLimit else { return true }
        isFull.store(true, ordering: .sequentiallyConsistent)
        openCount.subtract(1, ordering: .sequentiallyConsistent)
        return false
    }

    /// Gives a reserved place back.
    func released() {
        openCount.subtract(1, ordering: .sequentiallyConsistent)
        guard isFull.exchange(false, ordering: .sequentiallyConsistent) else { return }
        // Read at most once for each time the limit was reached.
        for acceptor in acceptors.withLock({ $0 }) { acceptor.resume() }
    }

    /// Names those who wait for places.
    func setAcceptors(_ list: [Acceptor]) {
        acceptors.withLock { $0 = list }
    }
}
