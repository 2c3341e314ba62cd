internal import Models

/// What lists of models tell of a checkpoint.
public struct ModelFacts: Sendable, Hashable {
    /// All parameters; a head that is the embedding counts once.
    public let parameterCount: Int
    /// The format of most of the weights, such as `Q4_K`.
    public let quantization: String
    /// The licence that its files name, such as `apache-2.0`; nil where they name none.
    public let license: String?
    /// The bytes of its weights in the files.
    public let byteCount: Int

    public init(parameterCount: Int, quantization: String, license: String? = nil, byteCount: Int = 0) {
        self.parameterCount = parameterCount
        self.quantization = quantization
        self.license = license
        self.byteCount = byteCount
    }

    init(_ plan: MemoryPlan, license: String?) {
        self.init(
            parameterCount: plan.parameterCount, quantization: plan.mainFormat, license: license,
            byteCount: plan.weightByteCount)
    }

    /// The parameters as people say them, such as `30.5B`.
    public var parameterSize: String { MemoryPlan.short(parameterCount).replacing(" ", with: "") }
}
