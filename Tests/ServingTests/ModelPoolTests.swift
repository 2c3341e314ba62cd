import Chat
import Foundation
import ServingTestSupport
import Synchronization
import Testing

@testable import Serving

/// A registry of scripted models that are loaded on demand: each takes one of the places that the memory has.
private final class Pool: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description = "cut file"
    }

    let time = ManualClock()
    let registry: ModelRegistry
    /// The models that were loaded, in this order.
    private let loadedNames = Mutex<[String]>([])
    /// Models whose loading waits, and those whose files are broken.
    private let held = Mutex<Set<String>>([])
    private let broken = Mutex<Set<String>>([])
    /// Models whose weights are gone while they are served.
    private let damaged = Mutex<Set<String>>([])
    private let placeCount: Int

    init(places: Int = 2, keepAlive: Duration? = nil, _ names: String...) {
        placeCount = places
        registry = ModelRegistry(clock: time.clock)
        for name in names {
            offer(name, keepAlive: keepAlive)
        }
    }

    var loads: [String] { loadedNames.withLock { $0 } }

    func offer(_ name: String, size: Int = 1, keepAlive: Duration? = nil, isPinned: Bool = false) {
        registry.offer(
            ModelOffer(name: name, keepAlive: keepAlive, isPinned: isPinned) {
                throw Failure()
            } plan: { [self] taken in
                let refusal =
                    taken + size > placeCount ? "\(name) needs \(size), and \(placeCount - taken) is free" : nil
                return PlannedModel(byteCount: size, refusal: refusal) { [self] in try load(name) }
            })
    }

    private func load(_ name: String) throws -> ServedModel {
        loadedNames.withLock { $0.append(name) }
        while held.withLock({ $0.contains(name) }) { Thread.sleep(forTimeInterval: 0.001) }
        guard !broken.withLock({ $0.contains(name) }) else { throw Failure() }
        var options = TestModel.Options()
        options.name = name
        options.isDamaged = { [self] in damaged.withLock { $0.contains(name) } }
        return try TestModel(options).served
    }

    func hold(_ name: String) { held.withLock { _ = $0.insert(name) } }
    func letGo(_ name: String) { held.withLock { _ = $0.remove(name) } }
    func breakFile(of name: String) { broken.withLock { _ = $0.insert(name) } }
    func repairFile(of name: String) { broken.withLock { _ = $0.remove(name) } }

    func damageWeights(of name: String) { damaged.withLock { _ = $0.insert(name) } }
    func restoreWeights(of name: String) { damaged.withLock { _ = $0.remove(name) } }

    func lease(_ name: String, within limit: Duration? = nil) async throws -> ModelLease {
        try await registry.lease(named: name, within: limit)
    }

    /// Uses a model and gives it back.
    func use(_ name: String) async throws {
        let lease = try await lease(name)
        #expect(lease.model.name == name)
    }

    var loaded: [String] { registry.models.map(\.name) }

    /// Waits until these are the models in memory.
    func settle(on names: [String]) async {
        while loaded != names { await Task.yield() }
    }

    func waitForLoads(_ count: Int) async {
        while loads.count < count { await Task.yield() }
    }

    /// Waits until so many wait for time to pass.
    func waitForSleepers(_ count: Int) async {
        while time.sleeperCount != count { await Task.yield() }
    }
}

@Suite(.timeLimit(.minutes(10))) struct ModelPoolTests {
    @Test func nothingIsLoadedBeforeARequestNamesIt() async throws {
        let pool = Pool("a", "b")
        #expect(pool.registry.readiness == .ready)
        #expect(pool.loaded == [])
        #expect(try pool.registry.leaseIfReady(named: "b") == nil)
        #expect(throws: ServingError.modelLoading(name: "b")) { try pool.registry.model(named: "b") }
        try await pool.use("b")
        #expect(pool.loaded == ["b"])
        await #expect(throws: ServingError.modelNotFound(name: "c", known: ["a", "b"])) { try await pool.use("c") }
    }

    @Test func requestsThatComeTogetherShareOneLoad() async throws {
        let pool = Pool("a")
        pool.hold("a")
        let models = try await withThrowingTaskGroup(of: ModelLease.self) { tasks in
            for _ in 0..<20 {
                tasks.addTask { try await pool.lease("a") }
            }
            await pool.waitForLoads(1)
            pool.letGo("a")
            return try await tasks.reduce(into: []) { $0.append($1.model) }
        }
        #expect(pool.loads == ["a"])
        #expect(models.count == 20 && models.allSatisfy { $0 === models[0] })
    }

    @Test func theModelWhoseLastUseIsTheLongestAgoMakesRoom() async throws {
        let pool = Pool("a", "b", "c")
        for name in ["a", "b", "a", "c"] {
            pool.time.advance(by: .seconds(1))
            try await pool.use(name)
        }
        #expect(pool.loaded == ["a", "c"])
        pool.time.advance(by: .seconds(1))
        try await pool.use("b")
        #expect(pool.loaded == ["b", "c"])
        #expect(pool.loads == ["a", "b", "c", "b"])
    }

    @Test func aModelWithARunningRequestStaysUntilItHasEnded() async throws {
        let pool = Pool(places: 1, "a", "b")
        var running: ModelLease? = try await pool.lease("a")
        let other = Task { try await pool.use("b") }
        // From now on a request for `a` comes behind the one for `b`.
        while (try? pool.registry.model(named: "a")) != nil { await Task.yield() }
        let next = Task { try await pool.use("a") }
        #expect(pool.loads == ["a"])
        #expect(running?.model.name == "a")
        running = nil
        try await other.value
        try await next.value
        #expect(pool.loads == ["a", "b", "a"])
    }

    @Test func anIdleModelGoesBeforeOneThatIsUsed() async throws {
        let pool = Pool("a", "b", "c")
        let running = try await pool.lease("a")
        pool.time.advance(by: .seconds(1))
        try await pool.use("b")
        pool.time.advance(by: .seconds(1))
        try await pool.use("c")
        #expect(pool.loaded == ["a", "c"])
        withExtendedLifetime(running) {}
    }

    @Test func whatCannotFitIsRefusedWithTheNumbers() async throws {
        let pool = Pool("a", "b")
        pool.offer("large", size: 3)
        try await pool.use("a")
        await #expect(throws: ServingError.modelLoadFailed(name: "large", reason: "large needs 3, and 2 is free")) {
            try await pool.use("large")
        }
        try await pool.use("b")
        #expect(pool.loaded == ["b"])
    }

    @Test func aModelThatNobodyAsksForIsUnloaded() async throws {
        let pool = Pool(keepAlive: .seconds(300), "a", "b")
        try await pool.use("a")
        await pool.waitForSleepers(1)
        pool.time.advance(by: .seconds(299))
        try await pool.use("a")
        pool.time.advance(by: .seconds(1))
        // It was looked at, and is looked at again.
        await pool.waitForSleepers(1)
        #expect(pool.loaded == ["a"])
        let listing = try await pool.registry.listing(named: "a")
        #expect(listing.timeLeft == .seconds(299))
        pool.time.advance(by: .seconds(299))
        while try await pool.registry.listing(named: "a").status != .unloaded { await Task.yield() }
        try await pool.use("a")
        #expect(pool.loads == ["a", "a"])
    }

    @Test func noTimeEndsARunningRequest() async throws {
        let pool = Pool(keepAlive: .seconds(300), "a")
        let lease = try await pool.lease("a")
        pool.time.advance(by: .seconds(3_000))
        #expect(try await pool.registry.listing(named: "a").timeLeft == .seconds(300))
        #expect(pool.loaded == ["a"])
        withExtendedLifetime(lease) {}
    }

    @Test func aRequestSaysHowLongItsModelStays() async throws {
        let pool = Pool(keepAlive: .seconds(300), "a")
        do {
            let lease = try await pool.lease("a")
            #expect(try pool.registry.keep("a", for: nil))
            withExtendedLifetime(lease) {}
        }
        #expect(try await pool.registry.listing(named: "a").timeLeft == nil)
        #expect(try pool.registry.keep("a", for: .seconds(10)))
        await pool.waitForSleepers(1)
        pool.time.advance(by: .seconds(10))
        await pool.settle(on: [])
        try await pool.use("a")
        #expect(try await pool.registry.listing(named: "a").timeLeft == .seconds(300))
        #expect(try await pool.registry.giveUp("a"))
        #expect(try await pool.registry.listing(named: "a").status == .unloaded)
    }

    @Test func aPinnedModelStaysWhateverRequestsSay() async throws {
        let pool = Pool()
        pool.offer("a", isPinned: true)
        try await pool.use("a")
        #expect(try !pool.registry.keep("a", for: .zero))
        #expect(try await !pool.registry.giveUp("a"))
        #expect(pool.loaded == ["a"])
        try await pool.registry.unload("a")
        #expect(pool.loaded == [])
    }

    @Test func aFailureIsRememberedForAWhileAndHarmsNoOther() async throws {
        let pool = Pool("a", "b")
        pool.breakFile(of: "b")
        try await pool.use("a")
        let failure = ServingError.modelLoadFailed(name: "b", reason: "cut file")
        for _ in 0..<3 {
            await #expect(throws: failure) { try await pool.use("b") }
        }
        #expect(pool.loads == ["a", "b"])
        #expect(pool.loaded == ["a"])
        #expect(pool.registry.readiness == .ready)
        #expect(try await pool.registry.listing(named: "b").failure == "cut file")
        pool.repairFile(of: "b")
        pool.time.advance(by: ModelTable.failureTime)
        try await pool.use("b")
        #expect(pool.loaded == ["a", "b"])
    }

    @Test func afterItsFailureIsForgottenAModelIsTriedAtOnce() async throws {
        let pool = Pool("a")
        pool.breakFile(of: "a")
        await #expect(throws: ServingError.self) { try await pool.use("a") }
        pool.repairFile(of: "a")
        await pool.registry.forgetFailure("a")
        try await pool.use("a")
    }

    @Test func aModelThatStopsAnswersNothingUntilItIsLoadedAgain() async throws {
        let pool = Pool("a", "b")
        try await pool.use("a")
        let engine = try pool.registry.model(named: "a").engine
        pool.damageWeights(of: "a")
        let request = CompletionRequest(model: "a", prompts: [.text("Hello")])
        await #expect(throws: ServingError.self) {
            try await InferenceService(registry: pool.registry).complete(request).forEach { _ in }
        }
        let reason = try #require(await engine.waitForEnd())
        let failure = ServingError.modelFailed(name: "a", reason: reason)
        #expect(throws: failure) { try pool.registry.model(named: "a") }
        await #expect(throws: failure) { try await pool.use("a") }
        #expect(pool.registry.readiness == .stopped(name: "a", reason: reason))
        #expect(try await pool.registry.listing(named: "a").failure == reason)
        try await pool.use("b")
        pool.restoreWeights(of: "a")
        await pool.registry.forgetFailure("a")
        #expect(pool.registry.readiness == .ready)
        try await pool.use("a")
        #expect(pool.loads == ["a", "b", "a"])
    }

    @Test func whoGoesAwayWhileAModelIsLoadedWaitsNoLonger() async throws {
        let pool = Pool("a")
        pool.hold("a")
        let waiting = Task { try await pool.use("a") }
        await pool.waitForLoads(1)
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
        pool.letGo("a")
        await pool.settle(on: ["a"])
        try await pool.use("a")
        #expect(pool.loads == ["a"])
    }

    @Test func aModelThatNobodyWaitsForAnyMoreIsNotLoaded() async throws {
        let pool = Pool("a", "b")
        pool.hold("a")
        let first = Task { try await pool.use("a") }
        await pool.waitForLoads(1)
        let second = Task { try await pool.use("b") }
        while try await pool.registry.listing(named: "b").status != .loading { await Task.yield() }
        second.cancel()
        _ = await second.result
        pool.letGo("a")
        try await first.value
        try await pool.use("a")
        while try await pool.registry.listing(named: "b").status != .unloaded { await Task.yield() }
        #expect(pool.loads == ["a"])
    }

    @Test func theDeadlineOfARequestHoldsWhileItsModelIsLoaded() async throws {
        let pool = Pool("a")
        pool.hold("a")
        let waiting = Task { try await pool.lease("a", within: .seconds(5)) }
        await pool.waitForLoads(1)
        await pool.waitForSleepers(1)
        pool.time.advance(by: .seconds(5))
        await #expect(throws: ServingError.timedOut) { _ = try await waiting.value }
        let patient = Task { try await pool.lease("a", within: .seconds(60)) }
        await pool.waitForSleepers(1)
        pool.time.advance(by: .seconds(2))
        pool.letGo("a")
        #expect(try await patient.value.waitingTime == .seconds(2))
    }

    @Test func whileDrainingNobodyWaitsForAModel() async throws {
        let pool = Pool("a", "b")
        pool.hold("a")
        let waiting = Task { try await pool.use("a") }
        await pool.waitForLoads(1)
        pool.registry.beginDraining()
        await #expect(throws: ServingError.draining) { try await waiting.value }
        await #expect(throws: ServingError.draining) { try await pool.use("b") }
        pool.letGo("a")
    }

    @Test func repliesKeepTheirModelAndMetricsOutliveIt() async throws {
        let pool = Pool(keepAlive: .seconds(300), "a")
        let service = InferenceService(registry: pool.registry)
        func complete() async throws -> Int {
            let lease = try await pool.lease("a")
            let options = GenerationOptions(maximumTokens: 4, ignoresEnd: true)
            let request = CompletionRequest(model: "a", prompts: [.text("Once")], options: options)
            let stream = try service.complete(request)
            withExtendedLifetime(lease) {}
            return try await CompletionResult(of: stream).usage.completionTokens
        }
        #expect(try await complete() == 4)
        let first = try #require(pool.registry.readings.first?.engine)
        #expect(first.generatedTokenCount == 4)
        try await pool.registry.unload("a")
        let past = try #require(pool.registry.readings.first?.engine)
        #expect(past.generatedTokenCount == 4 && past.replyLength == first.replyLength && past.blockCount == 0)
        #expect(try await complete() == 4)
        #expect(pool.registry.readings.first?.engine.generatedTokenCount == 8)
        #expect(pool.registry.changeCounts[ModelChange(name: "a", kind: .loaded)] == 2)
        #expect(pool.registry.changeCounts[ModelChange(name: "a", kind: .unloaded)] == 1)
    }

    @Test func anUnloadedModelIsReallyGone() async throws {
        let pool = Pool("a")
        weak var model: ServedModel?
        do {
            let lease = try await pool.lease("a")
            model = lease.model
            #expect(model != nil)
        }
        try await pool.registry.unload("a")
        // Who loaded it may be about to let it go.
        while model != nil { await Task.yield() }
    }

    @Test func requestsAtRandomLeaveEverythingInOrder() async throws {
        let pool = Pool(keepAlive: .seconds(3), "a", "b", "c", "d")
        await withTaskGroup(of: Void.self) { tasks in
            for client in 0..<8 {
                tasks.addTask {
                    for round in 0..<12 {
                        let name = ["a", "b", "c", "d"][(client * 5 + round * 3) % 4]
                        let task = Task { try await pool.use(name) }
                        if (client + round) % 5 == 0 { task.cancel() }
                        _ = await task.result
                        pool.time.advance(by: .seconds(1))
                        #expect(pool.loaded.count <= 2)
                    }
                }
            }
        }
        for name in ["a", "b", "c", "d"] {
            try await pool.use(name)
            try await pool.registry.unload(name)
        }
        #expect(pool.loaded == [])
    }
}
