/// A name as Ollama's library has it, `qwen3:0.6b`, and the repository whose files it stands for.
///
/// The files are the publisher's own where there are any in GGUF, and Unsloth's elsewhere.
struct ModelTag: Hashable, Sendable {
    let repository: String
    /// The quantisation, where the tag names one.
    let variant: String?

    private struct Family {
        /// What a name without a tag stands for.
        let standard: String
        /// Tags and their repositories.
        let repositories: [String: String]
    }

    private static let families: [String: Family] = [
        "qwen3": Family(
            standard: "8b",
            repositories: [
                "0.6b": "Qwen/Qwen3-0.6B-GGUF", "1.7b": "Qwen/Qwen3-1.7B-GGUF", "4b": "Qwen/Qwen3-4B-GGUF",
                "8b": "Qwen/Qwen3-8B-GGUF", "14b": "Qwen/Qwen3-14B-GGUF", "32b": "Qwen/Qwen3-32B-GGUF",
                "30b": "Qwen/Qwen3-30B-A3B-GGUF", "30b-a3b": "Qwen/Qwen3-30B-A3B-GGUF",
                "235b": "Qwen/Qwen3-235B-A22B-GGUF", "235b-a22b": "Qwen/Qwen3-235B-A22B-GGUF",
                "4b-instruct": "unsloth/Qwen3-4B-Instruct-2507-GGUF",
                "4b-instruct-2507": "unsloth/Qwen3-4B-Instruct-2507-GGUF",
                "4b-thinking": "unsloth/Qwen3-4B-Thinking-2507-GGUF",
                "4b-thinking-2507": "unsloth/Qwen3-4B-Thinking-2507-GGUF",
                "30b-instruct": "unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF",
                "30b-a3b-instruct-2507": "unsloth/Qwen3-30B-A3B-Instruct-2507-GGUF",
                "30b-thinking": "unsloth/Qwen3-30B-A3B-Thinking-2507-GGUF",
                "30b-a3b-thinking-2507": "unsloth/Qwen3-30B-A3B-Thinking-2507-GGUF",
                "235b-instruct": "unsloth/Qwen3-235B-A22B-Instruct-2507-GGUF",
                "235b-a22b-instruct-2507": "unsloth/Qwen3-235B-A22B-Instruct-2507-GGUF",
                "235b-thinking": "unsloth/Qwen3-235B-A22B-Thinking-2507-GGUF",
                "235b-a22b-thinking-2507": "unsloth/Qwen3-235B-A22B-Thinking-2507-GGUF",
            ]),
        "qwen3-embedding": Family(
            standard: "8b",
            repositories: [
                "0.6b": "Qwen/Qwen3-Embedding-0.6B-GGUF", "4b": "Qwen/Qwen3-Embedding-4B-GGUF",
                "8b": "Qwen/Qwen3-Embedding-8B-GGUF",
            ]),
        "qwen3-coder": Family(
            standard: "30b",
            repositories: [
                "30b": "unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF",
                "30b-a3b": "unsloth/Qwen3-Coder-30B-A3B-Instruct-GGUF",
                "480b": "unsloth/Qwen3-Coder-480B-A35B-Instruct-GGUF",
                "480b-a35b": "unsloth/Qwen3-Coder-480B-A35B-Instruct-GGUF",
            ]),
    ]

    /// Nil where Ollama's library has no such name, or no such tag of it.
    init?(_ text: some StringProtocol) {
        let parts = text.lowercased().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let family = parts.first.flatMap({ Self.families[String($0)] }) else { return nil }
        var tag = parts.count > 1 ? String(parts[1]) : family.standard
        if tag == "latest" { tag = family.standard }
        if let repository = family.repositories[tag] {
            self.init(repository: repository, variant: nil)
            return
        }
        // The quantisation stands behind the longest tag that fits.
        let fitting = family.repositories.keys.filter { tag.hasPrefix("\($0)-") }
        guard let head = fitting.max(by: { $0.count < $1.count }), let repository = family.repositories[head] else {
            return nil
        }
        let variant = String(tag.dropFirst(head.count + 1))
        guard Quantization(variant) != nil else { return nil }
        self.init(repository: repository, variant: variant)
    }

    private init(repository: String, variant: String?) {
        self.repository = repository
        self.variant = variant
    }

    /// All tags, as `family:tag`, sorted.
    static var all: [String] {
        families.flatMap { name, family in family.repositories.keys.map { "\(name):\($0)" } }.sorted()
    }
}
