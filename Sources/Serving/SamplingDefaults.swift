/// How tokens are drawn where the client says nothing.
public struct SamplingDefaults: Sendable, Hashable {
    public var temperature: Double
    public var topP: Double
    public var topK: Int
    public var minP: Double
    public var presencePenalty: Double
    public var frequencyPenalty: Double
    public var repetitionPenalty: Double

    public init(
        temperature: Double, topP: Double, topK: Int, minP: Double = 0, presencePenalty: Double = 0,
        frequencyPenalty: Double = 0, repetitionPenalty: Double = 1
    ) {
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.minP = minP
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.repetitionPenalty = repetitionPenalty
    }

    /// What Qwen3's authors advise for thinking; greedy decoding would repeat itself without end.
    public static let qwenThinking = SamplingDefaults(temperature: 0.6, topP: 0.95, topK: 20)
    /// What Qwen3's authors advise without thinking.
    public static let qwenDirect = SamplingDefaults(temperature: 0.7, topP: 0.8, topK: 20)
}
