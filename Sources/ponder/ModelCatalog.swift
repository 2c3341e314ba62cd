import Checkpoints
import Foundation
import Logging
import Serving

/// The models that a server begins with, each with its settings: those that it was told, then those that are found.
struct ModelCatalog: Sendable {
    struct Entry: Sendable {
        /// For clients.
        var name: String
        /// Further names that it answers to.
        var aliases: [String] = []
        var source: ModelSource
        /// The server's, less what is said of another model.
        var settings: ServeSettings
        /// Whether the start loads it.
        var isPreloaded = false
        /// Whether it was found, and may be gone later.
        var isFound = false
    }

    private(set) var entries: [Entry] = []
    /// Models of the folder that are left out, as another has their name.
    private(set) var leftOut: [String] = []
    private let settings: ServeSettings
    /// Bytes that were free before any model was loaded; nil where the system does not say.
    let freeMemory: Int?
    private let creationTime = Int(Date().timeIntervalSince1970)

    /// - Parameters:
    ///   - settings: what the server was told.
    ///   - found: what lies in the folder and in the store.
    ///   - freeMemory: bytes that are free now.
    /// - Throws: ``SettingsError`` where two models have one name, or one that is to be loaded at the start is none of them.
    init(
        _ settings: ServeSettings, found: [FoundModel] = [],
        freeMemory: Int? = MachineLimits.current().availableMemory
    ) throws(SettingsError) {
        self.settings = settings
        self.freeMemory = freeMemory
        for (index, model) in settings.models.enumerated() {
            let name = (index == 0 ? settings.alias : nil) ?? model.name ?? CheckpointSearch.name(of: model.path)
            guard entry(named: name) == nil else {
                throw SettingsError("two models are called \(name): give one another name, as NAME=PATH")
            }
            add(name, .path(model.path), aliases: index == 0 ? settings.furtherAliases : [])
        }
        if settings.models.isEmpty, !settings.hasNoneOfItsOwn {
            add(settings.alias ?? ModelSource.builtInName, .builtIn, aliases: settings.furtherAliases)
        }
        for model in found {
            guard entry(named: model.name) == nil else {
                leftOut.append(model.path)
                continue
            }
            // What the server was told of by a name of its own is not served twice.
            guard !settings.models.contains(where: { $0.path == model.path }) else { continue }
            entries.append(entry(for: model))
        }
        try markPreloaded()
    }

    /// Whether models have to share the memory.
    var hasSeveral: Bool { entries.count > 1 || settings.looksForModels }

    /// Whether a model was told of, or is loaded by the start: then nothing that is found takes its name.
    func holds(_ name: String) -> Bool {
        entry(named: name).map { !$0.isFound || $0.isPreloaded } ?? false
    }

    /// A model that was found, with the settings that all models share.
    func entry(for model: FoundModel) -> Entry {
        var own = settings
        own.alias = model.name
        own.furtherAliases = []
        own.draftModel = nil
        own.chatTemplateFile = nil
        return Entry(name: model.name, source: .path(model.path), settings: own, isFound: true)
    }

    func entry(named name: String) -> Entry? {
        entries.first { $0.name == name || $0.aliases.contains(name) }
    }

    private mutating func add(_ name: String, _ source: ModelSource, aliases: [String] = []) {
        var own = settings
        own.alias = name
        own.furtherAliases = aliases
        if !entries.isEmpty {
            own.draftModel = nil
            own.chatTemplateFile = nil
        }
        entries.append(Entry(name: name, aliases: aliases, source: source, settings: own))
    }

    private mutating func markPreloaded() throws(SettingsError) {
        for name in settings.preload {
            guard let index = entries.firstIndex(where: { $0.name == name || $0.aliases.contains(name) }) else {
                let names = entries.map(\.name).joined(separator: ", ")
                throw SettingsError("preload: there is no model \(name); there are: \(names)")
            }
            entries[index].isPreloaded = true
        }
        if settings.preload.isEmpty, !settings.hasNoneOfItsOwn {
            entries[0].isPreloaded = true
        }
    }
}

extension ModelCatalog {
    /// A model as it would be loaded now, beside models that take so many bytes, or may come to; `othersCanLeave` says whether
    /// these could make room.
    ///
    /// - Throws: `CheckpointError` or `ModelError` where the files are no model.
    func loading(
        _ entry: Entry, beside takenByteCount: Int = 0, othersCanLeave: Bool = false, logger: Logger
    ) throws -> ModelLoading {
        var settings = entry.settings
        settings.memoryLimit = settings.memoryLimit.map { max(0, $0 - takenByteCount) }
        var limits = MachineLimits.current()
        // What others may still come to take is free now, and what they have taken was so at the start.
        limits.availableMemory = [limits.availableMemory, freeMemory.map { max(0, $0 - takenByteCount) }]
            .compactMap(\.self).min()
        let checkpoint = try entry.source.open()
        let draft = try ModelSource.openDraft(settings)
        let share = MemoryShare(isOneOfSeveral: hasSeveral, othersCanLeave: othersCanLeave)
        let plan = try StartupPlan(
            checkpoint, draft: draft, settings: settings, limits: limits, share: share, creationTime: creationTime)
        return ModelLoading(checkpoint: checkpoint, draft: draft, plan: plan, logger: logger)
    }

    /// How the server loads a model when a request names it.
    func offer(_ entry: Entry, logger: Logger) -> ModelOffer {
        let keepAlive: Duration? =
            switch settings.idleUnload {
            case .automatic: entry.isPreloaded ? nil : .seconds(300)
            case .never: nil
            case .after(let time): time
            }
        var offer = ModelOffer(
            name: entry.name, aliases: entry.aliases, creationTime: creationTime, keepAlive: keepAlive,
            isPinned: settings.idleUnload == .automatic && entry.isPreloaded
        ) {
            try loading(entry, logger: logger).describe()
        } plan: { takenByteCount in
            try loading(entry, beside: takenByteCount, othersCanLeave: takenByteCount > 0, logger: logger).planned()
        }
        offer.isFound = entry.isFound && !entry.isPreloaded
        return offer
    }
}

/// How a model shares the memory with others.
struct MemoryShare: Equatable, Sendable {
    /// Whether others may want memory later.
    var isOneOfSeveral = false
    /// Whether others would make room.
    var othersCanLeave = false

    /// The part of the memory beside the weights that an automatic KV cache takes at most: one of so many.
    var cacheDivisor: Int { isOneOfSeveral ? 4 : 2 }

    /// Tokens that an automatic KV cache holds at least. A model gets more than the bare minimum where others can leave for it.
    var leastTokenCount: Int { othersCanLeave ? 8_192 : 2_048 }
}
