internal import Synchronization
public import Tokens

/// Byte-level byte-pair encoding of the Qwen family, both ways.
///
/// Text becomes tokens in one pass: added tokens are cut out, what lies between them is normalised to form C, split into
/// words, and each word merged. All methods may be called from any thread at once.
public final class Tokenizer: Sendable {
    private let vocabulary: Vocabulary
    private let merges: MergeTable
    private let added: AddedTokens
    private let addedByText: [[UInt8]: TokenID]
    private let specials: Set<TokenID>
    private let normalization: Normalization?
    /// What the tokenizer's file puts behind a text where one is encoded with special tokens: models that embed texts were
    /// trained with it. `encode` leaves it to the caller.
    public let textEnd: [TokenID]
    private let keepsWholeWords: Bool
    private let preTokenizer = PreTokenizer()
    private let scratches = Mutex<[EncodingScratch]>([])

    /// Reads the contents of a tokenizer.json.
    public convenience init(tokenizerFile: [UInt8]) throws(TokenizerError) {
        try self.init(TokenizerFile(tokenizerFile).definition())
    }

    /// Takes the vocabulary of a GGUF file; it encodes and decodes exactly as the tokenizer.json it was made from.
    public convenience init(gguf: GGUFVocabulary) throws(TokenizerError) {
        try self.init(gguf.definition())
    }

    init(_ definition: TokenizerDefinition) throws(TokenizerError) {
        vocabulary = definition.makeVocabulary()
        merges = try definition.makeMergeTable(vocabulary)
        added = AddedTokens(definition.added)
        addedByText = Dictionary(
            added.tokens.map { (Array($0.text.utf8), $0.id) }, uniquingKeysWith: { first, _ in first })
        specials = Set(added.tokens.lazy.filter(\.isSpecial).map(\.id))
        normalization = definition.normalizes ? Normalization() : nil
        keepsWholeWords = definition.keepsWholeWords
        textEnd = definition.textEnd
    }
}

extension Tokenizer {
    /// The number of ids from 0 to the last that has a token; a model's embedding may have more rows.
    public var tokenCount: Int { vocabulary.count }

    /// The tokens that were added as a whole, in ascending order of ids.
    public var addedTokens: [AddedToken] { added.tokens }

    /// The first id that does not stand for the same bytes in another tokenizer; nil if all do.
    public func firstDifference(from other: Tokenizer) -> TokenID? {
        (0..<max(tokenCount, other.tokenCount)).lazy.map { TokenID($0) }.first { id in
            vocabulary.bytes(of: id) != other.vocabulary.bytes(of: id)
        }
    }

    /// Whether decoding leaves the token out on request.
    public func isSpecial(_ id: TokenID) -> Bool {
        specials.contains(id)
    }

    /// The one token that stands for this text, an added token before an ordinary one.
    public func token(_ text: String) -> TokenID? {
        let bytes = Array(text.utf8)
        return addedByText[bytes] ?? vocabulary.ordinaryToken(bytes.span).map(TokenID.init)
    }

    /// Calls `body` with the bytes of a token; there are none for an id without a token.
    public func withBytes<Result, Failure: Error>(
        of id: TokenID, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try vocabulary.withBytes(of: id, body)
    }

    /// Appends the bytes of a token; nothing for an id without a token. They need not be whole UTF-8.
    public func appendBytes(of id: TokenID, to output: inout [UInt8]) {
        output.append(contentsOf: vocabulary.bytes(of: id))
    }

    /// The text of tokens; every ill-formed stretch of bytes becomes one U+FFFD.
    public func decode(_ ids: some Sequence<TokenID>, skippingSpecialTokens: Bool = false) -> String {
        var bytes: [UInt8] = []
        for id in ids where !(skippingSpecialTokens && specials.contains(id)) {
            appendBytes(of: id, to: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Tokenizer {
    /// The tokens of a text.
    public func encode(_ text: String, addedTokens: AddedTokenPermission = .all) -> [TokenID] {
        var text = text
        return text.withUTF8 { utf8 in
            let bytes = unsafe Span(_unsafeElements: utf8)
            return encode(bytes, [Stretch(end: bytes.count, permission: addedTokens)])
        }
    }

    /// The tokens of the spans' joined text.
    ///
    /// An added token is recognised only where it lies wholly in spans that permit it. Nothing else ends at the edge of a
    /// span: words, merges and normalisation run across.
    public func encode(_ spans: [TextSpan]) -> [TokenID] {
        var joined: [UInt8] = []
        var stretches: [Stretch] = []
        for span in spans where !span.text.isEmpty {
            joined.append(contentsOf: span.text.utf8)
            stretches.append(Stretch(end: joined.count, permission: span.addedTokens))
        }
        return encode(joined.span, stretches)
    }

    private func encode(_ text: Span<UInt8>, _ stretches: [Stretch]) -> [TokenID] {
        var output: [TokenID] = []
        output.reserveCapacity(text.count / 3 + 8)
        var scratch = scratches.withLock { $0.popLast() } ?? EncodingScratch(vocabularyCount: vocabulary.count)
        let mayHoldAddedTokens = stretches.contains { $0.permission != .none }
        var position = 0
        var stretch = 0
        while position < text.count {
            let match =
                mayHoldAddedTokens
                ? added.firstMatch(in: text, from: position, stretches: stretches, stretch: &stretch) : nil
            appendPlain(text.extracting(position..<(match?.range.lowerBound ?? text.count)), to: &output, &scratch)
            if let match {
                output.append(match.id)
            }
            position = match?.range.upperBound ?? text.count
        }
        if scratch.isModest {
            scratches.withLock { $0.append(scratch) }
        }
        return output
    }

    private func appendPlain(_ text: Span<UInt8>, to output: inout [TokenID], _ scratch: inout EncodingScratch) {
        guard let normalization, let doubt = normalization.firstDoubt(in: text) else {
            appendWords(text, to: &output, &scratch)
            return
        }
        var normalized = scratch.normalized
        scratch.normalized = []
        normalized.removeAll(keepingCapacity: true)
        for position in 0..<doubt {
            normalized.append(text[position])
        }
        normalization.append(text.extracting(doubt...), to: &normalized)
        appendWords(normalized.span, to: &output, &scratch)
        scratch.normalized = normalized
    }

    private func appendWords(_ text: Span<UInt8>, to output: inout [TokenID], _ scratch: inout EncodingScratch) {
        var position = 0
        while position < text.count {
            let end = preTokenizer.endOfWord(in: text, from: position)
            appendWord(text.extracting(position..<end), to: &output, &scratch)
            position = end
        }
    }

    @inline(__always)
    private func appendWord(_ word: Span<UInt8>, to output: inout [TokenID], _ scratch: inout EncodingScratch) {
        if word.count == 1 {
            output.append(TokenID(rawValue: Int32(bitPattern: merges.byteTokens[Int(word[0])])))
            return
        }
        let token = vocabulary.ordinaryToken(word)
        if let token, keepsWholeWords || scratch.wholeness[token] == .whole {
            output.append(TokenID(token))
            return
        }
        let count = output.count
        scratch.merger.append(word, merges: merges, to: &output)
        if let token {
            scratch.wholeness[token] = output.count == count + 1 ? .whole : .divided
        }
    }
}
