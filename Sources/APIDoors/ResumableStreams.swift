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

    /// That a conversation's stream was called off. Its request may come to be answered only later: what calls it off takes
    /// another connection, and its model may have to be loaded first.
    fileprivate struct Ending {
        var conversation: String
        var key: KeyDigest?
        var time: ContinuousClock.Instant
    }

    fileprivate struct Table {
        var entries: [String: Entry] = [:]
        /// The oldest first.
        var order: [String] = []
        /// The oldest first; a bounded number.
        var endings: [Ending] = []
        /// Whether nobody can come back any more.
        var isClosed = false

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
    /// How long before its client's hanging up a stream's ending may have been read.
    private let overtaking: Duration

    /// - Parameters:
    ///   - countLimit: how many streams are kept, complete ones among them.
    ///   - byteLimit: of the events that are kept of each.
    ///   - absence: how long a stream goes on, or is kept, while nobody reads it.
    ///   - conversationAbsence: the same for a conversation's stream; as long as llama-server keeps one.
    ///   - overtaking: by how much the request that calls a stream off may come before the stream's client hangs up.
    public init(
        countLimit: Int = 128, byteLimit: Int = 1 << 20, absence: Duration = .seconds(60),
        conversationAbsence: Duration = .seconds(300), overtaking: Duration = .seconds(2)
    ) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
        self.absence = absence
        self.conversationAbsence = conversationAbsence
        self.overtaking = overtaking
    }

    /// Begins to write a reply's events down, behind frames that were sent already; nil where the reply has none, was called
    /// off before it began, or as many streams as may be are coming.
    func begin<Reply: DialectReply>(
        _ reply: Reply, to request: DoorRequest, behind sent: [UInt8], heartbeatInterval: Duration,
        ended: @escaping @Sendable () -> Void
    ) -> StreamBacklog? {
        guard case .events = Reply.Frames.form else { return nil }
        let name = reply.names.first ?? request.id
        let conversation = request.conversation
        let backlog = StreamBacklog(name: name, byteLimit: byteLimit)
        let entry = Entry(backlog: backlog, key: request.key, conversation: conversation) { reply.abort() }
        guard add(entry, name: name, arrival: request.arrival) else { return nil }
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

    /// Calls the stream of a conversation off and forgets it; one whose request is being answered does not begin.
    package func end(_ conversation: String, for request: DoorRequest) {
        table.withLock { table in
            table.endings.append(Ending(conversation: conversation, key: request.key, time: .now))
            if table.endings.count > countLimit { table.endings.removeFirst() }
            return table.removeStream(of: conversation, key: request.key)
        }?()
    }

    /// Says that nobody can come back any more, since the server takes no connections: streams without a reader end, now and
    /// as they lose him.
    public func close() {
        let aborts = table.withLock { table in
            table.isClosed = true
            return table.abortsOfAbandoned
        }
        aborts.forEach { $0() }
    }

    /// Ends the stream of a client that hung up and, as it did, called its conversation off, or cannot come back.
    ///
    /// Where the two came on connections of their own, the server may have read the second one first.
    func readerHungUp(on request: DoorRequest) {
        let aborts = table.withLock { table in
            if table.isClosed { return table.abortsOfAbandoned }
            guard let conversation = request.conversation,
                table.wasEnded(conversation, key: request.key, since: .now - overtaking),
                let abort = table.removeStream(of: conversation, key: request.key)
            else { return [] }
            return [abort]
        }
        aborts.forEach { $0() }
    }

    /// Makes room by forgetting the oldest complete stream; false where none is complete, or the name is taken. An earlier
    /// stream of the same conversation ends. One that was called off since its request's arrival ends instead of being added.
    private func add(_ entry: Entry, name: String, arrival: ContinuousClock.Instant) -> Bool {
        let (isAdded, abort) = table.withLock { table in
            guard table.entries[name] == nil else { return (false, nil as (@Sendable () -> Void)?) }
            if let conversation = entry.conversation,
                table.wasEnded(conversation, key: entry.key, since: arrival)
            {
                return (false, entry.abort)
            }
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
    /// What calls streams off whose readers are gone.
    fileprivate var abortsOfAbandoned: [@Sendable () -> Void] {
        entries.values.filter(\.backlog.isAbandoned).map(\.abort)
    }

    fileprivate func name(of conversation: String, key: KeyDigest?) -> String? {
        order.last { entries[$0]?.conversation == conversation && entries[$0]?.key == key }
    }

    fileprivate func wasEnded(_ conversation: String, key: KeyDigest?, since time: ContinuousClock.Instant) -> Bool {
        endings.contains { $0.conversation == conversation && $0.key == key && $0.time >= time }
    }

    /// Returns what calls the removed stream off.
    fileprivate mutating func removeStream(of conversation: String, key: KeyDigest?) -> (@Sendable () -> Void)? {
        guard let name = name(of: conversation, key: key) else { return nil }
        defer { remove(name) }
        return entries[name]?.abort
    }
}
