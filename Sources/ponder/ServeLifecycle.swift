import APIDoors
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

/// One server from start to exit: listen, load its first models, say that it is ready, drain when told to stop.
///
/// The socket answers from the first moment on: while they load, `/health` says 200 and `/ready` 503.
/// The first SIGTERM or SIGINT begins the drain, or ends a start that is still loading; a second one ends the process.
/// SIGHUP has files of keys and certificates read again.
struct ServeLifecycle {
    private enum Event: Sendable {
        case loaded(Result<ServedModel, any Error>)
        case allLoaded
        case failed(String)
        case signal(Int32)
        case drained
    }

    /// What a reply may take to reach its client after the engine has ended it.
    private static let deliveryTime = Duration.seconds(5)
    /// The bodies of requests may come to one of so many parts of the memory that was free at the start.
    private static let bodyMemoryDivisor = 4

    private let settings: ServeSettings
    private let logs: LogOutput
    private let logger: Logger
    private let service: InferenceService
    private let credentials: ServerCredentials
    private let manager: ServiceManager
    private let search: ModelSearch
    private let bodies = BodyMemory()
    private let streams = ResumableStreams()
    private let server: HTTPServer

    /// Prepares the process and the server; nothing listens yet.
    init(
        settings: ServeSettings, environment: [String: String], logs: LogOutput, metrics: MetricsRegistry
    ) throws {
        var logger = Logger(label: "ponder")
        logger.logLevel = settings.logLevel
        self.settings = settings
        service = InferenceService(
            registry: ModelRegistry(
                answersToAnyName: settings.answersToAnyName, returnMemory: ProcessPreparation.returnFreedMemory))
        self.logger = logger
        self.logs = logs
        ProcessPreparation.ignoreBrokenPipes()
        credentials = try ServerCredentials(settings)
        manager = ServiceManager(environment: environment)
        let library = ModelLibrary(settings: HubSettings(environment: environment))
        search = ModelSearch(settings, library: library)
        server = try ServerAssembly(
            settings: settings, service: service, credentials: credentials, manager: manager, metrics: metrics,
            logger: logger, bodies: bodies, streams: streams, library: settings.allowsPulls ? library : nil
        ).server()
    }

    /// Serves until told to stop.
    ///
    /// - Throws: When the files are no model, the address cannot be listened on, or a model of the start cannot be loaded.
    func run() async throws {
        let stamps = FolderStamps(of: search.roots)
        let catalog = try ModelCatalog(settings, found: search.models())
        for path in catalog.leftOut {
            logger.warning("\(path) is left out: another model has its name.")
        }
        let loadings = try begin(catalog)
        if settings.looksForModels {
            let watch = ModelWatch(
                search, since: stamps, catalog: catalog, registry: service.registry, logger: logger)
            service.registry.setDiscovery(watch.look)
        }
        if let free = settings.memoryLimit ?? catalog.freeMemory {
            let needed = loadings.reduce(0) { $0 + $1.plan.neededByteCount }
            bodies.setLimit(memoryByteCount: min(free / Self.bodyMemoryDivisor, max(0, free - needed)))
        }
        let addresses = try await server.start()
        manager.tellStatus("Loading \(loadings.map(\.plan.name).joined(separator: ", "))")
        let (events, continuation) = AsyncStream.makeStream(of: Event.self)
        // Where nothing is to be read again, a terminal that closes ends its server as ever.
        let numbers = [SIGTERM, SIGINT] + (credentials.isReloadable || manager.isListening ? [SIGHUP] : [])
        let signals = ProcessSignals(numbers) { continuation.yield(.signal($0)) }
        defer { signals.cancel() }
        Self.load(loadings[...]) { continuation.yield($0) }
        try await handle(events, addresses: addresses) { continuation.yield($0) }
    }

    /// Announces all models. Those of the start are planned, so that what cannot be loaded ends it before anything listens.
    private func begin(_ catalog: ModelCatalog) throws -> [ModelLoading] {
        var loadings: [ModelLoading] = []
        for entry in catalog.entries {
            service.registry.offer(catalog.offer(entry, logger: logger))
            guard entry.isPreloaded else { continue }
            let taken = loadings.reduce(0) { $0 + $1.plan.neededByteCount }
            let loading = try catalog.loading(entry, beside: taken, logger: logger)
            try loading.plan.check()
            service.registry.beginLoading(entry.name, byteCount: loading.plan.neededByteCount)
            loadings.append(loading)
        }
        return loadings
    }

    /// Loads one model after the other.
    private static func load(_ loadings: ArraySlice<ModelLoading>, _ report: @escaping @Sendable (Event) -> Void) {
        guard let loading = loadings.first else { return report(.allLoaded) }
        loading.begin { result in
            report(.loaded(result))
            if case .success = result { load(loadings.dropFirst(), report) }
        }
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
                watch(model, report)
            case .allLoaded:
                if !isStopping { announce(at: addresses) }
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

    /// Reports when a model of the start answers nothing any more, unless it was given up.
    private func watch(_ model: ServedModel, _ report: @escaping @Sendable (Event) -> Void) {
        Task { [name = model.name, engine = model.engine] in
            guard let reason = await engine.waitForEnd() else { return }
            report(.failed("\(name) stopped: \(reason). Start the server again."))
        }
    }

    /// The one line that whoever started the server waits for.
    private func announce(at addresses: [SocketAddress]) {
        let scheme = credentials.tls == nil ? "http" : "https"
        let places = addresses.map { address in
            if case .unix = address { "\(address)" } else { "\(scheme)://\(address)" }
        }
        let names = service.registry.models.map(\.name)
        let models = names.isEmpty ? "models on demand" : names.joined(separator: ", ")
        let line = "ponder: serving \(models) at \(places.joined(separator: ", "))\n"
        manager.tellReady("Serving \(models)")
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
        streams.close()
        async let replies: Void = service.drain(deadline: settings.drain)
        await server.shutDown(grace: settings.drain + Self.deliveryTime)
        await replies
    }
}
