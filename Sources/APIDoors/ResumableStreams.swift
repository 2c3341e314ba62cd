internal import Synchronization

/// Streams that go on without their client, for a while, so that it can come back and read on.
///
/// Where keys are asked for, a stream is found only by who brings the key that it was asked for with.
public final class ResumableStreams: Sendable {
    private struct Entry {
        var backlog: StreamBacklog
        var key: KeyDigest?
    }

    private struct Table {
        var entries: [String: Entry] = [:]
        /// The oldest first.
        var order: [String] = []
    }

    /// Guards the table; held for look-ups and changes only.
    private let table = Mutex(Table())
    private let countLimit: Int
    private let byteLimit: Int
    private let absence: Duration

    /// - Parameters:
    ///   - countLimit: how many streams are kept, complete ones among them.
    ///   - byteLimit: of the events that are kept of each.
    ///   - absence: how long a stream goes on, or is kept, while nobody reads it.
    public init(countLimit: Int = 128, byteLimit: Int = 1 << 20, absence: Duration = .seconds(60)) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
        self.absence = absence
    }

    /// Begins to write a reply's events down; nil where the reply has none, or as many streams as may be are coming.
    func begin<Reply: DialectReply>(
        _ reply: Reply, to request: DoorRequest, heartbeatInterval: Duration, ended: @escaping @Sendable () -> Void
    ) -> StreamBacklog? {
        guard case .events = Reply.Frames.form else { return nil }
        let name = reply.names.first ?? request.id
        let backlog = StreamBacklog(name: name, byteLimit: byteLimit)
        guard add(Entry(backlog: backlog, key: request.key), name: name) else { return nil }
        let meter = request.meter
        let writing = Task {
            defer {
                backlog.finish()
                ended()
            }
            var frames = reply.frames
            var first: [UInt8] = []
            frames.start(&first)
            backlog.append(first)
            try await reply.pump(&frames, heartbeatInterval: heartbeatInterval, meter: meter) {
                backlog.append($0)
            }
        }
        Task {
            await waitForAbsence(from: backlog)
            remove(name, backlog)
            writing.cancel()
        }
        return backlog
    }

    /// The stream of a name, if the sender of the request may read it.
    package func backlog(named name: String, for request: DoorRequest) -> StreamBacklog? {
        table.withLock { table in
            guard let entry = table.entries[name], entry.key == request.key else { return nil }
            return entry.backlog
        }
    }

    /// Makes room by forgetting the oldest complete stream; false where none is complete, or the name is taken.
    private func add(_ entry: Entry, name: String) -> Bool {
        table.withLock { table in
            guard table.entries[name] == nil else { return false }
            if table.order.count >= countLimit {
                guard let index = table.order.firstIndex(where: { table.entries[$0]?.backlog.isFinished == true })
                else { return false }
                table.entries[table.order.remove(at: index)] = nil
            }
            table.entries[name] = entry
            table.order.append(name)
            return true
        }
    }

    private func remove(_ name: String, _ backlog: StreamBacklog) {
        table.withLock { table in
            guard table.entries[name]?.backlog === backlog else { return }
            table.entries[name] = nil
            table.order.removeAll { $0 == name }
        }
    }

    /// Returns once nobody has read for the time of absence.
    private func waitForAbsence(from backlog: StreamBacklog) async {
        var seen = ContinuousClock.now
        while .now - seen < absence {
            try? await Task.sleep(for: absence / 4)
            if backlog.readerCount > 0 { seen = .now }
        }
    }
}
