internal import Tokenization
public import Tokens

/// A token and its raw bytes, which need not be whole UTF-8.
public struct TokenPiece: Sendable, Hashable {
    public var id: TokenID
    public var bytes: [UInt8]

    public init(id: TokenID, bytes: [UInt8]) {
        self.id = id
        self.bytes = bytes
    }
}

extension InferenceService {
    /// The tokens of a text. Without `parsesSpecial` whatever is written like an added token is ordinary text.
    public func tokenize(
        _ text: String, parsesSpecial: Bool = true, model name: String? = nil
    ) throws(ServingError) -> [TokenPiece] {
        let model = try registry.model(named: name)
        let tokens = model.tokenizer.encode(text, addedTokens: parsesSpecial ? .all : .none)
        return tokens.map(model.piece)
    }

    /// The text of tokens; bytes that are no UTF-8 become U+FFFD.
    public func detokenize(_ ids: [Int], model name: String? = nil) throws(ServingError) -> String {
        let model = try registry.model(named: name)
        let validator = RequestValidator(vocabularySize: model.tokenizer.tokenCount)
        var tokens: [TokenID] = []
        for id in ids {
            tokens.append(try validator.checkedToken(id, field: .tokens))
        }
        return model.tokenizer.decode(tokens)
    }
}

extension ServedModel {
    /// A token with its bytes.
    public func piece(_ id: TokenID) -> TokenPiece {
        var bytes: [UInt8] = []
        tokenizer.appendBytes(of: id, to: &bytes)
        return TokenPiece(id: id, bytes: bytes)
    }
}
