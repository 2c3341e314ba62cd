import Synchronization

@testable import Serving

/// Time that passes when a test says so.
final class ManualClock: Sendable {
    private struct Sleeper {
        var number: Int
        var end: ContinuousClock.Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = ContinuousClock.now
        var sleepers: [Sleeper] = []
        var nextNumber = 0
    }

    private let state = Mutex(State())

    var clock: ModelRegistry.Clock {
        ModelRegistry.Clock(now: { self.state.withLock { $0.now } }, sleep: { try await self.sleep($0) })
    }

    /// How many wait for time to pass.
    var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    func advance(by time: Duration) {
        let due = state.withLock { state in
            state.now += time
            let now = state.now
            let due = state.sleepers.filter { $0.end <= now }
            state.sleepers.removeAll { $0.end <= now }
            return due
        }
        for sleeper in due {
            sleeper.continuation.resume()
        }
    }

    private func sleep(_ time: Duration) async throws {
        let number = state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                state.withLock { state in
                    state.sleepers.append(Sleeper(number: number, end: state.now + time, continuation: continuation))
                }
                if Task.isCancelled { wake(number) }
            }
        } onCancel: {
            wake(number)
        }
    }

    private func wake(_ number: Int) {
        let sleeper = state.withLock { state -> Sleeper? in
            guard let index = state.sleepers.firstIndex(where: { $0.number == number }) else { return nil }
            return state.sleepers.remove(at: index)
        }
        sleeper?.continuation.resume(throwing: CancellationError())
    }
}
