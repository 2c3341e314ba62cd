public import Tokens

/// What a token stands for, as raw bytes; a tokenizer, to those who only listen for stop strings.
public protocol TokenByteSource: Sendable {
    /// Appends the token's bytes, which need not be whole UTF-8 scalars; nothing for an id without a token.
    func appendBytes(of token: TokenID, to bytes: inout [UInt8])
}
