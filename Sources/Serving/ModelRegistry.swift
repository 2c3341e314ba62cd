internal import Engine
internal import Synchronization

/// The models of a server by name, and what state each is in.
///
/// States of a model: *loading*, then *ready* or *failed*; a ready one can fail later. The whole registry may be *draining*: nothing new is begun.
/// All methods may be called from any thread.
public final class ModelRegistry: Sendable {
    public enum State: Sendable {
        case loading
        case ready(ServedModel)
        /// It will not become ready by waiting.
        case failed(reason: String)
    }

    /// Whether requests can be served, as a load balancer wants to know it.
    public enum Readiness: Sendable, Hashable {
        case ready
        case loading(name: String)
        case failed(name: String, reason: String)
        case stopped(name: String, reason: String)
        case draining
    }

    private struct Entry {
        var name: String
        var aliases: [String]
        var state: State
    }

    private struct Contents {
        var entries: [Entry] = []
        var isDraining = false
    }

    /// Guards the table of models; held for look-ups only.
    private let contents = Mutex(Contents())
    /// Whether a name that no model has stands for the first one.
    private let answersToAnyName: Bool

    public init(answersToAnyName: Bool = false) {
        self.answersToAnyName = answersToAnyName
    }

    /// Announces a model that is being loaded.
    public func beginLoading(_ name: String, aliases: [String] = []) {
        set(Entry(name: name, aliases: aliases, state: .loading))
    }

    /// The model is loaded and answers from now on.
    public func add(_ model: ServedModel) {
        set(Entry(name: model.name, aliases: model.aliases, state: .ready(model)))
    }

    /// The model could not be loaded.
    public func fail(_ name: String, reason: String) {
        set(Entry(name: name, aliases: [], state: .failed(reason: reason)))
    }

    /// From now on nothing new is begun.
    public func beginDraining() {
        contents.withLock { $0.isDraining = true }
    }

    public var isDraining: Bool {
        contents.withLock { $0.isDraining }
    }

    /// The models that are ready, in the order of their announcement.
    public var models: [ServedModel] {
        contents.withLock { contents in
            contents.entries.compactMap { entry in
                if case .ready(let model) = entry.state { model } else { nil }
            }
        }
    }

    /// Whether every model is ready; the first that is not, otherwise.
    public var readiness: Readiness {
        contents.withLock { contents in
            guard !contents.isDraining else { return .draining }
            for entry in contents.entries {
                switch entry.state {
                case .ready(let model):
                    guard let reason = model.engine.failure else { continue }
                    return .stopped(name: entry.name, reason: reason)
                case .loading: return .loading(name: entry.name)
                case .failed(let reason): return .failed(name: entry.name, reason: reason)
                }
            }
            return contents.entries.isEmpty ? .loading(name: "") : .ready
        }
    }

    /// The model of a name or alias; the first one for nil and for the empty name.
    public func model(named name: String?) throws(ServingError) -> ServedModel {
        let (entry, known) = contents.withLock { contents in
            (find(name, in: contents.entries), contents.entries.map(\.name))
        }
        guard let entry else { throw .modelNotFound(name: name ?? "", known: known) }
        switch entry.state {
        case .ready(let model):
            if let reason = model.engine.failure { throw .modelFailed(name: entry.name, reason: reason) }
            return model
        case .loading: throw .modelLoading(name: entry.name)
        case .failed(let reason): throw .modelLoadFailed(name: entry.name, reason: reason)
        }
    }

    private func find(_ name: String?, in entries: [Entry]) -> Entry? {
        guard let name, !name.isEmpty else { return entries.first }
        let match = entries.first { $0.name == name || $0.aliases.contains(name) }
        return match ?? (answersToAnyName ? entries.first : nil)
    }

    private func set(_ entry: Entry) {
        contents.withLock { contents in
            if let index = contents.entries.firstIndex(where: { $0.name == entry.name }) {
                contents.entries[index] = entry
            } else {
                contents.entries.append(entry)
            }
        }
    }
}
