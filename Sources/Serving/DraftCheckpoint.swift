internal import Checkpoints
internal import Models
internal import Tokenization
internal import Tokens

/// A checkpoint that is to guess for another one: its token ids must mean the same.
enum DraftCheckpoint {
    /// The draft, if there is one and every id that both know stands for the same bytes.
    static func checked(_ draft: Checkpoint?, for tokenizer: Tokenizer) throws -> Checkpoint? {
        guard let draft else { return nil }
        guard try ModelLoader.describe(draft).shape.hasHead else {
            throw ModelStartupError("\(draft.name) cannot be the draft model: it has no head and guesses nothing")
        }
        let other = try CheckpointTokenizer.tokenizer(of: draft)
        if let id = tokenizer.firstDifference(from: other) {
            let (own, others) = (text(of: id, tokenizer), text(of: id, other))
            throw ModelStartupError(
                "\(draft.name) cannot be the draft model: its token \(id.index) is \(others) and the model's is \(own)")
        }
        return draft
    }

    private static func text(of id: TokenID, _ tokenizer: Tokenizer) -> String {
        id.index < tokenizer.tokenCount ? "'\(tokenizer.decode([id]))'" : "missing"
    }
}
