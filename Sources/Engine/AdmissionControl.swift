internal import Sampling
internal import Tokens

/// Why a request was refused before any work; the numbers are for the caller's error.
public enum AdmissionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The prompt leaves no room for a token within the context.
    case contextLengthExceeded(prompt: Int, limit: Int)
    /// As many generations as allowed wait already.
    case queueFull(limit: Int)
    /// The engine takes no more requests.
    case draining
    case emptyPrompt
    /// The prompt holds an id that the model does not know.
    case tokenOutOfRange(id: Int, limit: Int)
    case negativeTokenLimit(Int)
    /// More alternatives to a token than can be reported.
    case tooManyLogProbabilities(Int, limit: Int)
    /// The request needs logits, and the model has no head.
    case headMissing

    public var description: String {
        switch self {
        case .contextLengthExceeded(let prompt, let limit):
            "the prompt has \(prompt) tokens and leaves no room in a context of \(limit)"
        case .queueFull(let limit): "\(limit) requests wait already"
        case .draining: "the engine is shutting down"
        case .emptyPrompt: "the prompt has no tokens"
        case .tokenOutOfRange(let id, let limit): "token id \(id) is not in 0..<\(limit)"
        case .negativeTokenLimit(let count): "the token limit is \(count); it must not be negative"
        case .tooManyLogProbabilities(let count, let limit):
            "log-probabilities of \(count) alternatives; the limit is \(limit)"
        case .headMissing: "the model has no head, and so no logits"
        }
    }
}

/// The checks that a request passes before it is queued.
struct AdmissionControl: Sendable {
    /// The most tokens of prompt and output together.
    let contextLength: Int
    /// Ids from here on are not rows of the model's embedding.
    let vocabularySize: Int
    /// Whether the model makes logits.
    let hasHead: Bool
    let queueLimit: Int

    /// Refuses what could never run; the queue's state is checked when it is entered.
    func check(_ request: GenerationRequest) throws(AdmissionError) {
        if request.prompt.isEmpty {
            throw .emptyPrompt
        }
        if request.maximumTokens < 0 {
            throw .negativeTokenLimit(request.maximumTokens)
        }
        if !hasHead, request.reading != .state || request.promptLogProbabilities != nil {
            throw .headMissing
        }
        let neededForOutput = request.maximumTokens == 0 ? 0 : 1
        if request.prompt.count > contextLength - neededForOutput {
            throw .contextLengthExceeded(prompt: request.prompt.count, limit: contextLength)
        }
        try check(request.prompt)
        if case .logits(let tokens) = request.reading {
            try check(tokens)
        }
        for count in [request.sampling.logProbabilityCount, request.promptLogProbabilities] {
            if let count, !(0...Sampler.alternativeLimit).contains(count) {
                throw .tooManyLogProbabilities(count, limit: Sampler.alternativeLimit)
            }
        }
    }

    /// Whether a request could have a prompt that begins like this.
    func admits(_ prompt: ExpectedPrompt) -> Bool {
        prompt.tokens.count < contextLength
            && prompt.tokens.allSatisfy { $0.rawValue >= 0 && $0.index < vocabularySize }
    }

    private func check(_ tokens: [TokenID]) throws(AdmissionError) {
        for token in tokens where token.rawValue < 0 || token.index >= vocabularySize {
            throw .tokenOutOfRange(id: token.index, limit: vocabularySize)
        }
    }
}
