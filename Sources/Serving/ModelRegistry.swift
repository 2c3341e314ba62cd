internal import Engine
internal import Synchronization

/// The models of a server by name, and what state each is in.
///
/// A model that the server's start loads is *loading*, then *ready* or *failed*. A model with an offer is loaded when a request
/// names it, and given up when nobody has asked for it for a while, or when another needs its memory. A ready model can fail
/// later, and answers nothing until it was given up and is loaded again. The whole registry may be *draining*: nothing new is
/// begun. All methods may be called from any thread.
public final class ModelRegistry: Sendable {
    /// Whether requests can be served, as a load balancer wants to know it.
    public enum Readiness: Sendable, Hashable {
        case ready
        case loading(name: String)
        case failed(name: String, reason: String)
        case stopped(name: String, reason: String)
        case draining
    }

    /// What time it is, and how to let it pass: tests have their own.
    struct Clock: Sendable {
        var now: @Sendable () -> ContinuousClock.Instant = { .now }
        var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    }

    /// Guards the models; held for look-ups and decisions only.
    let table = Mutex(ModelTable())
    let clock: Clock
    /// Gives back to the system what the allocator keeps of a model that is gone.
    let returnMemory: @Sendable () -> Void
    /// How often models were loaded and given up.
    let changes = EventCounters<ModelChange>()
    /// Looks for models that came or went; nil where the operator named them all.
    let discovery = Mutex<(@Sendable (_ name: String?) -> Void)?>(nil)
    /// Whether a name that no model has stands for the first one.
    private let answersToAnyName: Bool

    /// - Parameters:
    ///   - answersToAnyName: whether a name that no model has stands for the first one.
    ///   - returnMemory: called when a model is gone.
    public convenience init(
        answersToAnyName: Bool = false, returnMemory: @escaping @Sendable () -> Void = {}
    ) {
        self.init(answersToAnyName: answersToAnyName, clock: Clock(), returnMemory: returnMemory)
    }

    init(answersToAnyName: Bool = false, clock: Clock, returnMemory: @escaping @Sendable () -> Void = {}) {
        self.answersToAnyName = answersToAnyName
        self.clock = clock
        self.returnMemory = returnMemory
    }

    /// Adds a model that is loaded when a request names it.
    public func offer(_ offer: ModelOffer) {
        table.withLock { table in
            table.set(offer.name, now: clock.now()) { entry in
                entry.aliases = offer.aliases
                entry.offer = offer
                entry.keepAlive = offer.keepAlive
                entry.isWithdrawn = false
            }
        }
    }

    /// Announces a model that the server's start is loading, and what it will take of the memory.
    public func beginLoading(_ name: String, aliases: [String] = [], byteCount: Int = 0) {
        table.withLock { table in
            table.set(name, aliases: aliases, now: clock.now()) { entry in
                entry.state = .starting
                entry.byteCount = byteCount
            }
        }
    }

    /// The model is loaded and answers from now on.
    public func add(_ model: ServedModel) {
        let (index, step) = table.withLock { table in
            table.set(model.name, now: clock.now()) { $0.aliases = model.aliases }
            let index = table.index(of: model.name, answersToAnyName: false) ?? 0
            return (index, table.finishLoading(index, model, now: clock.now()).1)
        }
        perform(step, index)
    }

    /// The model could not be loaded, and will not be tried again.
    public func fail(_ name: String, reason: String) {
        table.withLock { table in
            table.set(name, now: clock.now()) { $0.state = .failed(reason: reason, until: nil) }
        }
    }

    /// From now on nothing new is begun. Requests that wait for a model are refused.
    public func beginDraining() {
        let waiters = table.withLock { table in
            table.isDraining = true
            return table.dismissAll()
        }
        for waiter in waiters {
            waiter.resume(throwing: ServingError.draining)
        }
    }

    public var isDraining: Bool {
        table.withLock { $0.isDraining }
    }

    /// The models that are in memory, in the order of their announcement, and those that are leaving among them.
    public var models: [ServedModel] {
        table.withLock { table in
            table.entries.compactMap { entry in
                switch entry.state {
                case .ready(let model), .leaving(let model): model
                case .absent, .starting, .loading, .failed: nil
                }
            }
        }
    }

    /// Whether every model that the start loads is ready; the first that is not, otherwise.
    public var readiness: Readiness {
        table.withLock { table in
            guard !table.isDraining else { return .draining }
            for entry in table.entries {
                switch entry.state {
                case .starting: return .loading(name: entry.name)
                case .failed(let reason, nil): return .failed(name: entry.name, reason: reason)
                case .ready(let model):
                    guard let reason = model.engine.failure else { continue }
                    return .stopped(name: entry.name, reason: reason)
                case .absent, .loading, .leaving, .failed: continue
                }
            }
            return .ready
        }
    }

    /// The model of a name or alias, if it is in memory; the first one for nil and for the empty name.
    ///
    /// To look at it is no use of it: it may be given up meanwhile.
    public func model(named name: String?) throws(ServingError) -> ServedModel {
        let now = clock.now()
        return try table.withLock { table in
            find(name, in: table).flatMap { index -> Result<ServedModel, ServingError> in
                let entry = table.entries[index]
                if let error = refusal(entry, now: now) { return .failure(error) }
                if case .ready(let model) = entry.state { return .success(model) }
                return .failure(.modelLoading(name: entry.name))
            }
        }.get()
    }

    /// The same for as long as the lease is kept.
    public func lease(named name: String?) throws(ServingError) -> ModelLease {
        guard let lease = try leaseIfReady(named: name) else {
            throw .modelLoading(name: name ?? "")
        }
        return lease
    }

    /// The same; nil where the model would have to be loaded, or is being loaded for a request.
    public func leaseIfReady(named name: String?) throws(ServingError) -> ModelLease? {
        let now = clock.now()
        let found = table.withLock { table -> Result<(ServedModel, Int)?, ServingError> in
            find(name, in: table).flatMap { index in
                if let model = table.take(index, now: now) { return .success((model, index)) }
                return refusal(table.entries[index], now: now).map(Result.failure) ?? .success(nil)
            }
        }
        return try found.get().map { ModelLease($0.0, index: $0.1, registry: self) }
    }

    /// Whether some model goes by this name.
    public func knows(_ name: String?) -> Bool {
        table.withLock { table in
            if case .success = find(name, in: table) { true } else { false }
        }
    }

    /// Whether a model, in memory or not, goes by just this name.
    public func serves(_ name: String) -> Bool {
        table.withLock { $0.index(of: name, answersToAnyName: false) != nil }
    }

    func find(_ name: String?, in table: ModelTable) -> Result<Int, ServingError> {
        guard let index = table.index(of: name, answersToAnyName: answersToAnyName) else {
            return .failure(.modelNotFound(name: name ?? "", known: table.offered.map { table.entries[$0].name }))
        }
        return .success(index)
    }

    /// Why a model is not even waited for.
    func refusal(_ entry: ModelTable.Entry, now: ContinuousClock.Instant) -> ServingError? {
        switch entry.state {
        case .starting: .modelLoading(name: entry.name)
        case .failed(let reason, nil): .modelLoadFailed(name: entry.name, reason: reason)
        case .failed(let reason, .some(let until)) where now < until:
            .modelLoadFailed(name: entry.name, reason: reason)
        case .ready(let model):
            model.engine.failure.map { ServingError.modelFailed(name: entry.name, reason: $0) }
        case .absent, .loading, .leaving, .failed: nil
        }
    }
}

extension ModelTable.Waiter {
    func resume(throwing error: any Error) {
        timer?.cancel()
        continuation.resume(throwing: error)
    }
}
