internal import Tokens

/// A vocabulary as its file describes it, before it becomes tables.
struct TokenizerDefinition {
    /// By id; nil for ids without a token. Added tokens are among them, as plain text.
    var entries: [String?] = []
    var added: [AddedToken] = []
    /// Pairs of entries in order of preference.
    var merges: [(left: String, right: String)] = []
    var normalizes = true
    /// Whether a word that is a token stays whole even where merges would not build it.
    var keepsWholeWords = false
    /// What stands behind each text that is encoded with special tokens.
    var textEnd: [TokenID] = []

    /// Puts an entry at its id.
    mutating func set(_ entry: String, at id: Int, field: @autoclosure () -> String) throws(TokenizerError) {
        guard id >= 0 && id < Vocabulary.idLimit else {
            throw TokenizerError(field(), "id \(id) is not between 0 and \(Vocabulary.idLimit - 1)")
        }
        if id >= entries.count {
            entries.append(contentsOf: repeatElement(nil, count: id + 1 - entries.count))
        }
        entries[id] = entry
    }

    /// The vocabulary with its index of ordinary tokens.
    func makeVocabulary() -> Vocabulary {
        let alphabet = ByteAlphabet()
        let addedIDs = Set(added.map(\.id.index))
        var vocabulary = Vocabulary()
        var bytes: [UInt8] = []
        for (id, entry) in entries.enumerated() {
            bytes.removeAll(keepingCapacity: true)
            if let entry {
                if addedIDs.contains(id) {
                    bytes.append(contentsOf: entry.utf8)
                } else {
                    alphabet.appendBytes(of: entry, to: &bytes)
                }
            }
            vocabulary.append(bytes)
        }
        vocabulary.buildIndex { !addedIDs.contains($0) }
        return vocabulary
    }

    /// The merges by ids of the vocabulary that this definition made.
    func makeMergeTable(_ vocabulary: Vocabulary) throws(TokenizerError) -> MergeTable {
        var byteTokens: [UInt32] = []
        for byte in UInt8.min...UInt8.max {
            guard let id = vocabulary.ordinaryToken([byte].span) else {
                throw TokenizerError("vocabulary", "no token for the byte \(byte)")
            }
            byteTokens.append(UInt32(id))
        }
        guard merges.count < Vocabulary.idLimit else {
            throw TokenizerError("merges", "\(merges.count) merges are more than \(Vocabulary.idLimit - 1)")
        }
        let alphabet = ByteAlphabet()
        var table: [MergeTable.Merge] = []
        table.reserveCapacity(merges.count)
        var bytes: [UInt8] = []
        for (rank, merge) in merges.enumerated() {
            bytes.removeAll(keepingCapacity: true)
            alphabet.appendBytes(of: merge.left, to: &bytes)
            let middle = bytes.count
            alphabet.appendBytes(of: merge.right, to: &bytes)
            guard let left = vocabulary.ordinaryToken(bytes.span.extracting(..<middle)),
                let right = vocabulary.ordinaryToken(bytes.span.extracting(middle...)),
                let result = vocabulary.ordinaryToken(bytes.span)
            else {
                throw TokenizerError(
                    "merges[\(rank)]", "\"\(merge.left)\" + \"\(merge.right)\" needs tokens that the vocabulary lacks")
            }
            table.append(.init(left: UInt32(left), right: UInt32(right), result: UInt32(result)))
        }
        return MergeTable(byteTokens: byteTokens, merges: table)
    }
}
