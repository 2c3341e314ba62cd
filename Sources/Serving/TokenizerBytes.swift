public import Sampling
public import Tokenization
public import Tokens

/// A tokenizer, to the engine: what tokens add to the text, so that it hears stop strings. Special tokens add nothing.
public struct TokenizerBytes: TokenByteSource {
    private let tokenizer: Tokenizer

    public init(_ tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
    }

    public func appendBytes(of token: TokenID, to bytes: inout [UInt8]) {
        if !tokenizer.isSpecial(token) {
            tokenizer.appendBytes(of: token, to: &bytes)
        }
    }
}
