import APIDoors
import AnthropicAPI
import HTTP
import Logging
import ModelHub
import OllamaAPI
import OpenAIAPI
import Serving
import Sockets
import Telemetry
import WebPage

/// Puts the server of `ponder serve` together: where it listens, what stands in front of the doors, and the doors.
struct ServerAssembly {
    /// More event loops than this would have nothing to do.
    private static let loopLimit = 4

    let settings: ServeSettings
    let service: InferenceService
    let credentials: ServerCredentials
    let manager: ServiceManager
    let metrics: MetricsRegistry
    let logger: Logger
    /// What the bodies of requests may come to.
    let bodies: BodyMemory
    /// The streams whose clients may come back.
    let streams: ResumableStreams
    /// Where requests may fetch models to and remove them from; nil lets them do neither.
    let library: ModelLibrary?

    /// A server that does not listen yet.
    ///
    /// - Throws: `SocketError` where a host has no address.
    func server() throws(SocketError) -> HTTPServer {
        var configuration = HTTPServerConfiguration(addresses: try addresses())
        configuration.adoptedListeners = manager.passedDescriptors
        configuration.socketPermissions = settings.socketPermissions
        configuration.tls = credentials.tls
        configuration.limits = settings.httpLimits
        configuration.loopCount = min(Self.loopLimit, MachineLimits.current().coreCount)
        configuration.connectionLimit = settings.connectionLimit
        configuration.serverName = "ponder/\(Version.text)"
        let doors = doorway
        configuration.errorBody = doors.errorBody
        configuration.noteRefusal = doors.noteRefusal
        configuration.isBrief = doors.briefRequests
        return HTTPServer(
            configuration: configuration, responder: doors.responder.behind(middleware), logger: logger)
    }

    /// None where sockets stand ready.
    private func addresses() throws(SocketError) -> [SocketAddress] {
        guard manager.passedDescriptors.isEmpty else { return [] }
        var addresses: [SocketAddress] = []
        for target in settings.hosts {
            for address in try target.addresses(sharedPort: UInt16(settings.port)) where !addresses.contains(address) {
                addresses.append(address)
            }
        }
        return addresses
    }

    /// The first is the outermost: what asks a browser's preflight has no key yet.
    private var middleware: [any Middleware] {
        var layers: [any Middleware] = [AccessLog(), HTTPMetrics(factory: metrics)]
        if !settings.trustedProxies.isEmpty { layers.insert(ForwardedClients(settings.trustedProxies), at: 0) }
        if let origins = settings.allowedOrigins { layers.append(CORS(origins: origins)) }
        if !credentials.access.asksForKeys { layers.append(OriginCheck(allowed: settings.allowedOrigins)) }
        layers.append(Compression(streams: settings.compressesStreams))
        return layers
    }

    private var doorway: Doorway {
        var apiSettings = APISettings(
            bodyByteLimit: settings.httpLimits.bodyByteLimit, bodies: bodies, version: Version.text,
            isStrict: settings.isStrict, reasoningField: settings.reasoningField, streams: streams,
            snapshotFolder: settings.slotSavePath, metrics: metrics, peerMetrics: settings.peerMetrics)
        apiSettings.thinkingBudgets = settings.reasoningBudgets
        apiSettings.omitsForbiddenTools = settings.excludesForbiddenTools
        apiSettings.trustsRequestTemplates = settings.trustsRequestTemplates
        apiSettings.stripsBillingHeader = settings.stripsBillingHeader
        return Doorway(
            .openAI(service: service, settings: apiSettings),
            [
                .anthropic(service: service, settings: apiSettings),
                .ollama(service: service, settings: apiSettings, library: library) {
                    (library, reference) throws(HubError) in
                    _ = try library.removeWithQuantizedCopies(reference)
                },
            ] + (settings.hasWebPage ? [.webPage(settings: apiSettings)] : []),
            access: credentials.access)
    }
}
