import Checkpoints
import Engine
import Foundation
import Glibc
import HTTP
import Logging
import ModelHub
import Serving
import Sockets
import Telemetry

/// One server from start to exit: listen, load the model, say that it is ready, drain when told to stop.
///
/// The socket answers from the first moment on: while the model loads, `/health` says 200 and `/ready` 503.
/// The first SIGTERM or SIGINT begins the drain, or ends a start that is still loading; a second one ends the process.
/// SIGHUP has files of keys and certificates read again.
struct ServeLifecycle {
    private enum Event: Sendable {
        case loaded(Result<ServedModel, any Error>)
        case failed(String)
        case signal(Int32)
        case drained
    }

    /// What a reply may take to reach its client after the engine has ended it.
    private static let deliveryTime = Duration.seconds(5)

    private let settings: ServeSettings
    private let logs: LogOutput
    private let logger: Logger
    private let service: InferenceService
    private let credentials: ServerCredentials
    private let manager: ServiceManager
    private let server: HTTPServer

    /// Prepares the process and the server; nothing listens yet.
    init(
        settings: ServeSettings, environment: [String: String], logs: LogOutput, metrics: MetricsRegistry
    ) throws {
        var logger = Logger(label: "ponder")
        logger.logLevel = settings.logLevel
        self.settings = settings
        service = InferenceService(registry: ModelRegistry(answersToAnyName: settings.answersToAnyName))
        self.logger = logger
        self.logs = logs
        ProcessPreparation.ignoreBrokenPipes()
        credentials = try ServerCredentials(settings)
        manager = ServiceManager(environment: environment)
        server = try ServerAssembly(
            settings: settings, service: service, credentials: credentials, manager: manager, metrics: metrics,
            logger: logger,
            library: settings.allowsPulls ? ModelLibrary(settings: HubSettings(environment: environment)) : nil
        ).server()
    }

    /// Serves until told to stop.
    ///
    /// - Throws: When the files are no model, the address cannot be listened on, or the model cannot be loaded.
    func run() async throws {
        let checkpoint = try ModelSource(path: settings.model).open()
        let draft = try ModelSource.openDraft(settings)
        let plan = try StartupPlan(checkpoint, draft: draft, settings: settings)
        try plan.check()
        let name = plan.name
        service.registry.beginLoading(name)
        let addresses = try await server.start()
        manager.tellStatus("Loading \(name)")
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        // Where nothing is to be read again, a terminal that closes ends its server as ever.
        let numbers = [SIGTERM, SIGINT] + (credentials.isReloadable || manager.isListening ? [SIGHUP] : [])
        let signals = ProcessSignals(numbers) { continuation.yield(.signal($0)) }
        defer { signals.cancel() }
        ModelLoading(checkpoint: checkpoint, draft: draft, plan: plan, logger: logger).begin { result in
            continuation.yield(.loaded(result))
        }
        try await handle(events, addresses: addresses) { continuation.yield($0) }
    }

    private func handle(
        _ events: AsyncStream<Event>,
        addresses: [SocketAddress],
        report: @escaping @Sendable (Event) -> Void
    ) async throws {
        var isStopping = false
        for await event in events {
            switch event {
            case .loaded(.success(let model)):
                service.registry.add(model)
                if !isStopping { announce(model, at: addresses) }
                Task {
                    guard let reason = await model.engine.waitForEnd() else { return }
                    report(.failed("\(model.name) stopped: \(reason). Start the server again."))
                }
            case .loaded(.failure(let error)):
                await server.shutDown(grace: .zero)
                throw error
            case .failed(let message):
                // Whoever watches over the process sees it at /ready; what else is asked for is still answered.
                logger.critical("\(message)")
                manager.tellStatus(message)
            case .signal(SIGHUP):
                reload()
            case .signal(let number) where isStopping:
                logs.finish(within: .milliseconds(100))
                exit(128 + number)
            case .signal:
                isStopping = true
                Task {
                    await drain()
                    report(.drained)
                }
            case .drained:
                return
            }
        }
    }

    /// The one line that whoever started the server waits for.
    private func announce(_ model: ServedModel, at addresses: [SocketAddress]) {
        let scheme = credentials.tls == nil ? "http" : "https"
        let places = addresses.map { address in
            if case .unix = address { "\(address)" } else { "\(scheme)://\(address)" }
        }
        let line = "ponder: serving \(model.name) at \(places.joined(separator: ", "))\n"
        manager.tellReady("Serving \(model.name)")
        DescriptorWriting.write(line, to: STDOUT_FILENO)
    }

    private func reload() {
        manager.tellReloading()
        defer { manager.tellReady("Serving") }
        do {
            try credentials.reload(server)
            logger.notice("Read again: the files of keys and certificates.")
        } catch {
            logger.error("What is in force stays in force: \(error)")
        }
    }

    /// Ends when the last reply has reached its client, or its time is over.
    private func drain() async {
        manager.tellStopping()
        logger.notice("Stopping: running replies have \(settings.drain) to end.")
        async let replies: Void = service.drain(deadline: settings.drain)
        await server.shutDown(grace: settings.drain + Self.deliveryTime)
        await replies
    }
}
