internal import Dispatch
internal import Models
internal import Synchronization

/// The engine thread's report to the thread that started it: the model is there, or why not.
final class EngineStart: Sendable {
    struct Started: Sendable {
        var shape: ModelShape
        /// The contexts that requests can run in.
        var windows: [ContextWindow]
        /// What the model counts of its experts while it works.
        var expertUse: [ExpertUse]
    }

    /// Guards the report.
    private let report = Mutex<Result<Started, any Error>?>(nil)
    private let arrival = DispatchSemaphore(value: 0)

    func send(_ result: Result<Started, any Error>) {
        report.withLock { $0 = result }
        arrival.signal()
    }

    /// Waits for the report. Called once.
    func wait() throws -> Started {
        arrival.wait()
        let result = report.withLock { $0 }
        guard let result else { throw CancellationError() }
        return try result.get()
    }
}
