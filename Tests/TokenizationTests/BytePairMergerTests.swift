import TestSupport
import Testing
import Tokens

@testable import Tokenization

@Suite("The merger")
struct BytePairMergerTests {
    @Test("makes the same tokens of a long word by queue as the plain rule does")
    func longWords() throws {
        let tokenizer = try ReferenceVocabulary.fromFile.get()
        var random = SeededGenerator(seed: 3)
        for length in [95, 96, 97, 150, 400] {
            let letters = (0..<length).map { _ in "etaoinsrh".randomElement(using: &random) ?? "e" }
            let word = String(letters)
            #expect(tokenizer.encode(word) == plainMerge(word, tokenizer), "\(word)")
        }
    }

    @Test("is quick on words of any length")
    func veryLongWord() throws {
        let tokenizer = try ReferenceVocabulary.fromFile.get()
        let word = String(repeating: "ab", count: 20_000)
        #expect(tokenizer.decode(tokenizer.encode(word)) == word)
    }

    /// Byte-pair encoding by its definition: the pair of lowest rank, the leftmost first. Qwen's ids ascend with the ranks.
    private func plainMerge(_ word: String, _ tokenizer: Tokenizer) -> [TokenID] {
        var pieces = word.map(String.init)
        while true {
            var best: (index: Int, id: TokenID)?
            for index in pieces.indices.dropLast() {
                if let id = tokenizer.token(pieces[index] + pieces[index + 1]), id < best?.id ?? 200_000 {
                    best = (index, id)
                }
            }
            guard let best else { return pieces.compactMap(tokenizer.token) }
            pieces[best.index] += pieces.remove(at: best.index + 1)
        }
    }
}
