internal import Dispatch
internal import Synchronization

/// Fetches one model: lists, chooses, fetches several files at once, checks, and names the result.
final class ModelPull: Sendable {
    private let reference: ModelReference
    private let cache: HubCache
    private let settings: HubSettings
    private let hears: @Sendable (PullEvent) -> Void
    private let isCancelledOutside: @Sendable () -> Bool
    /// The first failure of any file, which ends the others.
    private let failure = Mutex<HubError?>(nil)
    private let reporting = Mutex(())

    init(
        _ reference: ModelReference, cache: HubCache, settings: HubSettings,
        isCancelled: @escaping @Sendable () -> Bool, report: @escaping @Sendable (PullEvent) -> Void
    ) {
        self.reference = reference
        self.cache = cache
        self.settings = settings
        isCancelledOutside = isCancelled
        hears = report
    }

    func run() throws(HubError) -> StoredModel {
        if settings.isOffline, let model = cache.model(reference) {
            report(.finished(model))
            return model
        }
        let client = try HubClient(reference.hub, settings: settings) { [self] in isCancelled }
        report(.listing)
        let listing = try client.list(reference)
        let files = try chosen(listing)
        var downloads = files.map { file in
            FileDownload(
                file: file, reference: reference, commit: listing.commit, cache: cache, client: client,
                report: { [self] in report($0) })
        }
        // Small files are no reason to fetch a large one by fewer connections.
        let largeCount = downloads.count { $0.missingByteCount >= settings.partedByteCount }
        for index in downloads.indices {
            downloads[index].connectionCount = max(1, settings.connectionCount / max(1, largeCount))
        }
        try prepare(downloads, listing)
        fetch(downloads)
        if let failure = failure.withLock({ $0 }) { throw failure }
        for download in downloads { try download.link() }
        try remember(listing.commit)
        guard let model = cache.model(reference.pinned(to: listing.commit)) else {
            throw HubError("\(reference.repository): all files came, and yet parts of the model are missing")
        }
        report(.finished(model))
        return model
    }

    private var isCancelled: Bool { isCancelledOutside() || failure.withLock { $0 != nil } }

    private func report(_ event: PullEvent) {
        reporting.withLock { _ in hears(event) }
    }

    /// The files of the model that is asked for, the largest first: what takes longest begins first.
    private func chosen(_ listing: RepositoryListing) throws(HubError) -> [RepositoryFile] {
        let models = ModelFiles.models(in: listing.files.map(\.path) + listing.unverifiable)
        guard let model = ModelFiles.pick(reference.variant, among: models) else {
            guard !models.isEmpty else {
                throw HubError(.notFound, "\(reference.repository) holds no model in GGUF or safetensors files")
            }
            let there = models.map { $0.variant ?? "safetensors" }.joined(separator: ", ")
            throw HubError(
                .notFound,
                "\(reference.repository) has no '\(reference.variant ?? "")', or several of them; it has \(there)"
                    .printable)
        }
        guard model.isComplete else {
            throw HubError(.notFound, "\(reference.repository) lacks parts of \(model.weights[0].printable)")
        }
        let wanted = Set(model.all)
        if let file = wanted.intersection(listing.unverifiable).min() {
            throw HubError(
                "the hub does not tell size and digest of \(file.printable), so that it could not be checked")
        }
        return listing.files.filter { wanted.contains($0.path) }.sorted { $0.byteCount > $1.byteCount }
    }

    private func prepare(_ downloads: [FileDownload], _ listing: RepositoryListing) throws(HubError) {
        let folder = cache.path(of: reference.repository)
        for path in ["\(folder)/blobs", "\(folder)/refs", "\(folder)/snapshots", cache.locks(of: reference.repository)]
        {
            try Folders.make(path)
        }
        let present = downloads.reduce(0) { $0 + $1.file.byteCount - $1.missingByteCount }
        let plan = PullPlan(
            files: downloads.map { PullFile($0.file) }, commit: listing.commit, license: listing.license,
            presentByteCount: present)
        report(.planned(plan))
        let missing = plan.byteCount - present
        if let free = Folders.freeByteCount(folder), missing > free {
            throw HubError(
                "\(reference.repository) needs \(missing >> 20) MiB more, and \(folder) has room for \(free >> 20) MiB; "
                    + "HF_HUB_CACHE names another folder")
        }
    }

    /// Fetches the files, some at a time. The first failure ends the others.
    private func fetch(_ downloads: [FileDownload]) {
        let next = Atomic(0)
        let group = DispatchGroup()
        withExtendedLifetime(next) {
            for worker in 0..<min(max(1, settings.connectionCount), downloads.count) {
                DispatchQueue(label: "ponder.pull-\(worker)").async(group: group) { [self] in
                    while !isCancelled {
                        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                        guard index < downloads.count else { return }
                        do throws(HubError) {
                            try downloads[index].run()
                        } catch {
                            failure.withLock { $0 = $0 ?? error }
                        }
                    }
                }
            }
            group.wait()
        }
        if isCancelledOutside() { failure.withLock { $0 = $0 ?? .cancelled } }
    }

    /// Has the branch stand for the commit; a commit stands for itself.
    private func remember(_ commit: String) throws(HubError) {
        let revision = reference.revision ?? cache.mainBranch
        guard revision != commit else { return }
        let path = "\(cache.path(of: reference.repository))/refs/\(revision)"
        try Folders.make(String(path.prefix(upTo: path.lastIndex(of: "/") ?? path.endIndex)))
        try Folders.write(commit, to: path)
    }
}
