internal import CKernels

/// The threads that compute, and the kernels that they run.
///
/// The thread that calls `multiply`, `attend` and their like is worker 0; with one thread there is no other. Calls must not
/// overlap: an engine has one pool and one thread that uses it. Idle workers spin for some 50 microseconds, then sleep.
@safe
public final class WorkerPool: Sendable {
    public let features: CPUFeatures
    public let threadCount: Int
    nonisolated(unsafe) let workers: OpaquePointer
    nonisolated(unsafe) let kernels: UnsafePointer<kernel_table>

    /// Starts `threadCount - 1` threads; fewer when the system refuses them.
    ///
    /// - Parameters:
    ///   - threadCount: Workers, the calling thread included; at least one.
    ///   - features: The instruction set whose kernels run.
    public init(threadCount: Int, features: CPUFeatures = .current) {
        self.features = features
        var count = min(max(threadCount, 1), 1024)
        var pool = unsafe worker_pool_create(count, 0)
        while unsafe pool == nil, count > 1 {
            count -= 1
            unsafe pool = worker_pool_create(count, 0)
        }
        guard let pool = unsafe pool, let kernels = unsafe kernels_for(features.code) else {
            preconditionFailure("No memory for a worker pool of one thread.")
        }
        self.threadCount = count
        unsafe self.workers = pool
        unsafe self.kernels = kernels
    }

    deinit {
        unsafe worker_pool_destroy(workers)
    }

    /// Runs `body(chunk)` for every chunk, on all workers at once, and returns when all are done.
    public func run(chunkCount: Int, _ body: @Sendable (_ chunk: Int) -> Void) {
        run(chunkCount: chunkCount) { chunk, _ in body(chunk) }
    }

    /// Runs `body(chunk, worker)` for every chunk, on all workers at once, and returns when all are done.
    public func run(chunkCount: Int, _ body: @Sendable (_ chunk: Int, _ worker: Int) -> Void) {
        precondition(chunkCount >= 0, "A chunk count is not negative.")
        withoutActuallyEscaping(body) { body in
            unsafe withUnsafePointer(to: body) { pointer in
                let call: worker_body = { context, chunk, worker in
                    guard let context = unsafe context else { return }
                    unsafe context.assumingMemoryBound(to: (@Sendable (Int, Int) -> Void).self).pointee(chunk, worker)
                }
                unsafe worker_pool_run(workers, chunkCount, call, UnsafeMutableRawPointer(mutating: pointer))
            }
        }
    }
}

extension CPUFeatures {
    var code: instruction_set { instruction_set(rawValue: instruction_set.RawValue(instructionSet.rawValue)) }
}
