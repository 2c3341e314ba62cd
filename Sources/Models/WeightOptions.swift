public import Compute

/// How a checkpoint's weights are to be held and computed with.
public struct WeightOptions: Hashable, Sendable {
    /// What BF16 weights are multiplied with.
    public var activations = ActivationFormat.f32
    /// What becomes of the weights when they are read.
    public var quantization = Quantization.automatic
    /// Where repacked weights are kept and used from; nil keeps them in memory.
    public var tileCache: TileCache?
    /// Where quantised weights are kept for the next start; nil quantises at each. A tile cache needs no other.
    public var quantizedCache: QuantizedCache?

    public init(
        activations: ActivationFormat = .f32, quantization: Quantization = .automatic, tileCache: TileCache? = nil,
        quantizedCache: QuantizedCache? = nil
    ) {
        self.activations = activations
        self.quantization = quantization
        self.tileCache = tileCache
        self.quantizedCache = quantizedCache
    }
}
