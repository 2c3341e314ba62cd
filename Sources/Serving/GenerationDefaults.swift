public import JSON
public import Tokens

/// A model's own advice on generation, by mode, and the tokens that end its turn.
///
/// The source is generation_config.json, or the `general.sampling` keys of a GGUF file.
public struct GenerationDefaults: Sendable, Hashable {
    /// For replies that begin with reasoning, and for raw completions.
    public var thinking: SamplingDefaults
    /// For replies without reasoning.
    public var direct: SamplingDefaults
    /// Each of these ends a turn.
    public var endTokens: Set<TokenID>
    /// Whether replies that go round in a loop are ended.
    public var endsLoops = true

    public init(thinking: SamplingDefaults, direct: SamplingDefaults, endTokens: Set<TokenID>) {
        self.thinking = thinking
        self.direct = direct
        self.endTokens = endTokens
    }

    /// Defaults from what the checkpoint advises.
    ///
    /// Qwen publishes one set of values with each model. A model that can do both publishes those for thinking, so
    /// for the other mode Qwen's advice for it stands in. Any other values were chosen on purpose and hold for both modes.
    public init(advice: SamplingAdvice, endTokens: Set<TokenID>) {
        thinking = advice.filling(.qwenThinking)
        direct = thinking == .qwenThinking ? .qwenDirect : thinking
        self.endTokens = endTokens
    }
}

/// What a checkpoint says about sampling; nil where it says nothing.
public struct SamplingAdvice: Sendable, Hashable {
    public var temperature: Double?
    public var topP: Double?
    public var topK: Int?
    public var minP: Double?
    public var presencePenalty: Double?
    public var frequencyPenalty: Double?
    public var repetitionPenalty: Double?

    public init() {}

    /// The values of a generation_config.json. Values out of range or of a wrong type are passed over.
    public init(generationConfiguration: JSONObject) {
        func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
            generationConfiguration[key]?.doubleValue.flatMap { range.contains($0) ? $0 : nil }
        }
        temperature = number("temperature", in: 0...2)
        if generationConfiguration["do_sample"]?.boolValue == false {
            temperature = 0
        }
        topP = number("top_p", in: 0...1)
        topK = generationConfiguration["top_k"]?.intValue.flatMap { (0...Int(Int32.max)).contains($0) ? $0 : nil }
        minP = number("min_p", in: 0...1)
        presencePenalty = number("presence_penalty", in: -2...2)
        frequencyPenalty = number("frequency_penalty", in: -2...2)
        repetitionPenalty = number("repetition_penalty", in: 0.01...100)
    }

    /// The advice with its gaps filled.
    func filling(_ defaults: SamplingDefaults) -> SamplingDefaults {
        SamplingDefaults(
            temperature: temperature ?? defaults.temperature,
            topP: topP ?? defaults.topP,
            topK: topK ?? defaults.topK,
            minP: minP ?? defaults.minP,
            presencePenalty: presencePenalty ?? defaults.presencePenalty,
            frequencyPenalty: frequencyPenalty ?? defaults.frequencyPenalty,
            repetitionPenalty: repetitionPenalty ?? defaults.repetitionPenalty)
    }
}
