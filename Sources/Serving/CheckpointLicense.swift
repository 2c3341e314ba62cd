public import Checkpoints

/// Finds the licence that a checkpoint says it comes under.
public enum CheckpointLicense {
    /// A model card states it at its beginning; what follows is not searched.
    private static let searchedByteCount = 65_536
    private static let nameByteLimit = 200

    /// The name, such as `apache-2.0`: of a GGUF file's `general.license`, or of the model card beside the weights. Nil where
    /// nothing is said.
    public static func name(of checkpoint: Checkpoint) -> String? {
        if let name = try? checkpoint.metadata?.string("general.license") { return checked(name) }
        guard let card = try? checkpoint.fileBytes(named: "README.md") else { return nil }
        return name(inCard: String(decoding: card.prefix(searchedByteCount), as: UTF8.self))
    }

    /// The value of `license` in the card's front matter; `license_name` says more where that is `other`.
    static func name(inCard card: String) -> String? {
        var lines = card.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)[...]
        guard lines.popFirst()?.trimmed == "---" else { return nil }
        var license: String?
        for line in lines {
            if line.trimmed == "---" { break }
            if let name = value(of: "license", in: line) { license = license ?? name }
            if license == "other", let name = value(of: "license_name", in: line) { license = name }
        }
        return license.flatMap(checked)
    }

    private static func value(of key: String, in line: Substring) -> String? {
        guard line.hasPrefix("\(key):") else { return nil }
        let value = line.dropFirst(key.count + 1).trimmed
        guard let quote = value.first, quote == "\"" || quote == "'", value.count > 1, value.last == quote else {
            return String(value)
        }
        return String(value.dropFirst().dropLast())
    }

    /// What files say of themselves ends up in lists that people read.
    private static func checked(_ name: String) -> String? {
        guard !name.isEmpty, name.utf8.count <= nameByteLimit else { return nil }
        return CheckpointError.printable(name)
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
