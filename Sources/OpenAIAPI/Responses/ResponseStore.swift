internal import APIDoors
internal import Chat
internal import Synchronization

/// Responses that can be asked for again and continued: in memory, the newest ones, as many as its limits allow. Each is there
/// for the key alone that it was asked for with.
final class ResponseStore: Sendable {
    struct Response: Sendable {
        /// The response object.
        var body: [UInt8]
        /// All messages up to and with the reply, without instructions.
        var conversation: [ChatMessage]

        /// What it holds at most, where it shares nothing with others.
        fileprivate var byteCount: Int {
            conversation.reduce(body.count) { sum, message in
                let calls = message.toolCalls.reduce(0) { $0 + $1.arguments.utf8.count + $1.name.utf8.count + 64 }
                return sum + (message.content?.utf8.count ?? 0) + (message.reasoning?.utf8.count ?? 0) + calls + 128
            }
        }
    }

    private struct Name: Hashable {
        var id: String
        var key: KeyDigest?
    }

    private struct Contents {
        var responses: [Name: Response] = [:]
        /// The oldest first.
        var order: [Name] = []
        var byteCount = 0
    }

    /// Guards the table; held for look-ups and changes only.
    private let contents = Mutex(Contents())
    private let countLimit: Int
    private let byteLimit: Int

    init(countLimit: Int = 1024, byteLimit: Int = 64 << 20) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }

    func response(_ id: String, of key: KeyDigest?) -> Response? {
        contents.withLock { $0.responses[Name(id: id, key: key)] }
    }

    /// Keeps a response; the oldest ones make room for it. One that is larger than all the room is not kept.
    func add(_ response: Response, id: String, of key: KeyDigest?) {
        let name = Name(id: id, key: key)
        guard response.byteCount <= byteLimit else { return }
        contents.withLock { contents in
            contents.responses[name] = response
            contents.order.append(name)
            contents.byteCount += response.byteCount
            while contents.order.count > countLimit || contents.byteCount > byteLimit {
                let oldest = contents.order.removeFirst()
                contents.byteCount -= contents.responses.removeValue(forKey: oldest)?.byteCount ?? 0
            }
        }
    }

    /// Forgets a response; false where it is not here.
    func remove(_ id: String, of key: KeyDigest?) -> Bool {
        let name = Name(id: id, key: key)
        return contents.withLock { contents in
            guard let response = contents.responses.removeValue(forKey: name) else { return false }
            contents.order.removeAll { $0 == name }
            contents.byteCount -= response.byteCount
            return true
        }
    }
}
