public import Logging
public import Sockets
public import TLS

/// An HTTP/1.1 server.
public actor HTTPServer {
    private let configuration: HTTPServerConfiguration
    private let service: ConnectionService
    private var group: EventLoopGroup?
    private var rosters: [ConnectionRoster] = []
    private var acceptors: [Acceptor] = []

    private static let farewellTime: Duration = .seconds(2)

    /// A server that does not listen yet.
    public init(configuration: HTTPServerConfiguration, responder: some HTTPResponder, logger: Logger) {
        self.configuration = configuration
        service = ConnectionService(configuration: configuration, responder: responder, logger: logger)
    }

    /// How many connections are open.
    public nonisolated var connectionCount: Int { service.connectionCount }

    /// Listens, and answers from now on. Returns the addresses in force, with the ports that were chosen.
    @discardableResult
    public func start() async throws(SocketError) -> [SocketAddress] {
        DescriptorLimit.raise()
        let group = try EventLoopGroup(loopCount: configuration.loopCount, tickInterval: configuration.timerInterval)
        rosters = group.loops.map { ConnectionRoster(loop: $0, service: service) }
        self.group = group
        do {
            for address in configuration.addresses {
                let listener = try ListeningSocket(address, permissions: configuration.socketPermissions)
                acceptors.append(Acceptor(listener, group: group, rosters: rosters))
            }
            for descriptor in configuration.adoptedListeners {
                acceptors.append(Acceptor(try ListeningSocket(adopting: descriptor), group: group, rosters: rosters))
            }
            service.setAcceptors(acceptors)
            for acceptor in acceptors { try await acceptor.start() }
        } catch {
            await shutDown(grace: .zero)
            throw error
        }
        return acceptors.map(\.address)
    }

    /// Has connections that come from now on encrypted with another context; those that are there keep theirs.
    public nonisolated func replaceTLS(with context: TLSContext) {
        service.replaceTLS(with: context)
    }

    /// Stops: takes no more connections, closes idle ones, and lets requests in flight end for up to `grace`. What
    /// then still runs is cancelled and has two seconds to say so to its client.
    public func shutDown(grace: Duration) async {
        for acceptor in acceptors { await acceptor.stop() }
        for roster in rosters { await roster.drain() }
        if !(await waitUntilEmpty(for: grace)) {
            for roster in rosters { await roster.cancelRequests() }
            _ = await waitUntilEmpty(for: Self.farewellTime)
            for roster in rosters { await roster.closeAll() }
        }
        service.setAcceptors([])
        acceptors = []
        rosters = []
        group?.stop()
        group = nil
    }

    private func waitUntilEmpty(for duration: Duration) async -> Bool {
        let rosters = rosters
        let deadline = ContinuousClock.now + duration
        let alarm = Task {
            // A cancelled alarm wakes nobody.
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            for roster in rosters { await roster.stopWaiting() }
        }
        defer { alarm.cancel() }
        for roster in rosters {
            guard await roster.waitUntilEmpty(deadline: deadline) else { return false }
        }
        return true
    }
}
