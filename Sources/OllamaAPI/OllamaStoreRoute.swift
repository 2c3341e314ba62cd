internal import APIDoors
internal import Dispatch
internal import JSON
internal import ModelHub
internal import Serving
internal import Synchronization

/// `POST /api/pull` and `DELETE /api/delete`: models are fetched and removed, where the server's operator lets requests do so.
struct OllamaStoreRoute: Sendable {
    /// The most models that are fetched at the same time.
    private static let pullLimit = 4

    let service: InferenceService
    let settings: APISettings
    /// Nil where the operator lets requests do neither.
    let library: ModelLibrary?
    let remove: ModelRemover
    private let pulls = RunningPulls()

    init(service: InferenceService, settings: APISettings, library: ModelLibrary?, remove: @escaping ModelRemover) {
        self.service = service
        self.settings = settings
        self.library = library
        self.remove = remove
    }

    func pull(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try OllamaPullCall(from: try await request.object(), settings: settings)
        let library = try open()
        let reference = try refusable { () throws(HubError) in try library.reference(call.model) }
        let registry = service.registry
        guard let ticket = pulls.begin(limit: Self.pullLimit) else {
            throw APIError(
                status: 503, message: "\(Self.pullLimit) models are being fetched already; try again later.",
                type: .server,
                code: .overloaded, retryAfter: .seconds(10))
        }
        let work: Work = { report throws(HubError) in
            defer { pulls.end(ticket) }
            return try library.pull(
                reference, isCancelled: { ticket.isCancelled || registry.readiness == .draining }, report: report)
        }
        guard call.streams else {
            for await event in Self.stream(of: work, as: { $0 }, cancel: ticket.cancel) {
                if case .failure(let error) = event { throw APIError(error) }
            }
            return .json(["status": "success"], warnings: call.remarks.warnings)
        }
        return .lines(Self.stream(of: work, as: Self.line, cancel: ticket.cancel))
    }

    func delete(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        var remarks = try RequestRemarks(from: &root, settings: settings)
        let name = try Self.name(from: &root)
        try remarks.finish(root)
        let library = try open()
        let reference = try refusable { () throws(HubError) in try library.reference(name) }
        guard !service.registry.holds(reference.servedName), !service.registry.holds(name) else {
            throw APIError.invalid(
                "model", "'\(name)' is what this server was started with, which requests do not remove.")
        }
        try refusable { () throws(HubError) in try remove(library, reference) }
        await service.registry.discover()
        return .json([:], warnings: remarks.warnings)
    }

    static func name(from root: inout FieldReader) throws(APIError) -> String {
        let name = try root.string("model")
        let older = try root.string("name")
        guard let asked = name ?? older else { throw root.missing("model") }
        return asked
    }

    private func open() throws(APIError) -> ModelLibrary {
        guard let library else {
            throw APIError(
                status: 403,
                message: "This server fetches and removes no models for requests: it was started without --allow-pull.",
                type: .invalidRequest, code: .insufficientPermissions)
        }
        return library
    }

    private func refusable<Value>(_ work: () throws(HubError) -> Value) throws(APIError) -> Value {
        do throws(HubError) {
            return try work()
        } catch {
            throw APIError(error)
        }
    }

    private typealias Event = Result<PullEvent, HubError>
    private typealias Work =
        @Sendable (_ report: @escaping @Sendable (PullEvent) -> Void) throws(HubError) -> StoredModel

    /// What a pull, which has a thread of its own, reports; `cancel` is called where nobody listens any more.
    private static func stream<Element: Sendable>(
        of work: @escaping Work, as form: @escaping @Sendable (Event) -> Element,
        cancel: @escaping @Sendable () -> Void
    ) -> AsyncStream<Element> {
        // A client that reads slowly misses progress, never the end.
        AsyncStream(bufferingPolicy: .bufferingNewest(256)) { continuation in
            continuation.onTermination = { _ in cancel() }
            DispatchQueue(label: "ponder.pull").async {
                do throws(HubError) {
                    _ = try work { continuation.yield(form(.success($0))) }
                } catch {
                    continuation.yield(form(.failure(error)))
                }
                continuation.finish()
            }
        }
    }

    private static func line(_ event: Event) -> [UInt8] {
        let bytes =
            switch event {
            case .success(let event): event.progress.serializedBytes()
            case .failure(let error): ErrorFormat.ollama.body(APIError(error))
            }
        return bytes + [0x0A]
    }
}

/// What `/api/pull` is asked for.
struct OllamaPullCall {
    let model: String
    let streams: Bool
    private(set) var remarks: RequestRemarks

    init(from body: JSONObject, settings: APISettings) throws(APIError) {
        var root = FieldReader(body)
        remarks = try RequestRemarks(from: &root, settings: settings)
        model = try OllamaStoreRoute.name(from: &root)
        streams = try root.bool("stream") ?? true
        if try root.bool("insecure") == true {
            root.warn("insecure", "has no effect: where models come from is the operator's to say")
        }
        try remarks.finish(root)
    }
}

/// Counts pulls, and ends those that nobody waits for.
private final class RunningPulls: Sendable {
    /// One pull.
    final class Ticket: Sendable {
        private let flag = Atomic(false)

        var isCancelled: Bool { flag.load(ordering: .relaxed) }

        func cancel() {
            flag.store(true, ordering: .relaxed)
        }
    }

    private let count = Mutex(0)

    func begin(limit: Int) -> Ticket? {
        count.withLock { count in
            guard count < limit else { return nil }
            count += 1
            return Ticket()
        }
    }

    func end(_ ticket: Ticket) {
        count.withLock { $0 -= 1 }
    }
}

extension APIError {
    /// What a hub or the store says, as a status.
    init(_ error: HubError) {
        let (status, type, code): (Int, Kind, Code?) =
            switch error.kind {
            case .invalid: (400, .invalidRequest, nil)
            case .notFound: (404, .invalidRequest, .modelNotFound)
            case .forbidden: (403, .invalidRequest, .insufficientPermissions)
            case .failed: (502, .server, nil)
            case .cancelled: (503, .server, .shuttingDown)
            }
        self.init(status: status, message: error.description, type: type, code: code)
    }
}
