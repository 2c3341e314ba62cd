internal import Synchronization

/// The replies that are coming, so that their clients can act on them by name: end their thinking, or call them off.
///
/// A name need not be unique: clients choose those of their requests. Where keys are asked for, a reply is found only by who
/// brings the key that it was asked for with.
public final class RunningReplies: Sendable {
    private struct Entry {
        var reply: any DialectReply
        var names: [String]
        var key: KeyDigest?
    }

    private struct Table {
        var entries: [Int: Entry] = [:]
        var numbers: [String: Set<Int>] = [:]
        var nextNumber = 0
    }

    /// Guards the table; held for look-ups and changes only.
    private let table = Mutex(Table())

    public init() {}

    /// Lets a reply be found by its own names and its request's until `remove`.
    func add(_ reply: any DialectReply, to request: DoorRequest) -> Int {
        let names = reply.names + [request.id]
        return table.withLock { table in
            let number = table.nextNumber
            table.nextNumber += 1
            table.entries[number] = Entry(reply: reply, names: names, key: request.key)
            for name in names {
                table.numbers[name, default: []].insert(number)
            }
            return number
        }
    }

    func remove(_ number: Int) {
        table.withLock { table in
            for name in table.entries.removeValue(forKey: number)?.names ?? [] {
                table.numbers[name]?.remove(number)
                if table.numbers[name]?.isEmpty == true { table.numbers[name] = nil }
            }
        }
    }

    /// The replies of a name that the sender of a request may act on.
    package func replies(named name: String, for request: DoorRequest) -> [any DialectReply] {
        table.withLock { table in
            (table.numbers[name] ?? []).sorted().compactMap { table.entries[$0] }
                .filter { $0.key == request.key }.map(\.reply)
        }
    }

    /// All replies that the sender of a request may act on.
    package func replies(for request: DoorRequest) -> [any DialectReply] {
        table.withLock { table in
            table.entries.values.filter { $0.key == request.key }.map(\.reply)
        }
    }
}
