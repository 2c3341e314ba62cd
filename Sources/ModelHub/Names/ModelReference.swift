/// A place that publishes models.
public enum HubKind: String, Hashable, Sendable, CaseIterable {
    case huggingFace
    case modelScope

    /// As people call it.
    public var title: String {
        switch self {
        case .huggingFace: "Hugging Face"
        case .modelScope: "ModelScope"
        }
    }
}

/// A model by the name that people give it: `Qwen/Qwen3-0.6B`, `Qwen/Qwen3-8B-GGUF:q4_k_m`, `modelscope:Qwen/Qwen3-8B@v1`,
/// `hf.co/Qwen/Qwen3-8B-GGUF:Q8_0` or, as Ollama does it, `qwen3:0.6b`.
public struct ModelReference: Hashable, Sendable {
    public let hub: HubKind
    /// Its owner and its name, such as `Qwen/Qwen3-0.6B`.
    public let repository: String
    /// A branch, a tag or a commit; nil is the newest of the main branch.
    public let revision: String?
    /// Which of a repository's GGUF files: a quantisation such as `q4_k_m`, or a file's name. Nil leaves the choice open.
    public let variant: String?
    /// As it was written.
    public let text: String

    private static let hubPrefixes: [(String, HubKind?)] = [
        ("https://huggingface.co/", .huggingFace), ("https://hf.co/", .huggingFace), ("huggingface.co/", .huggingFace),
        ("hf.co/", .huggingFace), ("hf:", .huggingFace), ("huggingface:", .huggingFace),
        ("https://modelscope.cn/models/", .modelScope), ("https://www.modelscope.cn/models/", .modelScope),
        ("modelscope.cn/", .modelScope), ("modelscope:", .modelScope), ("ms:", .modelScope), ("ollama:", nil),
    ]

    /// Reads a name.
    ///
    /// - Parameters:
    ///   - text: the name as people write it.
    ///   - hub: where it is looked for if it does not say.
    /// - Throws: ``HubError`` where it is no name of a model.
    public init(_ text: String, hub: HubKind = .huggingFace) throws(HubError) {
        guard text.utf8.count <= 512 else { throw Self.noName(text) }
        var rest = text[...]
        var named: HubKind?
        if let (prefix, kind) = Self.hubPrefixes.first(where: { text.lowercased().hasPrefix($0.0) }) {
            rest = rest.dropFirst(prefix.count)
            named = kind
        }
        if !rest.contains("/") {
            guard named == nil, let tag = ModelTag(rest) else { throw Self.noName(text) }
            self.init(hub: hub, repository: tag.repository, revision: nil, variant: tag.variant, text: text)
            return
        }
        let (head, variant) = Self.split(rest, at: ":")
        let (repository, revision) = Self.split(head, at: "@")
        guard Self.isRepository(repository), revision.map(Self.isRevision) ?? true,
            variant.map(Self.isVariant) ?? true
        else { throw Self.noName(text) }
        self.init(
            hub: named ?? hub, repository: String(repository), revision: revision.map(String.init),
            // Ollama's clients add the tag that stands for none.
            variant: variant.flatMap { $0 == "latest" ? nil : String($0) }, text: text)
    }

    init(hub: HubKind, repository: String, revision: String?, variant: String?, text: String) {
        self.hub = hub
        self.repository = repository
        self.revision = revision
        self.variant = variant
        self.text = text
    }

    /// The name that says everything, whatever hub is looked at first: what lists show.
    public var canonical: String {
        let prefix = hub == .modelScope ? "modelscope:" : ""
        return prefix + repository + (revision.map { "@\($0)" } ?? "") + (variant.map { ":\($0)" } ?? "")
    }

    /// What clients call the model where nobody says otherwise: a name of Ollama's library, or the repository's.
    public var servedName: String {
        text.contains("/") ? repository + (variant.map { ":\($0)" } ?? "") : text
    }

    /// The same model with the commit that a revision stands for.
    func pinned(to commit: String) -> ModelReference {
        ModelReference(hub: hub, repository: repository, revision: commit, variant: variant, text: text)
    }
}

extension ModelReference {
    /// Two plain names. Hubs allow letters, digits, and `-_.` that neither begin nor end a name nor stand in pairs.
    static func isRepository(_ text: some StringProtocol) -> Bool {
        let parts = String(text).split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { isPlainName($0) }
    }

    static func isPlainName(_ text: some StringProtocol) -> Bool {
        guard (1...96).contains(text.utf8.count), let first = text.first, let last = text.last else { return false }
        let isAllowed = text.utf8.allSatisfy { byte in
            isAlphanumeric(byte) || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
        }
        return isAllowed && first != "." && first != "-" && last != "." && last != "-"
            && !text.contains("..") && !text.contains("--")
    }

    /// What Git takes as the name of a branch or tag, as far as it is harmless as a path: no `..`, no empty part.
    static func isRevision(_ text: some StringProtocol) -> Bool {
        (1...128).contains(text.utf8.count)
            && String(text).split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
                guard let first = part.first, first != ".", first != "-", !part.contains("..") else { return false }
                return part.utf8.allSatisfy { isAlphanumeric($0) || "-_.+".utf8.contains($0) }
            }
    }

    /// A quantisation, or the path of a GGUF file within a repository.
    static func isVariant(_ text: some StringProtocol) -> Bool {
        if text.hasSuffix(".gguf") { return RepositoryPath.isSafe(text) && text.utf8.allSatisfy { 0x21...0x7E ~= $0 } }
        return (1...64).contains(text.utf8.count) && text.utf8.first.map(isAlphanumeric) ?? false
            && text.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    /// What stands before and behind the first mark.
    private static func split(_ text: Substring, at mark: Character) -> (Substring, Substring?) {
        guard let place = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[..<place], text[text.index(after: place)...])
    }

    private static func noName(_ text: String) -> HubError {
        HubError(
            .invalid,
            "'\(text.printable)' is no name of a model; expected one such as Qwen/Qwen3-0.6B, Qwen/Qwen3-8B-GGUF:q4_k_m, "
                + "modelscope:Qwen/Qwen3-8B or qwen3:0.6b")
    }
}
