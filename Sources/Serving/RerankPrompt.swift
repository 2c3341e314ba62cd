internal import Engine
internal import Glibc
internal import Models
internal import Tokenization
internal import Tokens

/// A document to be judged, in the words that Qwen3-Reranker was trained with.
///
/// Source: the model card of Qwen/Qwen3-Reranker-0.6B. Nothing of the query, the document or the instruction becomes a control
/// token.
struct RerankPrompt {
    private static let system =
        "Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
        + "Note that the answer can only be \"yes\" or \"no\"."
    private static let defaultInstruction =
        "Given a web search query, retrieve relevant passages that answer the query"
    private static let end = TextSpan(
        "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n", addedTokens: .all)

    private let tokenizer: Tokenizer
    /// Everything before the document. A space follows, which belongs to the document's first word.
    private let head: [TextSpan]

    init(query: String, instruction: String?, tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
        head = [
            TextSpan("<|im_start|>system\n\(Self.system)<|im_end|>\n<|im_start|>user\n", addedTokens: .all),
            TextSpan(
                "<Instruct>: \(instruction ?? Self.defaultInstruction)\n<Query>: \(query)\n<Document>:",
                addedTokens: .none),
        ]
    }

    /// The prompt for a document, of which at most so many tokens are read.
    func tokens(document: String, documentTokenLimit: Int?) -> [TokenID] {
        let body = TextSpan(" \(document)", addedTokens: .none)
        var tokens = tokenizer.encode(head + [body, Self.end])
        guard let documentTokenLimit else { return tokens }
        let end = tokens.count - tokenizer.encode([Self.end]).count
        let start = tokenizer.encode(head).count
        if documentTokenLimit < end - start {
            tokens.removeSubrange(start + documentTokenLimit..<end)
        }
        return tokens
    }
}

extension RerankingMethod {
    /// What is to be read where a prompt ends.
    var reading: PromptReading {
        switch self {
        case .tokens(let yes, let no): .logits([yes, no])
        case .classifier: .state
        }
    }

    /// The relevance, 0 to 1, by what was read.
    func score(_ reading: [Float]) -> Double {
        switch self {
        case .tokens: Self.softmax(reading.map(Double.init), at: 0)
        case .classifier(let classifier, let label): Self.softmax(classifier.logits(reading), at: label)
        }
    }

    /// The share of one of the logits. A logit by itself stands against one of 0.
    private static func softmax(_ logits: [Double], at index: Int) -> Double {
        let all = logits.count == 1 ? logits + [0] : logits
        return 1 / all.reduce(0) { $0 + exp($1 - logits[index]) }
    }
}
