internal import Synchronization

/// Streams that go on without their client, for a while, so that it can come back and read on.
///
/// A stream goes by the name of its reply, or of the conversation that its client gave with the request, of which the newest
/// stream alone is kept. Where keys are asked for, a stream is found only by who brings the key that it was asked for with.
public final class ResumableStreams: Sendable {
    fileprivate struct Entry {
        var backlog: StreamBacklog
        var key: KeyDigest?
        var conversation: String?
        var abort: @Sendable () -> Void
    }

    fileprivate struct Table {
        var entries: [String: Entry] = [:]
        /// The oldest first.
        var order: [String] = []

        mutating func remove(_ name: String) {
            entries[name] = nil
            order.removeAll { $0 == name }
        }
    }

    /// Guards the table; held for look-ups and changes only.
    private let table = Mutex(Table())
    private let countLimit: Int
    private let byteLimit: Int
    private let absence: Duration
    private let conversationAbsence: Duration

    /// - Parameters:
    ///   - countLimit: how many streams are kept, complete ones among them.
    ///   - byteLimit: of the events that are kept of each.
    ///   - absence: how long a stream goes on, or is kept, while nobody reads it.
    ///   - conversationAbsence: the same for a conversation's stream; as long as llama-server keeps one.
    public init(
        countLimit: Int = 128, byteLimit: Int = 1 << 20, absence: Duration = .seconds(60),
        conversationAbsence: Duration = .seconds(300)
    ) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
        self.absence = absence
        self.conversationAbsence = conversationAbsence
    }

    /// Begins to write a reply's events down, behind frames that were sent already; nil where the reply has none, or as many
    /// streams as may be are coming.
    func begin<Reply: DialectReply>(
        _ reply: Reply, to request: DoorRequest, behind sent: [UInt8], heartbeatInterval: Duration,
        ended: @escaping @Sendable () -> Void
    ) -> StreamBacklog? {
        guard case .events = Reply.Frames.form else { return nil }
        let name = reply.names.first ?? request.id
        let conversation = request.conversation
        let backlog = StreamBacklog(name: name, byteLimit: byteLimit)
        let entry = Entry(backlog: backlog, key: request.key, conversation: conversation) { reply.abort() }
        guard add(entry, name: name) else { return nil }
        backlog.append(sent)
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
            await waitForAbsence(conversation == nil ? absence : conversationAbsence, from: backlog)
            remove(name, backlog)
            writing.cancel()
        }
        return backlog
    }

    /// The stream of a reply, if the sender of the request may read it.
    package func backlog(named name: String, for request: DoorRequest) -> StreamBacklog? {
        table.withLock { table in
            guard let entry = table.entries[name], entry.key == request.key else { return nil }
            return entry.backlog
        }
    }

    /// The stream of a conversation, if the sender of the request may read it.
    package func backlog(of conversation: String, for request: DoorRequest) -> StreamBacklog? {
        table.withLock { table in
            table.name(of: conversation, key: request.key).flatMap { table.entries[$0]?.backlog }
        }
    }

    /// The streams of conversations that the sender of the request may read: by a name, or by a name, `::` and a model.
    package func summaries(
        of conversations: [String], for request: DoorRequest
    ) -> [(conversation: String, StreamBacklog.Summary)] {
        let entries = table.withLock { table in table.order.compactMap { table.entries[$0] } }
        return conversations.flatMap { asked in
            entries.compactMap { entry in
                guard let name = entry.conversation, entry.key == request.key,
                    name == asked || name.hasPrefix(asked + "::")
                else { return nil }
                return (name, entry.backlog.summary)
            }
        }
    }

    /// Calls the stream of a conversation off and forgets it.
    package func end(_ conversation: String, for request: DoorRequest) {
        table.withLock { $0.removeStream(of: conversation, key: request.key) }?()
    }

    /// Makes room by forgetting the oldest complete stream; false where none is complete, or the name is taken. An earlier
    /// stream of the same conversation ends.
    private func add(_ entry: Entry, name: String) -> Bool {
        let (isAdded, abort) = table.withLock { table in
            guard table.entries[name] == nil else { return (false, nil as (@Sendable () -> Void)?) }
            let abort = entry.conversation.flatMap { table.removeStream(of: $0, key: entry.key) }
            if table.order.count >= countLimit {
                guard let oldest = table.order.first(where: { table.entries[$0]?.backlog.isFinished == true })
                else { return (false, abort) }
                table.remove(oldest)
            }
            table.entries[name] = entry
            table.order.append(name)
            return (true, abort)
        }
        abort?()
        return isAdded
    }

    private func remove(_ name: String, _ backlog: StreamBacklog) {
        table.withLock { table in
            guard table.entries[name]?.backlog === backlog else { return }
            table.remove(name)
        }
    }

    /// Returns once nobody has read for the time of absence.
    private func waitForAbsence(_ absence: Duration, from backlog: StreamBacklog) async {
        var seen = ContinuousClock.now
        while .now - seen < absence {
            try? await Task.sleep(for: absence / 4)
            if backlog.readerCount > 0 { seen = .now }
        }
    }
}

extension ResumableStreams.Table {
    fileprivate func name(of conversation: String, key: KeyDigest?) -> String? {
        order.last { entries[$0]?.conversation == conversation && entries[$0]?.key == key }
    }

    /// Returns what calls the removed stream off.
    fileprivate mutating func removeStream(of conversation: String, key: KeyDigest?) -> (@Sendable () -> Void)? {
        guard let name = name(of: conversation, key: key) else { return nil }
        defer { remove(name) }
        return entries[name]?.abort
    }
}
