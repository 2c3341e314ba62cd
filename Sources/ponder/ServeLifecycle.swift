import APIDoors
import AnthropicAPI
import Checkpoints
import Foundation
import Glibc
import HTTP
import Logging
import OllamaAPI
import OpenAIAPI
import Serving
import Sockets
import Telemetry

/// One server from start to exit: listen, load the model, say that it is ready, drain when told to stop.
///
/// The socket answers from the first moment on: while the model loads, `/health` says 200 and `/ready` 503.
/// The first SIGTERM or SIGINT begins the drain, or ends a start that is still loading; a second one ends the process.
struct ServeLifecycle {
    private enum Event: Sendable {
        case loaded(Result<ServedModel, any Error>)
        case signal(Int32)
        case drained
    }

    /// What a reply may take to reach its client after the engine has ended it.
    private static let deliveryTime = Duration.seconds(5)

    private let settings: ServeSettings
    private let logger: Logger
    private let service: InferenceService
    private let server: HTTPServer

    /// Prepares the process and the server; nothing listens yet.
    init(settings: ServeSettings) throws {
        var logger = Logger(label: "ponder")
        logger.logLevel = settings.logLevel
        self.settings = settings
        service = InferenceService(registry: ModelRegistry(answersToAnyName: settings.answersToAnyName))
        self.logger = logger
        ProcessPreparation.ignoreBrokenPipes()
        server = try Self.makeServer(settings, service: service, logger: logger)
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
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        let signals = TerminationSignals { continuation.yield(.signal($0)) }
        defer { signals.cancel() }
        ModelLoading(checkpoint: checkpoint, draft: draft, plan: plan, logger: logger).begin { result in
            continuation.yield(.loaded(result))
        }
        try await handle(events, addresses: addresses) { continuation.yield(.drained) }
    }

    private func handle(
        _ events: AsyncStream<Event>,
        addresses: [SocketAddress],
        reportDrained: @escaping @Sendable () -> Void
    ) async throws {
        var isStopping = false
        for await event in events {
            switch event {
            case .loaded(.success(let model)):
                service.registry.add(model)
                if !isStopping { announce(model, at: addresses) }
            case .loaded(.failure(let error)):
                await server.shutDown(grace: .zero)
                throw error
            case .signal(let number) where isStopping:
                exit(128 + number)
            case .signal:
                isStopping = true
                Task {
                    await drain()
                    reportDrained()
                }
            case .drained:
                return
            }
        }
    }

    /// The one line that whoever started the server waits for.
    private func announce(_ model: ServedModel, at addresses: [SocketAddress]) {
        guard let address = addresses.first else { return }
        let line = "ponder: serving \(model.name) at http://\(address)\n"
        FileHandle.standardOutput.write(Data(line.utf8))
    }

    /// Ends when the last reply has reached its client, or its time is over.
    private func drain() async {
        logger.notice("Stopping: running replies have \(settings.drain) to end.")
        async let replies: Void = service.drain(deadline: settings.drain)
        await server.shutDown(grace: settings.drain + Self.deliveryTime)
        await replies
    }

    private static func makeServer(
        _ settings: ServeSettings,
        service: InferenceService,
        logger: Logger
    ) throws -> HTTPServer {
        let addresses = try SocketAddress.resolve(host: settings.host, port: UInt16(settings.port))
        // With port 0 every address would get a port of its own, and the ready line has room for one.
        var configuration = HTTPServerConfiguration(
            addresses: settings.port == 0 ? Array(addresses.prefix(1)) : addresses)
        configuration.serverName = "ponder/\(Version.text)"
        let metrics = MetricsRegistry(helps: HTTPMetrics.helps)
        let apiSettings = APISettings(
            keys: settings.apiKeys, version: Version.text, isStrict: settings.isStrict,
            reasoningField: settings.reasoningField, snapshotFolder: settings.slotSavePath,
            metrics: metrics, peerMetrics: settings.peerMetrics)
        let doors = Doorway(
            .openAI(service: service, settings: apiSettings),
            [
                .anthropic(service: service, settings: apiSettings),
                .ollama(service: service, settings: apiSettings),
            ],
            keys: settings.apiKeys)
        configuration.errorBody = doors.errorBody
        return HTTPServer(
            configuration: configuration,
            responder: doors.responder.behind([AccessLog(), HTTPMetrics(factory: metrics), Compression()]),
            logger: logger
        )
    }
}
