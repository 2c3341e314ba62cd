internal import Tokens

/// Makes the tokens of the past less likely; only their logits are touched.
///
/// The marks are a dense array that is zero between uses, so a draw costs a walk over the history and no allocation.
struct Penalties {
    private static let isDone: Int32 = -1

    private let vocabularySize: Int
    /// How often a token was generated, then that it was seen to. Made at the first use.
    private var marks: [Int32] = []

    init(vocabularySize: Int) {
        self.vocabularySize = vocabularySize
    }

    /// Repetition counts over prompt and output, as Hugging Face does; presence and frequency over the output, as OpenAI.
    mutating func apply(_ parameters: SamplingParameters, to row: inout LogitRow, history: TokenHistory) {
        let (first, output): (Int, Int)
        switch history.reach {
        case .nothing: return
        case .behind(let count): (first, output) = (history.promptCount + count, history.promptCount + count)
        // Tokens of the prompt alone matter to the repetition penalty only.
        case .everything:
            (first, output) = (parameters.repetitionPenalty == 1 ? history.promptCount : 0, history.promptCount)
        }
        if marks.isEmpty {
            marks = Array(repeating: 0, count: vocabularySize)
        }
        history.forEach(from: output) { token in
            if row.contains(token.index) {
                marks[token.index] += 1
            }
        }
        history.forEach(from: first) { token in
            guard row.contains(token.index), marks[token.index] != Self.isDone else { return }
            let count = marks[token.index]
            marks[token.index] = Self.isDone
            var logit = row[token.index]
            if parameters.repetitionPenalty != 1 {
                logit = logit > 0 ? logit / parameters.repetitionPenalty : logit * parameters.repetitionPenalty
            }
            if count > 0 {
                logit -= parameters.frequencyPenalty * Float(count) + parameters.presencePenalty
            }
            row[token.index] = logit
        }
        history.forEach(from: first) { token in
            if row.contains(token.index) {
                marks[token.index] = 0
            }
        }
    }
}
