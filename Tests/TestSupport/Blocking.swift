import Dispatch

/// Runs work that blocks its thread on a thread of its own: the pool's few belong to the server's tasks.
public func blocking<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue(label: "test.blocking").async {
            continuation.resume(with: Swift.Result { try work() })
        }
    }
}
