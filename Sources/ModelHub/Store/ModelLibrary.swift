/// The models on this machine, and those that can be fetched: the door of this module.
///
/// Models lie in Hugging Face's cache, which its own programs use too, in a folder like it for ModelScope, and in folders of
/// other programs, which are only read. All calls block for as long as the disk or the network takes.
public struct ModelLibrary: Sendable {
    public let settings: HubSettings
    private let foreign: ForeignFolders

    public init(settings: HubSettings) {
        self.settings = settings
        foreign = ForeignFolders(studioFolders: settings.studioFolders, modelScopeCache: settings.modelScopeCache)
    }

    /// Reads a name; ``HubSettings/hub`` says where it is looked for if it does not.
    ///
    /// - Throws: ``HubError`` where it is none.
    public func reference(_ text: String) throws(HubError) -> ModelReference {
        try ModelReference(text, hub: settings.hub)
    }

    /// The folders in which models come and go.
    public var folders: [String] {
        HubKind.allCases.map(settings.folder) + settings.studioFolders + [settings.modelScopeCache]
    }

    /// All models that are here whole, by name.
    public func models() -> [StoredModel] {
        let models = HubKind.allCases.flatMap { cache($0).models() } + foreign.models()
        return models.sorted { ($0.name, $0.path) < ($1.name, $1.path) }
    }

    /// The model that a name stands for, if it is here whole.
    public func model(_ reference: ModelReference) -> StoredModel? {
        cache(reference.hub).model(reference) ?? foreign.model(reference)
    }

    /// Fetches a model, or what is missing of it, and has its name stand for what the hub has now.
    ///
    /// - Parameters:
    ///   - reference: which model.
    ///   - isCancelled: ends it soon after it says so; what was fetched stays, and the next call goes on from there.
    ///   - report: hears what happens, from several threads, but never from two at once.
    /// - Returns: the model.
    /// - Throws: ``HubError``, one line that says what to do.
    public func pull(
        _ reference: ModelReference, isCancelled: @escaping @Sendable () -> Bool = { false },
        report: @escaping @Sendable (PullEvent) -> Void = { _ in }
    ) throws(HubError) -> StoredModel {
        try ModelPull(
            reference, cache: cache(reference.hub), settings: settings, isCancelled: isCancelled, report: report
        ).run()
    }

    /// Removes a model: the files that no other one uses.
    ///
    /// - Parameter reference: with a revision, that alone goes; with a quantisation, its files alone; with neither, all that
    ///   is here of the repository.
    /// - Returns: how many bytes of the disk are free again.
    /// - Throws: ``HubError`` where there is no such model, or it belongs to another program.
    public func remove(_ reference: ModelReference) throws(HubError) -> Int {
        let cache = cache(reference.hub)
        let isHere = cache.repositories().contains(reference.repository)
        guard isHere else {
            guard let model = foreign.model(reference) else { throw Self.notHere(reference) }
            throw HubError(
                .invalid,
                "\(model.name) belongs to \(model.place.rawValue); it is used in place and removed there: \(model.folder)"
            )
        }
        return try ModelRemoval(cache: cache, repository: reference.repository).remove(reference)
    }

    static func notHere(_ reference: ModelReference) -> HubError {
        HubError(.notFound, "there is no model '\(reference.text.printable)' here; 'ponder list' names those that are")
    }

    private func cache(_ hub: HubKind) -> HubCache {
        HubCache(folder: settings.folder(hub), hub: hub)
    }
}
