import Sampling
import Tokenization
import Tokens

/// A tokenizer as the engine sees it: what tokens stand for.
struct TokenizerBytes: TokenByteSource {
    let tokenizer: Tokenizer

    func appendBytes(of token: TokenID, to bytes: inout [UInt8]) {
        tokenizer.appendBytes(of: token, to: &bytes)
    }
}
