internal import HTTP
internal import Synchronization

/// The memory that the bodies of requests may come to, all together, while they are read and turned into prompts.
///
/// A body is bytes, then values, then a prompt's text and its tokens, and takes far more than its own size on the way. Where
/// memory is short, requests that are too much at once are refused instead of ending the process and everybody's replies.
public final class BodyMemory: Sendable {
    /// What a byte of a body comes to on its way to tokens, at most: measured with bodies of 30 MiB of many kinds, of which
    /// short messages come to 27.4 and one long string to 25.9.
    static let expansion = 28
    /// The least that bodies may come to: a prompt of some hundred thousand tokens.
    private static let leastByteCount = 1 << 20

    private struct State {
        var limit: Int
        var taken = 0
    }

    private let state: Mutex<State>

    /// Room for bodies in so many bytes of memory; nil sets no limit.
    public init(memoryByteCount: Int? = nil) {
        state = Mutex(State(limit: Self.bodyByteCount(memoryByteCount)))
    }

    /// Changes the limit; what was let in stays.
    public func setLimit(memoryByteCount: Int) {
        state.withLock { $0.limit = Self.bodyByteCount(memoryByteCount) }
    }

    private static func bodyByteCount(_ memoryByteCount: Int?) -> Int {
        memoryByteCount.map { max(leastByteCount, $0 / expansion) } ?? .max
    }

    /// The most bytes that a single body can have.
    var bodyByteLimit: Int { state.withLock { $0.limit } }

    fileprivate func take(_ byteCount: Int) -> Bool {
        state.withLock { state in
            guard byteCount <= state.limit - state.taken else { return false }
            state.taken += byteCount
            return true
        }
    }

    fileprivate func giveBack(_ byteCount: Int) {
        state.withLock { $0.taken -= byteCount }
    }
}

/// What one request has taken of it: given back when its route has answered, or when the request is dropped.
final class BodyRoom: Sendable {
    /// What each request has for nothing, about what a connection may hold anyway: small requests are answered while large ones
    /// crowd.
    static let freeByteCount = 64 << 10

    private struct State {
        var arrived = 0
        var taken = 0
    }

    private let memory: BodyMemory
    private let state = Mutex(State())

    init(_ memory: BodyMemory) {
        self.memory = memory
    }

    deinit {
        giveBack()
    }

    /// Takes room for bytes that have arrived.
    func take(_ byteCount: Int) throws(BodyError) {
        let isTaken = state.withLock { state in
            let needed = max(0, state.arrived + byteCount - Self.freeByteCount) - state.taken
            guard needed <= 0 || memory.take(needed) else { return false }
            state.arrived += byteCount
            state.taken += max(0, needed)
            return true
        }
        guard isTaken else { throw .noRoom }
    }

    func giveBack() {
        let byteCount = state.withLock { state in
            defer { state = State() }
            return state.taken
        }
        if byteCount > 0 { memory.giveBack(byteCount) }
    }
}
