internal import Dispatch

/// A serial queue that is woken by one source on its own epoll set, and the executor of the actors that live on it.
///
/// Dispatch owns the thread and the wake-ups; sockets only ever touch the epoll set. The source is made once and
/// lives as long as the loop: sources that come and go with sockets are where libdispatch has open bugs
/// (docs/decisions/0001). All state but the queue is confined to the queue.
// The confinement is what the compiler cannot see: every verb that touches state asserts that it runs on the queue.
package final class EventLoop: SerialExecutor, @unchecked Sendable {
    /// How much one read may take from a socket.
    package static let readByteLimit = 65_536
    private static let batchesPerWakeUp = 4

    private let queue: DispatchQueue
    private let tickInterval: Duration
    private let started = ContinuousClock.now
    private var source: (any DispatchSourceRead)?
    private var timer: (any DispatchSourceTimer)?
    private var isTicking = false

    private var poller: Poller
    private var wheel = TimerWheel()
    private var readBuffer = [UInt8](repeating: 0, count: EventLoop.readByteLimit)

    /// A loop named `label`, whose deadlines are kept to within `tickInterval`.
    package init(label: String, tickInterval: Duration = .milliseconds(250)) throws(SocketError) {
        queue = DispatchQueue(label: label, autoreleaseFrequency: .never)
        self.tickInterval = tickInterval
        poller = try Poller()
        startWatching()
    }

    private func startWatching() {
        let source = DispatchSource.makeReadSource(fileDescriptor: poller.set.number, queue: queue)
        source.setEventHandler { [weak self] in self?.wakeUp() }
        let timer = DispatchSource.makeTimerSource(queue: queue)
        timer.setEventHandler { [weak self] in self?.tick() }
        timer.schedule(deadline: .distantFuture)
        self.source = source
        self.timer = timer
        source.activate()
        timer.activate()
    }

    /// Ends the loop once nothing is registered any more. Work already handed to it still runs.
    package func stop() {
        queue.async {
            guard let source = self.source else { return }
            // The cancel handler keeps the loop, and so the epoll descriptor, until Dispatch has let go of it.
            source.setCancelHandler { _ = self.source = nil }
            source.cancel()
            self.timer?.cancel()
            self.timer = nil
        }
    }

    /// Runs an actor's job on the loop's queue.
    package func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        queue.async { unsafe unowned.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Stops the program when called off the loop.
    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }

    /// Runs `work` on the loop, after what is already waiting there.
    package func execute(_ work: @escaping @Sendable () -> Void) {
        queue.async(execute: work)
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
        let tick = duration.map { currentTick + max(1, UInt64(($0 / tickInterval).rounded(.up))) + 1 }
        guard let entry = poller.setDeadline(tick, of: token) else { return }
        wheel.add(token, at: entry)
        startTicking()
    }

    /// Lends the loop's one read buffer for the length of a call.
    package func withReadBuffer<Result>(_ body: (inout [UInt8]) -> Result) -> Result {
        checkIsolated()
        return body(&readBuffer)
    }
}

extension EventLoop {
    private var currentTick: UInt64 {
        UInt64(max(0, (ContinuousClock.now - started) / tickInterval))
    }

    private func wakeUp() {
        for _ in 0..<Self.batchesPerWakeUp {
            let count = poller.poll()
            for index in 0..<count {
                let event = poller.event(at: index)
                poller.handler(of: event.token)?.socketBecameReady(event.readiness)
            }
            // A batch that was not full took all there was; more later makes the source fire again.
            guard count == Poller.batchLimit else { return }
        }
    }

    private func tick() {
        let now = currentTick
        for entry in wheel.advance(to: now) {
            switch poller.entryCameUp(entry.token, armedFor: entry.tick, now: now) {
            case .drop: continue
            case .again(let tick): wheel.add(entry.token, at: tick)
            case .passed: poller.handler(of: entry.token)?.deadlinePassed()
            }
        }
        if wheel.count == 0 { stopTicking() }
    }

    private func startTicking() {
        guard !isTicking else { return }
        isTicking = true
        let nanoseconds = Int(tickInterval / .nanoseconds(1))
        timer?.schedule(deadline: .now() + .nanoseconds(nanoseconds), repeating: .nanoseconds(nanoseconds))
    }

    private func stopTicking() {
        isTicking = false
        timer?.schedule(deadline: .distantFuture)
    }
}
