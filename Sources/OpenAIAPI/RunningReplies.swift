internal import APIDoors
internal import Serving
internal import Synchronization

/// The replies that may be acted on while they come, by their ids.
final class RunningReplies: Sendable {
    /// Guards the table; held for look-ups only.
    private let streams = Mutex<[String: ChatStream]>([:])

    /// Lets a reply be found until `remove`.
    func add(_ stream: ChatStream, id: String) {
        streams.withLock { $0[id] = stream }
    }

    func remove(_ id: String) {
        _ = streams.withLock { $0.removeValue(forKey: id) }
    }

    /// Nil where no reply of this id is coming that said `reasoning_control`.
    func stream(_ id: String) -> ChatStream? {
        streams.withLock { $0[id] }
    }
}
