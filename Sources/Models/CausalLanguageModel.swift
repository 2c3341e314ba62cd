public import Compute

/// A decoder that turns rows of tokens into rows of logits, or of states. Used on the engine thread only.
///
/// A row's logits and its state depend on its sequence's tokens up to it and on nothing else: neither the other rows of the batch, nor
/// how a prompt was cut into batches, nor the number of threads changes one bit.
public protocol CausalLanguageModel: AnyObject {
    var shape: ModelShape { get }

    /// How often an expert's weights were read, over all layers and passes since `prepare`; 0 for a dense model.
    var expertVisitCount: Int { get }

    /// For how many rows in all they were read: a row counts for each of its experts.
    var expertRowCount: Int { get }

    /// Which experts were chosen, of each layer that has some, in their order; none for a dense model.
    var expertUse: [ExpertUse] { get }

    /// Whether weights could not be read where they lie, so that nothing computed since the last look can be trusted. Never becomes
    /// false again.
    var isDamaged: Bool { get }

    /// Sizes the scratch memory once; a forward pass within these limits allocates nothing.
    ///
    /// `rowLimit` bounds the rows of a batch, `logitRowLimit` those of them that want logits or states.
    func prepare(rowLimit: Int, logitRowLimit: Int)

    /// A cache for this model. Throws where the system has no such memory. Models that compute take blocks of
    /// `KVLayout.blockLength` positions only.
    func makeCache(blockCount: Int, blockLength: Int, format: KVCacheFormat) throws(ModelError) -> KVCacheStorage

    /// Computes a batch: writes its keys and values to the cache and answers what its rows asked for.
    ///
    /// The result is valid until the next call. Token ids must be below `shape.vocabularySize`, rows within the limits of
    /// `prepare`, and the tables' blocks within the cache. Logits are there only where `shape.hasHead`.
    func forward(_ batch: borrowing TokenBatch, cache: borrowing KVCacheStorage) -> ForwardOutput
}

extension CausalLanguageModel {
    public var isDamaged: Bool { false }

    public var expertVisitCount: Int { 0 }

    public var expertRowCount: Int { 0 }

    public var expertUse: [ExpertUse] { [] }
}
