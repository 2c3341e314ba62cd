internal import Foundation
internal import Glibc
internal import Synchronization

/// A thread that waits at one epoll set, and the executor of the actors that live on it.
///
/// Each turn runs the work that was handed in, waits until a socket is ready or a deadline may be due, and tells the handlers.
/// All state but the inbox belongs to the thread. See docs/decisions/0018 for why it is a thread of its own.
// What belongs to the thread is what the compiler cannot see: every verb that touches state asserts that it runs there.
package final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// How much one read may take from a socket.
    package static let readByteLimit = 65_536
    /// How much work runs before sockets are looked at again.
    private static let workLimit = 1_024

    private let label: String
    private let inbox: LoopInbox
    /// Which thread it is; 0 while there is none.
    private let thread = Atomic<UInt>(0)
    private let tickNanoseconds: UInt64
    private let started = EventLoop.monotonicNanoseconds

    private var poller: Poller
    private var wheel = TimerWheel()
    private var currentTick: UInt64 = 0
    /// Handed in by the thread itself.
    private var work: [LoopWork] = []
    private var readBuffer = [UInt8](repeating: 0, count: EventLoop.readByteLimit)

    /// A loop named `label`, whose deadlines are kept to within `tickInterval`. It runs until it is stopped.
    package init(label: String, tickInterval: Duration = .milliseconds(250)) throws(SocketError) {
        self.label = label
        tickNanoseconds = UInt64(max(1, tickInterval / .nanoseconds(1)))
        inbox = try LoopInbox()
        poller = try Poller()
        try poller.watch(inbox.bell)
        start()
    }

    /// Ends the loop once nothing is registered any more. Work that is handed to it still runs, on a thread of its own if it comes late.
    package func stop() {
        inbox.stop()
    }

    /// Runs an actor's job on the loop.
    package func enqueue(_ job: consuming ExecutorJob) {
        add(.actorJob(UnownedJob(job)))
    }

    /// Stops the program when called off the loop.
    package func checkIsolated() {
        precondition(isCurrent, "not on the event loop")
    }

    package func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Runs `work` on the loop, after what is already waiting there.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        add(.closure(work))
    }

    /// Runs a task's job on the loop, after what is already waiting there.
    func execute(_ job: UnownedJob, of executor: LoopTaskExecutor) {
        add(.taskJob(job, executor))
    }

    private var isCurrent: Bool {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    private func add(_ item: LoopWork) {
        guard !isCurrent else { return work.append(item) }
        if inbox.add(item) { start() }
    }
}

/// What actors on the loop ask of it. All of it is called on the loop.
extension EventLoop {
    /// Starts watching a descriptor; the handler is kept until it is deregistered.
    package func register(
        _ descriptor: borrowing OwnedDescriptor,
        interest: Readiness,
        handler: any PollHandler
    ) throws(SocketError) -> PollToken {
        checkIsolated()
        return try poller.register(descriptor.number, interest: interest, handler: handler)
    }

    /// Changes what a descriptor is watched for.
    package func setInterest(
        _ interest: Readiness,
        of descriptor: borrowing OwnedDescriptor,
        token: PollToken
    ) throws(SocketError) {
        checkIsolated()
        try poller.setInterest(interest, of: descriptor.number, token: token)
    }

    /// Stops watching a descriptor. To be called before it closes.
    package func deregister(_ descriptor: borrowing OwnedDescriptor, token: PollToken) {
        checkIsolated()
        poller.deregister(descriptor.number, token: token)
    }

    /// Sets the registration's only deadline, or clears it.
    package func setDeadline(after duration: Duration?, of token: PollToken) {
        checkIsolated()
        let tick = duration.map { duration in
            let ticks = (max(0, duration / .nanoseconds(1)) / Double(tickNanoseconds)).rounded(.up)
            return currentTick + max(1, UInt64(min(ticks, 1e15))) + 1
        }
        guard let entry = poller.setDeadline(tick, of: token) else { return }
        wheel.add(token, at: entry)
    }

    /// Lends the loop's one read buffer for the length of a call.
    package func withReadBuffer<Result>(_ body: (inout [UInt8]) -> Result) -> Result {
        checkIsolated()
        return body(&readBuffer)
    }
}

/// The turns.
extension EventLoop {
    private func start() {
        let thread = Thread { self.run() }
        thread.name = label
        thread.start()
    }

    private func run() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        currentTick = tickNow
        while let wait = prepareWait() {
            let count = poller.poll(timeout: wait)
            inbox.wokeUp()
            currentTick = tickNow
            for index in 0..<count {
                let event = poller.event(at: index)
                poller.handler(of: event.token)?.socketBecameReady(event.readiness)
            }
            endDeadlines()
        }
    }

    /// Does what was handed in. Returns how many milliseconds to wait then, -1 until something happens; nil where the loop ends.
    private func prepareWait() -> Int32? {
        while true {
            inbox.take(into: &work)
            runWork()
            guard work.isEmpty else { return 0 }
            switch inbox.prepareToSleep(forget: { thread.store(0, ordering: .relaxed) }) {
            case .work: continue
            case .sleep: return millisecondsToTick
            case .end: return nil
            }
        }
    }

    private func runWork() {
        var next = 0
        // Work adds work: what it adds comes behind it.
        while next < work.count, next < Self.workLimit {
            let item = work[next]
            next += 1
            switch item {
            case .actorJob(let job): unsafe job.runSynchronously(on: asUnownedSerialExecutor())
            case .taskJob(let job, let executor): unsafe job.runSynchronously(on: executor.asUnownedTaskExecutor())
            case .closure(let body): body()
            }
        }
        work.removeFirst(next)
    }

    private func endDeadlines() {
        guard wheel.count > 0 else { return }
        for entry in wheel.advance(to: currentTick) {
            switch poller.entryCameUp(entry.token, armedFor: entry.tick, now: currentTick) {
            case .drop: continue
            case .again(let tick): wheel.add(entry.token, at: tick)
            case .passed: poller.handler(of: entry.token)?.deadlinePassed()
            }
        }
    }

    private var millisecondsToTick: Int32 {
        guard wheel.count > 0 else { return -1 }
        let next = started + (currentTick + 1) * tickNanoseconds
        let now = Self.monotonicNanoseconds
        return next > now ? Int32(clamping: (next - now) / 1_000_000 + 1) : 0
    }

    private var tickNow: UInt64 {
        (Self.monotonicNanoseconds - started) / tickNanoseconds
    }

    private static var monotonicNanoseconds: UInt64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
