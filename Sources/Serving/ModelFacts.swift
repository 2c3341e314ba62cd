internal import Models

/// What lists of models tell of a checkpoint.
public struct ModelFacts: Sendable, Hashable {
    /// All parameters; a head that is the embedding counts once.
    public let parameterCount: Int
    /// The format of most of the weights, such as `Q4_K`.
    public let quantization: String

    public init(parameterCount: Int, quantization: String) {
        self.parameterCount = parameterCount
        self.quantization = quantization
    }

    init(_ plan: MemoryPlan) {
        self.init(parameterCount: plan.parameterCount, quantization: plan.mainFormat)
    }

    /// The parameters as people say them, such as `30.5B`.
    public var parameterSize: String { MemoryPlan.short(parameterCount).replacing(" ", with: "") }
}
