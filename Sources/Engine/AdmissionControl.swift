internal import Models
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
    /// The engine has given up.
    case failed(reason: String)
    case emptyPrompt
    /// The prompt holds an id that the model does not know.
    case tokenOutOfRange(id: Int, limit: Int)
    case negativeTokenLimit(Int)
    /// More alternatives to a token than can be reported.
    case tooManyLogProbabilities(Int, limit: Int)
    /// The request needs logits, and the model has no head.
    case headMissing
    /// The engine has fewer context windows.
    case windowMissing(Int, count: Int)

    public var description: String {
        switch self {
        case .contextLengthExceeded(let prompt, let limit):
            "the prompt has \(prompt) tokens and leaves no room in a context of \(limit)"
        case .queueFull(let limit): "\(limit) requests wait already"
        case .draining: "the engine is shutting down"
        case .failed(let reason): "the engine stopped: \(reason)"
        case .emptyPrompt: "the prompt has no tokens"
        case .tokenOutOfRange(let id, let limit): "token id \(id) is not in 0..<\(limit)"
        case .negativeTokenLimit(let count): "the token limit is \(count); it must not be negative"
        case .tooManyLogProbabilities(let count, let limit):
            "log-probabilities of \(count) alternatives; the limit is \(limit)"
        case .headMissing: "the model has no head, and so no logits"
        case .windowMissing(let window, let count): "context window \(window) of \(count)"
        }
    }
}

/// The checks that a request passes before it is queued.
struct AdmissionControl: Sendable {
    /// The contexts that requests can run in, ascending.
    let windows: [ContextWindow]
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
        guard windows.indices.contains(request.window) else {
            throw .windowMissing(request.window, count: windows.count)
        }
        let neededForOutput = request.maximumTokens == 0 ? 0 : 1
        let contextLength = windows[request.window].length
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
        windows.indices.contains(prompt.window) && prompt.tokens.count < windows[prompt.window].length
            && prompt.tokens.allSatisfy { $0.rawValue >= 0 && $0.index < vocabularySize }
    }

    private func check(_ tokens: [TokenID]) throws(AdmissionError) {
        for token in tokens where token.rawValue < 0 || token.index >= vocabularySize {
            throw .tokenOutOfRange(id: token.index, limit: vocabularySize)
        }
    }
}
