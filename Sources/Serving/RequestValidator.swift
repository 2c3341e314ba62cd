internal import Engine
internal import Sampling
internal import Tokens

/// Checked options: every value in its range, every gap filled. What lies behind it holds no checks.
struct ValidatedOptions: Sendable {
    var sampling: SamplingParameters
    var stops: StopConditions
    var choiceCount: Int
    /// Nil where the rest of the context may be used.
    var maximumTokens: Int?
    var usesPrefixCache: Bool
    var cacheSalt: UInt64
    var timeLimits: TimeLimits
    /// How many alternatives each prompt token is reported with; nil reports nothing of the prompt.
    var promptLogProbabilityCount: Int?
    /// Higher goes first.
    var priority: Int
    /// The factor of YaRN to be used; nil leaves it to the length. Checked where the model's factors are known.
    var ropeFactor: Double?
    /// What counts as a loop; nil lets loops go on.
    var loopLimits: LoopLimits?
    var urgency = RequestUrgency.interactive
}

/// Checks what a client asked for against a model's limits and fills in the model's defaults.
struct RequestValidator {
    /// Token ids of requests must lie below it.
    let vocabularySize: Int
    /// Whether loops are ended where the request says nothing.
    let endsLoops: Bool

    private static let stopStringLimit = 16
    private static let stopTextLimit = 4096
    private static let choiceLimit = 128
    private static let biasLimit = 4096

    init(vocabularySize: Int, endsLoops: Bool = true) {
        self.vocabularySize = vocabularySize
        self.endsLoops = endsLoops
    }

    func validate(
        _ options: GenerationOptions, defaults: SamplingDefaults
    ) throws(ServingError) -> ValidatedOptions {
        var sampling = try parameters(options, defaults: defaults)
        sampling.minimumTokens = try checkedTokenLimits(options)
        return ValidatedOptions(
            sampling: sampling,
            stops: try stops(options),
            choiceCount: try checked(options.choiceCount ?? 1, .choiceCount, 1...Self.choiceLimit),
            maximumTokens: options.maximumTokens,
            usesPrefixCache: options.usesPrefixCache,
            cacheSalt: Self.hash(options.cacheSalt),
            timeLimits: TimeLimits(
                writing: try time(options.writingTime, .writingTime), total: try time(options.totalTime, .totalTime)),
            promptLogProbabilityCount: try options.promptLogProbabilityCount.map { (count) throws(ServingError) in
                try checked(count, .promptLogProbabilityCount, 0...20)
            },
            priority: -(try checked(options.priority ?? 0, .priority, GenerationOptions.priorities)),
            ropeFactor: options.ropeFactor,
            loopLimits: try loopLimits(options),
            urgency: options.isBatch || RequestClient.current.isBatch ? .batch : .interactive)
    }

    /// Who wants no end of text wants a number of tokens, whatever they say.
    private func loopLimits(_ options: GenerationOptions) throws(ServingError) -> LoopLimits? {
        switch options.repetitionDetection ?? (endsLoops && !options.ignoresEnd ? .on : .off) {
        case .off: return nil
        case .on: return LoopLimits()
        case .patterns(let minimum, let maximum, let count):
            guard 1...LoopLimits.periodLimit ~= maximum, 1...maximum ~= minimum, 2...1_000_000 ~= count else {
                throw .invalidValue(
                    field: .repetitionDetection,
                    message: "'repetition_detection' needs a 'max_pattern_size' of at most \(LoopLimits.periodLimit), "
                        + "a 'min_pattern_size' within it and a 'min_count' of at least 2.")
            }
            return LoopLimits(periods: minimum...maximum, count: count, span: 0, reasoningSpan: 0)
        }
    }

    /// A time in milliseconds from outside; a day at most, so that sums of times cannot overflow.
    func time(_ milliseconds: Int?, _ field: RequestField) throws(ServingError) -> Duration? {
        guard let milliseconds else { return nil }
        return .milliseconds(try checked(milliseconds, field, 0...86_400_000))
    }

    private func parameters(
        _ options: GenerationOptions, defaults: SamplingDefaults
    ) throws(ServingError) -> SamplingParameters {
        let repetitionPenalty = options.repetitionPenalty ?? defaults.repetitionPenalty
        guard repetitionPenalty > 0, repetitionPenalty <= 100 else {
            throw .invalidValue(
                field: .repetitionPenalty,
                message: "'repetition_penalty' must be above 0 and at most 100, not \(repetitionPenalty).")
        }
        return SamplingParameters(
            temperature: Float(try checked(options.temperature ?? defaults.temperature, .temperature, 0...2)),
            topP: Float(try checked(options.topP ?? defaults.topP, .topP, 0...1)),
            topK: max(0, try checked(options.topK ?? defaults.topK, .topK, -1...Int(Int32.max))),
            minP: Float(try checked(options.minP ?? defaults.minP, .minP, 0...1)),
            presencePenalty: Float(
                try checked(options.presencePenalty ?? defaults.presencePenalty, .presencePenalty, -2...2)),
            frequencyPenalty: Float(
                try checked(options.frequencyPenalty ?? defaults.frequencyPenalty, .frequencyPenalty, -2...2)),
            repetitionPenalty: Float(repetitionPenalty),
            penaltyScope: options.penaltyScope,
            logitBias: try logitBias(options),
            logitBiasScope: options.logitBiasScope,
            seed: options.seed ?? UInt64.random(in: .min ... .max),
            ignoresEnd: options.ignoresEnd,
            logProbabilityCount: try options.logProbabilityCount.map { (count) throws(ServingError) in
                try checked(count, .logProbabilityCount, 0...20)
            })
    }

    private func checkedTokenLimits(_ options: GenerationOptions) throws(ServingError) -> Int {
        let minimum = options.minimumTokens ?? 0
        guard minimum >= 0 else {
            throw .invalidValue(field: .minimumTokens, message: "'min_tokens' must be at least 0, not \(minimum).")
        }
        guard let maximum = options.maximumTokens else { return minimum }
        // With 0 the prompt is computed and nothing more: what comes later finds it in the cache.
        guard maximum >= 0 else {
            throw .invalidValue(
                field: .maximumTokens, message: "The maximum of tokens must be at least 0, not \(maximum).")
        }
        guard minimum <= maximum else {
            throw .invalidValue(
                field: .minimumTokens,
                message: "'min_tokens' is \(minimum), which is more than the maximum of \(maximum) tokens.")
        }
        return minimum
    }

    private func logitBias(_ options: GenerationOptions) throws(ServingError) -> [TokenID: Float] {
        guard options.logitBias.count <= Self.biasLimit else {
            throw .invalidValue(
                field: .logitBias,
                message: "'logit_bias' may name at most \(Self.biasLimit) tokens, not \(options.logitBias.count).")
        }
        var biases: [TokenID: Float] = [:]
        for (token, bias) in options.logitBias {
            let id = try checkedToken(token, field: .logitBias)
            guard (-100...100).contains(bias) else {
                throw .invalidValue(
                    field: .logitBias,
                    message: "The biases of 'logit_bias' must lie between -100 and 100; token \(token) has \(bias).")
            }
            biases[id] = Float(bias)
        }
        return biases
    }

    private func stops(_ options: GenerationOptions) throws(ServingError) -> StopConditions {
        guard options.stopStrings.count <= Self.stopStringLimit else {
            throw .invalidValue(
                field: .stop,
                message: "'stop' may hold at most \(Self.stopStringLimit) strings, not \(options.stopStrings.count).")
        }
        for text in options.stopStrings {
            guard !text.isEmpty, text.utf8.count <= Self.stopTextLimit else {
                throw .invalidValue(
                    field: .stop,
                    message: "The strings of 'stop' must have 1 to \(Self.stopTextLimit) bytes; "
                        + "one has \(text.utf8.count).")
            }
        }
        var tokenIDs: Set<TokenID> = []
        for token in options.stopTokenIDs {
            tokenIDs.insert(try checkedToken(token, field: .stopTokenIDs))
        }
        return StopConditions(
            tokenIDs: tokenIDs, strings: options.stopStrings, includesStopText: options.includesStopText,
            scope: options.stopScope)
    }

    /// A token id from outside, once it is known to be one of the vocabulary.
    func checkedToken(_ token: Int, field: RequestField) throws(ServingError) -> TokenID {
        guard (0..<vocabularySize).contains(token) else {
            throw .invalidValue(
                field: field,
                message: "'\(field.rawValue)' has the token id \(token), but ids go from 0 to \(vocabularySize - 1).")
        }
        return TokenID(token)
    }

    private func checked<Value: Comparable>(
        _ value: Value, _ field: RequestField, _ range: ClosedRange<Value>
    ) throws(ServingError) -> Value {
        guard range.contains(value) else {
            throw .invalidValue(
                field: field,
                message: "'\(field.rawValue)' must be between \(range.lowerBound) and \(range.upperBound), "
                    + "not \(value).")
        }
        return value
    }

    /// FNV-1a: the salt only has to tell requests apart, on this machine, while it runs.
    private static func hash(_ salt: String?) -> UInt64 {
        guard let salt else { return 0 }
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in salt.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return hash
    }
}
