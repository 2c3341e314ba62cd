public import Compute

/// What a model is to the engine: a function from a batch of token rows to logits, over a paged key-value cache.
///
/// Used on the engine thread only. A row's logits depend on its sequence's tokens alone: neither on the other rows of the
/// batch, nor on how the sequence was cut into batches, nor on which blocks hold its past.
public protocol CausalLanguageModel: AnyObject {
    var shape: ModelShape { get }

    /// Sizes scratch memory once, so that `forward` never allocates.
    ///
    /// - Parameters:
    ///   - rowLimit: the most rows a batch may hold.
    ///   - logitRowLimit: the most rows of a batch that may want logits.
    func prepare(rowLimit: Int, logitRowLimit: Int)

    /// Allocates the cache: `blockCount` blocks of `blockLength` tokens each, for all layers.
    func makeCache(blockCount: Int, blockLength: Int, format: KVCacheFormat) throws(ModelError) -> KVCacheStorage

    /// Computes all rows of the batch, writes their keys and values into the cache and returns the logits of the rows that
    /// want them, in row order. Valid until the next call.
    func forward(_ batch: borrowing TokenBatch, cache: borrowing KVCacheStorage) -> Logits
}
