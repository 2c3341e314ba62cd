internal import CKernels

/// Kernels over a row of logits of which a token is drawn: on the calling thread, the same bits with every instruction set.
///
/// A row is cut into blocks of `blockLength` from its start; its last one may be shorter. What is not a number counts for
/// nothing.
public struct LogitKernels: Sendable {
    public static let blockLength = Int(logit_block_length)

    private let kernels: logit_kernels

    public init(_ pool: WorkerPool) {
        kernels = unsafe pool.kernels.pointee.logits
    }

    /// Finds the maximum of each block, −∞ where there is none.
    ///
    /// - Parameters:
    ///   - values: [count].
    ///   - count: How many values there are.
    ///   - maxima: [blocks]: written.
    /// - Returns: The maximum of the row.
    public func findMaxima(
        _ values: UnsafePointer<Float>, count: Int, into maxima: UnsafeMutablePointer<Float>
    ) -> Float {
        unsafe kernels.find_maxima(values, count, maxima)
    }

    /// A bit for each of at most `blockLength` values: whether it is above the threshold.
    public func findAbove(_ threshold: Float, _ values: UnsafePointer<Float>, count: Int) -> UInt64 {
        precondition(count <= Self.blockLength, "One bit for each value.")
        return unsafe kernels.find_above(values, count, threshold)
    }

    /// weights[i] = e^((logits[i] − maximum) · scale).
    public func weigh(
        _ logits: UnsafePointer<Float>, count: Int, maximum: Float, scale: Float,
        into weights: UnsafeMutablePointer<Float>
    ) {
        unsafe kernels.weigh(logits, count, maximum, scale, weights)
    }

    /// Adds up each block's weights over the logits above a cutoff, and those that equal it up to an index.
    ///
    /// - Parameters:
    ///   - logits: [count].
    ///   - count: How many logits there are.
    ///   - maxima: [blocks], as `findMaxima` leaves them: a block whose maximum is −∞ or below the cutoff weighs nothing.
    ///   - cutoff: The logit and the index.
    ///   - maximum: The logit that weighs 1.
    ///   - scale: The inverse of the temperature.
    ///   - weights: [blocks]: written.
    /// - Returns: The sum of the blocks' weights.
    public func weighBlocks(
        _ logits: UnsafePointer<Float>, count: Int, maxima: UnsafePointer<Float>, cutoff: (logit: Float, index: Int32),
        maximum: Float, scale: Float, into weights: UnsafeMutablePointer<Double>
    ) -> Double {
        let cutoff = logit_cutoff(logit: cutoff.logit, index: cutoff.index)
        return unsafe kernels.weigh_blocks(logits, count, maxima, cutoff, maximum, scale, weights)
    }
}
