internal import Dispatch
internal import Synchronization

/// Fetches the parts of one file by several connections; each takes the next part when it has one.
final class PartedDownload: Sendable {
    private static let reportInterval = Duration.milliseconds(50)

    private let file: RepositoryFile
    private let parts: PartedFile
    private let reference: ModelReference
    private let commit: String
    private let client: HubClient
    private let connectionCount: Int
    private let tryLimit: Int
    private let report: @Sendable (PullEvent) -> Void

    private enum End {
        case failed(HubError)
        case wholeFilesOnly
    }

    /// What ends all connections before the last part is there.
    private let end = Mutex<End?>(nil)
    private let nextPart = Atomic(0)
    private let nextReport = Mutex(ContinuousClock.now)

    init(
        file: RepositoryFile, parts: PartedFile, reference: ModelReference, commit: String, client: HubClient,
        connectionCount: Int, tryLimit: Int, report: @escaping @Sendable (PullEvent) -> Void
    ) {
        self.file = file
        self.parts = parts
        self.reference = reference
        self.commit = commit
        self.client = client
        self.connectionCount = connectionCount
        self.tryLimit = tryLimit
        self.report = report
    }

    /// - Returns: false where the server sends whole files alone.
    func run() throws(HubError) -> Bool {
        let group = DispatchGroup()
        for worker in 0..<connectionCount {
            DispatchQueue(label: "ponder.pull-part-\(worker)").async(group: group) { [self] in
                do throws(HubError) {
                    try fetchParts()
                } catch {
                    end.withLock { $0 = $0 ?? .failed(error) }
                }
            }
        }
        group.wait()
        switch end.withLock({ $0 }) {
        case .failed(let error): throw error
        case .wholeFilesOnly: return false
        case nil: return true
        }
    }

    private var isOver: Bool { end.withLock { $0 != nil } }

    private func fetchParts() throws(HubError) {
        var client = client
        let isCancelledOutside = client.isCancelled
        client.isCancelled = { [self] in isCancelledOutside() || isOver }
        var schedule = RetrySchedule(first: client.settings.firstWait, limit: tryLimit)
        let count = parts.parts.count
        while !isOver {
            let index = nextPart.wrappingAdd(1, ordering: .relaxed).oldValue
            guard index < count else { return }
            while parts.parts[index].next < parts.parts[index].end, !isOver {
                do throws(HubFailure) {
                    try receive(index, client, &schedule)
                } catch {
                    if isOver { return }
                    if case .again(let reason, _) = error {
                        report(.waiting(PullFile(file), "\(file.path): \(reason); trying again"))
                    }
                    try client.wait(&schedule, after: error)
                }
            }
        }
    }

    private func receive(_ index: Int, _ client: HubClient, _ schedule: inout RetrySchedule) throws(HubFailure) {
        var part = parts.parts[index]
        let stream = try client.open(file, of: reference, commit: commit, from: part.next, to: part.end)
        guard !stream.isWhole else {
            end.withLock { $0 = $0 ?? .wholeFilesOnly }
            return
        }
        while part.next < part.end {
            guard let bytes = try stream.read() else {
                throw .again("the server's answer ends after \(part.next) of \(file.byteCount) bytes")
            }
            let wanted = bytes.prefix(part.end - part.next)
            do throws(HubError) {
                try parts.append(wanted, to: index)
            } catch {
                throw .final(error)
            }
            part.next += wanted.count
            schedule.succeeded()
            tell()
        }
    }

    /// Counted and told in one, so that what is told never goes back.
    private func tell() {
        nextReport.withLock { next in
            guard ContinuousClock.now >= next else { return }
            next = .now + Self.reportInterval
            report(.progressed(PullFile(file), completed: parts.byteCount))
        }
    }
}
