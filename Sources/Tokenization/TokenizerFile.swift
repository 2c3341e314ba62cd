internal import JSON
internal import Tokens

/// Reads Hugging Face's tokenizer.json, as far as the byte-level vocabularies of the Qwen family need it.
///
/// What would change the tokens and is not understood is refused.
struct TokenizerFile {
    private let root: JSONValue

    init(_ bytes: [UInt8]) throws(TokenizerError) {
        do {
            root = try JSONValue(parsing: bytes)
        } catch {
            throw TokenizerError("tokenizer.json", "\(error)")
        }
    }

    func definition() throws(TokenizerError) -> TokenizerDefinition {
        guard let model = root["model"] else {
            throw TokenizerError("model", "missing")
        }
        try checkModel(model)
        try checkPreTokenizer()
        var definition = TokenizerDefinition()
        definition.normalizes = try normalizes()
        definition.keepsWholeWords = model["ignore_merges"]?.boolValue ?? false
        try addVocabulary(model, to: &definition)
        try addMerges(model, to: &definition)
        try addAddedTokens(to: &definition)
        try addTextEnd(to: &definition)
        return definition
    }

    private func checkModel(_ model: JSONValue) throws(TokenizerError) {
        // Older files leave the type out.
        guard model["type"]?.stringValue ?? "BPE" == "BPE" else {
            throw TokenizerError("model.type", "expected BPE, found \(model["type"] ?? .null)")
        }
        for field in ["continuing_subword_prefix", "end_of_word_suffix"] {
            guard model[field]?.stringValue ?? "" == "" else {
                throw TokenizerError("model.\(field)", "expected none, found \(model[field] ?? .null)")
            }
        }
        guard model["byte_fallback"]?.boolValue != true else {
            throw TokenizerError("model.byte_fallback", "expected false, found true")
        }
    }

    private func normalizes() throws(TokenizerError) -> Bool {
        guard let normalizer = root["normalizer"], !normalizer.isNull else { return false }
        guard normalizer["type"]?.stringValue == "NFC" else {
            throw TokenizerError("normalizer", "expected NFC, found \(normalizer)")
        }
        return true
    }

    private func checkPreTokenizer() throws(TokenizerError) {
        let steps = root["pre_tokenizer"]?["pretokenizers"]?.arrayValue ?? []
        guard steps.count == 2, steps[0]["type"]?.stringValue == "Split", steps[1]["type"]?.stringValue == "ByteLevel",
            steps[0]["behavior"]?.stringValue == "Isolated", steps[0]["invert"]?.boolValue != true,
            steps[1]["add_prefix_space"]?.boolValue == false, steps[1]["use_regex"]?.boolValue == false
        else {
            throw TokenizerError("pre_tokenizer", "expected a Split and a ByteLevel step as in Qwen3's tokenizer")
        }
        guard let pattern = steps[0]["pattern"]?["Regex"]?.stringValue, pattern == PreTokenizer.pattern else {
            throw TokenizerError("pre_tokenizer.pattern", "expected Qwen3's regular expression")
        }
    }

    private func addVocabulary(_ model: JSONValue, to definition: inout TokenizerDefinition) throws(TokenizerError) {
        guard let vocabulary = model["vocab"]?.objectValue else {
            throw TokenizerError("model.vocab", "expected an object")
        }
        definition.entries.reserveCapacity(vocabulary.count)
        for (entry, id) in vocabulary {
            guard let id = id.intValue else {
                throw TokenizerError("model.vocab", "\"\(entry)\" has no whole number")
            }
            try definition.set(entry, at: id, field: "model.vocab")
        }
    }

    private func addMerges(_ model: JSONValue, to definition: inout TokenizerDefinition) throws(TokenizerError) {
        guard let merges = model["merges"]?.arrayValue else {
            throw TokenizerError("model.merges", "expected an array")
        }
        definition.merges.reserveCapacity(merges.count)
        for (rank, merge) in merges.enumerated() {
            if let pair = merge.arrayValue, pair.count == 2, let left = pair[0].stringValue,
                let right = pair[1].stringValue
            {
                definition.merges.append((left, right))
            } else if let pair = merge.stringValue.flatMap(MergeLine.parse) {
                definition.merges.append(pair)
            } else {
                throw TokenizerError("model.merges[\(rank)]", "expected two tokens, found \(merge)")
            }
        }
    }

    /// The tokens behind the text in the post-processor's template for a single one.
    private func addTextEnd(to definition: inout TokenizerDefinition) throws(TokenizerError) {
        let processor = root["post_processor"]
        let steps = processor?["processors"]?.arrayValue ?? processor.map { [$0] } ?? []
        guard let template = steps.first(where: { $0["type"] == "TemplateProcessing" }) else { return }
        let pieces = template["single"]?.arrayValue ?? []
        guard let text = pieces.lastIndex(where: { $0["Sequence"] != nil }) else { return }
        for name in pieces[(text + 1)...].compactMap({ $0["SpecialToken"]?["id"]?.stringValue }) {
            for value in template["special_tokens"]?[name]?["ids"]?.arrayValue ?? [] {
                guard let id = value.intValue, definition.entries.indices.contains(id) else {
                    throw TokenizerError("post_processor.special_tokens", "\(value) is no token of the vocabulary")
                }
                definition.textEnd.append(TokenID(id))
            }
        }
    }

    private func addAddedTokens(to definition: inout TokenizerDefinition) throws(TokenizerError) {
        for (index, token) in (root["added_tokens"]?.arrayValue ?? []).enumerated() {
            let field = "added_tokens[\(index)]"
            guard let id = token["id"]?.intValue, let text = token["content"]?.stringValue, !text.isEmpty else {
                throw TokenizerError(field, "expected an id and a content")
            }
            for flag in ["single_word", "lstrip", "rstrip"] where token[flag]?.boolValue == true {
                throw TokenizerError("\(field).\(flag)", "expected false, found true")
            }
            try definition.set(text, at: id, field: field)
            let isSpecial = token["special"]?.boolValue ?? false
            definition.added.append(AddedToken(id: TokenID(id), text: text, isSpecial: isSpecial))
        }
    }
}

/// A merge written as two entries with a space between them.
enum MergeLine {
    static func parse(_ line: String) -> (left: String, right: String)? {
        let parts = line.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard parts.count == 2, let left = String(parts[0]), let right = String(parts[1]) else { return nil }
        return (left, right)
    }
}
