import Synchronization
import Testing

@testable import Sockets

/// An actor on a loop that counts.
private actor Tally {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
    private(set) var count = 0

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    func add() { count += 1 }
}

/// Both ends of a connection: what is said at one is heard at the other.
private actor Conversation: PollHandler {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }
    private let ends: StreamSocket.Pair
    private var token: PollToken?
    private let heard: AsyncStream<String>.Continuation

    init(loop: EventLoop, heard: AsyncStream<String>.Continuation) throws {
        ends = try StreamSocket.pair()
        self.loop = loop
        self.heard = heard
    }

    func begin(deadline: Duration) throws {
        let token = try loop.register(ends.first.descriptor, interest: .readable, handler: self)
        loop.setDeadline(after: deadline, of: token)
        self.token = token
    }

    func say(_ text: String) {
        var queue = OutboundQueue()
        queue.append(Array(text.utf8))
        _ = ends.second.send(&queue)
    }

    func end() {
        if let token { loop.deregister(ends.first.descriptor, token: token) }
    }

    nonisolated func socketBecameReady(_ readiness: Readiness) {
        assumeIsolated { $0.read() }
    }

    nonisolated func deadlinePassed() {
        heard.yield("deadline")
    }

    private func read() {
        loop.withReadBuffer { buffer in
            guard case .received(let count) = ends.first.receive(into: &buffer) else { return }
            heard.yield(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct EventLoopTests {
    @Test func workRunsOnTheLoopInTheOrderInWhichItCame() async throws {
        let loop = try EventLoop(label: "test")
        defer { loop.stop() }
        let numbers: [Int] = await withCheckedContinuation { continuation in
            let seen = Mutex<[Int]>([])
            for number in 0..<5_000 {
                loop.execute {
                    loop.checkIsolated()
                    let all = seen.withLock { seen in
                        seen.append(number)
                        return seen
                    }
                    if all.count == 5_000 { continuation.resume(returning: all) }
                }
            }
        }
        #expect(numbers == Array(0..<5_000))
    }

    @Test func manyTasksShareAnActorOnIt() async throws {
        let loop = try EventLoop(label: "test")
        defer { loop.stop() }
        let tally = Tally(loop)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<500 { await tally.add() } }
                group.addTask(executorPreference: LoopTaskExecutor(loop)) { for _ in 0..<500 { await tally.add() } }
            }
        }
        #expect(await tally.count == 8_000)
    }

    @Test func workThatComesAfterTheEndStillRuns() async throws {
        let loop = try EventLoop(label: "test")
        let tally = Tally(loop)
        await tally.add()
        loop.stop()
        for _ in 0..<100 { await tally.add() }
        #expect(await tally.count == 101)
    }

    @Test func aLoopThatSleepsHearsSocketsAndDeadlines() async throws {
        let loop = try EventLoop(label: "test", tickInterval: .milliseconds(1))
        defer { loop.stop() }
        let (stream, heard) = AsyncStream.makeStream(of: String.self)
        let conversation = try Conversation(loop: loop, heard: heard)
        try await conversation.begin(deadline: .milliseconds(20))
        var events = stream.makeAsyncIterator()
        #expect(await events.next() == "deadline")
        await conversation.say("word")
        #expect(await events.next() == "word")
        await conversation.end()
    }
}
