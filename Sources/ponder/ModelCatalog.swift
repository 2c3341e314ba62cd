import Checkpoints
import Foundation
import Logging
import Serving

/// The models that a server has, each with its settings: those that it was told, then those of a folder.
///
/// Whatever else knows of models adds its own to `entries`.
struct ModelCatalog: Sendable {
    struct Entry: Sendable {
        /// For clients.
        var name: String
        var source: ModelSource
        /// The server's, less what is said of another model.
        var settings: ServeSettings
        /// Whether the start loads it.
        var isPreloaded = false
    }

    private(set) var entries: [Entry] = []
    /// Models of the folder that are left out, as another has their name.
    private(set) var leftOut: [String] = []
    private let settings: ServeSettings
    /// Bytes that were free before any model was loaded; nil where the system does not say.
    let freeMemory: Int?
    private let creationTime = Int(Date().timeIntervalSince1970)

    /// - Throws: ``SettingsError`` where two models have one name, or one that is to be loaded at the start is none of them;
    ///   `CheckpointError` where the folder cannot be read.
    init(_ settings: ServeSettings, freeMemory: Int? = MachineLimits.current().availableMemory) throws {
        self.settings = settings
        self.freeMemory = freeMemory
        for (index, model) in settings.models.enumerated() {
            let name = (index == 0 ? settings.alias : nil) ?? model.name ?? CheckpointSearch.name(of: model.path)
            guard entry(named: name) == nil else {
                throw SettingsError("two models are called \(name): give one another name, as NAME=PATH")
            }
            add(name, .path(model.path))
        }
        if settings.models.isEmpty, settings.modelsFolder == nil {
            add(settings.alias ?? ModelSource.builtInName, .builtIn)
        }
        for finding in try settings.modelsFolder.map(CheckpointSearch.models) ?? [] {
            guard entry(named: finding.name) == nil else {
                leftOut.append(finding.path)
                continue
            }
            add(finding.name, .path(finding.path))
        }
        try markPreloaded()
    }

    /// Whether models have to share the memory.
    var hasSeveral: Bool { entries.count > 1 }

    func entry(named name: String) -> Entry? {
        entries.first { $0.name == name }
    }

    private mutating func add(_ name: String, _ source: ModelSource) {
        var own = settings
        own.alias = name
        if !entries.isEmpty || settings.models.isEmpty && settings.modelsFolder != nil {
            own.draftModel = nil
            own.chatTemplateFile = nil
        }
        entries.append(Entry(name: name, source: source, settings: own))
    }

    private mutating func markPreloaded() throws(SettingsError) {
        for name in settings.preload {
            guard let index = entries.firstIndex(where: { $0.name == name }) else {
                let names = entries.map(\.name).joined(separator: ", ")
                throw SettingsError("preload: there is no model \(name); there are: \(names)")
            }
            entries[index].isPreloaded = true
        }
        if settings.preload.isEmpty, settings.modelsFolder == nil || !settings.models.isEmpty {
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
        return ModelOffer(
            name: entry.name, creationTime: creationTime, keepAlive: keepAlive,
            isPinned: settings.idleUnload == .automatic && entry.isPreloaded
        ) {
            try loading(entry, logger: logger).describe()
        } plan: { takenByteCount in
            try loading(entry, beside: takenByteCount, othersCanLeave: takenByteCount > 0, logger: logger).planned()
        }
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
