internal import Glibc

/// Fetches one file of a repository into a cache's blobs: from where an earlier try ended, until it is whole and right.
struct FileDownload: Sendable {
    /// A file that does not come to its digest is fetched once more, and then given up.
    private static let wrongLimit = 2
    private static let tryLimit = 6
    private static let reportInterval = Duration.milliseconds(50)

    let file: RepositoryFile
    let reference: ModelReference
    let commit: String
    let cache: HubCache
    let client: HubClient
    /// How many connections may fetch it at once.
    var connectionCount = 1
    let report: @Sendable (PullEvent) -> Void

    private var shown: PullFile { PullFile(file) }
    private var blob: String { cache.blob(file.digest.name, of: reference.repository) }

    /// Whether it is here already.
    var isPresent: Bool { FolderReader.file(blob)?.byteCount == file.byteCount }

    /// Bytes that have to be fetched.
    var missingByteCount: Int {
        if isPresent { return 0 }
        guard let size = FolderReader.file(partial)?.byteCount else { return file.byteCount }
        return size <= file.byteCount ? file.byteCount - size : PartedFile.missingByteCount(partial, of: file)
    }

    private var partial: String { "\(blob).incomplete" }

    func run() throws(HubError) {
        if !isPresent {
            let lock = try FileLock(
                "\(cache.locks(of: reference.repository))/\(file.digest.name).lock", isCancelled: client.isCancelled
            ) { report(.waiting(shown, "\(file.path): it is being fetched already")) }
            // Whoever had the lock may have done it.
            if !isPresent { try fetch() }
            withExtendedLifetime(lock) {}
        }
        report(.progressed(shown, completed: file.byteCount))
        report(.verified(shown))
    }

    /// By several connections what is large, and otherwise in order.
    private func fetch() throws(HubError) {
        var comesInParts = FolderReader.file(partial).map { $0.byteCount > file.byteCount } ?? false
        if connectionCount > 1, missingByteCount >= client.settings.partedByteCount { comesInParts = true }
        for attempt in 1...Self.wrongLimit {
            if comesInParts {
                switch try fetchParts() {
                case .right: return
                case .wrong: break
                case .unavailable: if try fetchInOrder() { return }
                }
            } else if try fetchInOrder() {
                return
            }
            guard attempt < Self.wrongLimit else { break }
            report(.waiting(shown, "\(file.path): what came does not have its digest; fetching it again"))
            report(.progressed(shown, completed: 0))
        }
        throw HubError(
            "\(file.path): what came does not have the digest \(file.digest.labelled), twice; "
                + "the hub, or something in between, sends wrong bytes")
    }

    private enum PartsOutcome {
        case right
        case wrong
        /// The server sends whole files alone.
        case unavailable
    }

    private func fetchParts() throws(HubError) -> PartsOutcome {
        let parts = try PartedFile(partial, of: file, partCount: connectionCount * 4)
        let download = PartedDownload(
            file: file, parts: parts, reference: reference, commit: commit, client: client,
            connectionCount: connectionCount, tryLimit: Self.tryLimit, report: report)
        guard try download.run() else {
            try parts.clear()
            return .unavailable
        }
        if try parts.move(to: blob, ifRight: client.isCancelled) { return .right }
        try parts.clear()
        return .wrong
    }

    /// - Returns: whether what came has its digest; what has not is gone again.
    private func fetchInOrder() throws(HubError) -> Bool {
        var schedule = RetrySchedule(first: client.settings.firstWait, limit: Self.tryLimit)
        var partial = try PartialFile.opened(partial, of: file, isCancelled: client.isCancelled)
        while partial.byteCount < file.byteCount {
            do throws(HubFailure) {
                try receive(&partial, &schedule)
            } catch {
                if case .again(let reason, _) = error {
                    report(.waiting(shown, "\(file.path): \(reason); trying again"))
                }
                try client.wait(&schedule, after: error)
            }
        }
        guard partial.isRight() else {
            try partial.clear()
            return false
        }
        try partial.move(to: blob)
        return true
    }

    private func receive(_ partial: inout PartialFile, _ schedule: inout RetrySchedule) throws(HubFailure) {
        let stream = try client.open(file, of: reference, commit: commit, from: partial.byteCount)
        do throws(HubError) {
            if stream.offset == 0, partial.byteCount > 0 { try partial.clear() }
        } catch {
            throw .final(error)
        }
        var next = ContinuousClock.now
        while let bytes = try stream.read() {
            guard bytes.count <= file.byteCount - partial.byteCount else {
                throw .final(
                    HubError("\(file.path): the server sends more than the \(file.byteCount) bytes that it has"))
            }
            do throws(HubError) {
                try partial.append(bytes)
            } catch {
                throw .final(error)
            }
            schedule.succeeded()
            if ContinuousClock.now >= next {
                report(.progressed(shown, completed: partial.byteCount))
                next = .now + Self.reportInterval
            }
        }
        guard partial.byteCount == file.byteCount else {
            throw .again("the server's answer ends after \(partial.byteCount) of \(file.byteCount) bytes")
        }
    }

    /// Has a snapshot's folder lead to the blob by the file's name.
    func link() throws(HubError) {
        let place = "\(cache.snapshot(commit, of: reference.repository))/\(file.path)"
        try Folders.make(String(place.dropLast(RepositoryPath.lastPart(file.path).count + 1)))
        let steps = String(repeating: "../", count: file.path.split(separator: "/").count + 1)
        // Made aside and renamed, so that there is never a moment without it.
        let aside = "\(place).\(getpid()).link"
        _ = unsafe unlink(aside)
        guard unsafe symlink("\(steps)blobs/\(file.digest.name)", aside) == 0, unsafe rename(aside, place) == 0 else {
            throw .system("\(place): the link cannot be made")
        }
    }
}
