internal import CLinux
internal import Synchronization

/// Something for a loop's thread to do.
enum LoopWork: Sendable {
    case actorJob(UnownedJob)
    case taskJob(UnownedJob, LoopTaskExecutor)
    case closure(@Sendable () -> Void)
}

/// Where other threads leave work for a loop's thread, and what it sleeps by.
///
/// The thread is *awake*, *asleep* at its epoll set, or has *ended*. Work for one that is asleep rings the bell, once; work for one
/// that has ended needs a new thread, so that nobody who comes late waits for ever.
final class LoopInbox: Sendable {
    /// What a thread without work does next.
    enum Decision {
        /// Some has come.
        case work
        case sleep
        case end
    }

    private enum Thread {
        case awake, asleep, ended
    }

    private struct State {
        var work: [LoopWork] = []
        var thread = Thread.awake
        var isStopping = false
    }

    /// Becomes readable when the thread is to wake up.
    let bell: OwnedDescriptor
    private let state = Mutex(State())

    init() throws(SocketError) {
        bell = OwnedDescriptor(try SocketError.check(linux_bell_create(), "eventfd"))
    }

    /// Leaves work. Returns whether a thread is to be started for it.
    func add(_ item: LoopWork) -> Bool {
        let before = state.withLock { state in
            defer { state.thread = .awake }
            state.work.append(item)
            return state.thread
        }
        if before == .asleep { linux_bell_ring(bell.number) }
        return before == .ended
    }

    /// Has the thread end once it has nothing to do.
    func stop() {
        let before = state.withLock { state in
            defer { if state.thread == .asleep { state.thread = .awake } }
            state.isStopping = true
            return state.thread
        }
        if before == .asleep { linux_bell_ring(bell.number) }
    }

    /// Takes all that was left, for the thread.
    func take(into work: inout [LoopWork]) {
        state.withLock { state in
            guard !state.work.isEmpty else { return }
            if work.isEmpty {
                swap(&work, &state.work)
            } else {
                work += state.work
                state.work.removeAll(keepingCapacity: true)
            }
        }
    }

    /// Decides for the thread, which has nothing to do. `forget` runs before a thread that ends can have a successor.
    func prepareToSleep(forget: () -> Void) -> Decision {
        state.withLock { state in
            guard state.work.isEmpty else { return .work }
            guard !state.isStopping else {
                forget()
                state.thread = .ended
                return .end
            }
            state.thread = .asleep
            return .sleep
        }
    }

    /// The thread goes on.
    func wokeUp() {
        state.withLock { $0.thread = .awake }
    }
}
