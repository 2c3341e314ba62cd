internal import Tokens

/// Makes the tokens of the past less likely; only their logits are touched.
///
/// The counts are dense arrays that are zero between uses, so a draw costs a walk over the history and no allocation.
struct Penalties {
    private var generatedCounts: [Int32]
    private var isSeen: [Bool]

    init(vocabularySize: Int) {
        generatedCounts = Array(repeating: 0, count: vocabularySize)
        isSeen = Array(repeating: false, count: vocabularySize)
    }

    /// Repetition counts over prompt and output, as Hugging Face does; presence and frequency over the output, as OpenAI.
    mutating func apply(
        _ parameters: SamplingParameters, to row: inout LogitRow, tokens: [TokenID], promptCount: Int
    ) {
        for token in tokens.dropFirst(promptCount) where token.index < row.count {
            generatedCounts[token.index] += 1
        }
        // Tokens of the prompt alone matter to the repetition penalty only.
        let first = parameters.repetitionPenalty == 1 ? promptCount : 0
        for token in tokens.dropFirst(first) where token.index < row.count && !isSeen[token.index] {
            let index = token.index
            isSeen[index] = true
            var logit = row[index]
            if parameters.repetitionPenalty != 1 {
                logit = logit > 0 ? logit / parameters.repetitionPenalty : logit * parameters.repetitionPenalty
            }
            if generatedCounts[index] > 0 {
                logit -= parameters.frequencyPenalty * Float(generatedCounts[index]) + parameters.presencePenalty
            }
            row[index] = logit
        }
        for token in tokens.dropFirst(first) where token.index < row.count {
            isSeen[token.index] = false
            generatedCounts[token.index] = 0
        }
    }
}
