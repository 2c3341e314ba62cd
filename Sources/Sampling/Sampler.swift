public import Compute
internal import Tokens

/// Draws tokens from rows of logits, and tells how likely they are. One serves all sequences of an engine.
///
/// Rows are read side by side by a pool's workers, each in memory of its own. What comes of a row depends on it and on what
/// was asked about it alone: on neither the other rows nor the workers.
@safe
public struct Sampler {
    /// The most alternatives that can be reported beside a token.
    public static let alternativeLimit = 20

    private let pool: WorkerPool
    /// By worker.
    private let samplers: [RowSampler]

    /// - Parameters:
    ///   - vocabularySize: the length of a row of logits.
    ///   - vocabularyLimit: how many of its ids are tokens; nil if all are. The others are padding and never drawn.
    ///   - pool: who reads the rows; the thread that calls `read` is its first worker.
    public init(vocabularySize: Int, vocabularyLimit: Int? = nil, pool: WorkerPool) {
        let limit = max(1, min(vocabularySize, vocabularyLimit ?? vocabularySize))
        let kernels = LogitKernels(pool)
        self.pool = pool
        samplers = (0..<pool.threadCount).map { _ in
            RowSampler(vocabularySize: vocabularySize, vocabularyLimit: limit, kernels: kernels)
        }
    }

    /// Finds out about every row what is asked, all workers together.
    ///
    /// - Parameters:
    ///   - rows: rows of logits, which do not overlap.
    ///   - results: replaced by one result for each row.
    public func read(_ rows: [SamplingRow], into results: inout [SampledRow]) {
        results.removeAll(keepingCapacity: true)
        results.append(contentsOf: repeatElement(SampledRow(), count: rows.count))
        unsafe results.withUnsafeMutableBufferPointer { results in
            nonisolated(unsafe) let results = unsafe results
            nonisolated(unsafe) let (rows, samplers) = (rows, samplers)
            unsafe pool.run(chunkCount: rows.count) { chunk, worker in
                unsafe results[chunk] = samplers[worker].read(rows[chunk])
            }
        }
    }
}
