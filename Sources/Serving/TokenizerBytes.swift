public import Sampling
public import Tokenization
public import Tokens

/// A tokenizer, to the engine: what tokens stand for, so that it hears stop strings.
public struct TokenizerBytes: TokenByteSource {
    private let tokenizer: Tokenizer

    public init(_ tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
    }

    public func appendBytes(of token: TokenID, to bytes: inout [UInt8]) {
        tokenizer.appendBytes(of: token, to: &bytes)
    }
}
