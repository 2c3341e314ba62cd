import Foundation
import Logging
import Serving
import Synchronization

/// Keeps a server's offer of models to what lies in its folder and in the store: those that come later are served too, and
/// those that are removed vanish.
final class ModelWatch: Sendable {
    private struct State {
        var stamps: FolderStamps
        /// What is on offer, by name.
        var paths: [String: String]
    }

    private let search: ModelSearch
    private let catalog: ModelCatalog
    private let registry: ModelRegistry
    private let logger: Logger
    private let state: Mutex<State>

    /// A watch over the search's folders.
    ///
    /// - Parameters:
    ///   - search: where models come and go.
    ///   - stamps: of the search's folders, taken before the catalogue was made of what lies there.
    ///   - catalog: what the server began with.
    ///   - registry: where models are offered and withdrawn.
    ///   - logger: told of both.
    init(
        _ search: ModelSearch, since stamps: FolderStamps, catalog: ModelCatalog, registry: ModelRegistry,
        logger: Logger
    ) {
        self.search = search
        self.catalog = catalog
        self.registry = registry
        self.logger = logger
        var paths: [String: String] = [:]
        for entry in catalog.entries where entry.isFound && !entry.isPreloaded {
            if case .path(let path) = entry.source { paths[entry.name] = path }
        }
        state = Mutex(State(stamps: stamps, paths: paths))
    }

    /// Looks again, if a folder has changed, and leads a name that nobody bears to the model that the store has by it. Blocks.
    func look(for name: String?) {
        state.withLock { state in
            if !state.stamps.areCurrent { update(&state) }
            guard let name, !name.isEmpty, state.paths[name] == nil, !catalog.holds(name),
                let path = search.path(of: name), let owner = state.paths.first(where: { $0.value == path })
            else { return }
            registry.addAlias(name, of: owner.key)
        }
    }

    private func update(_ state: inout State) {
        let stamps = FolderStamps(of: search.roots)
        guard let models = try? search.models() else { return }
        var paths: [String: String] = [:]
        for model in models where !catalog.holds(model.name) && paths[model.name] == nil && !isTold(model) {
            paths[model.name] = model.path
            guard state.paths[model.name] != model.path else { continue }
            // What another file had this name for is gone.
            registry.withdraw(model.name)
            registry.offer(catalog.offer(catalog.entry(for: model), logger: logger))
            logger.notice("\(model.name) can be asked for: \(model.path)")
        }
        for name in state.paths.keys where paths[name] == nil {
            registry.withdraw(name)
            logger.notice("\(name) is gone.")
        }
        state = State(stamps: stamps, paths: paths)
    }

    private func isTold(_ model: FoundModel) -> Bool {
        catalog.entries.contains { entry in
            if case .path(model.path) = entry.source { !entry.isFound || entry.isPreloaded } else { false }
        }
    }
}
