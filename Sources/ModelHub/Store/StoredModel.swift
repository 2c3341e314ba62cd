/// Whose folder a model lies in.
public enum ModelPlace: String, Hashable, Sendable {
    /// Hugging Face's cache, which is shared with its own programs.
    case huggingFaceCache = "Hugging Face's cache"
    case modelScopeStore = "Ponder's store for ModelScope"
    /// Only read.
    case lmStudio = "LM Studio"
    /// Only read.
    case modelScopeCache = "ModelScope's cache"
}

/// A model that is on this machine, whole.
public struct StoredModel: Hashable, Sendable {
    /// The name that says everything: `Qwen/Qwen3-0.6B`, `Qwen/Qwen3-8B-GGUF:Q4_K_M`.
    public let name: String
    public let hub: HubKind
    public let repository: String
    /// The commit; nil where the folder tells none.
    public let commit: String?
    /// What opens it: a folder, or a GGUF file.
    public let path: String
    public let format: ModelFormat
    /// Of the files that belong to it, by their names below `folder`.
    public let files: [StoredFile]
    public let folder: String
    public let place: ModelPlace
    /// When its weights came, in seconds since 1970.
    public let modificationTime: Int

    /// Of all its files.
    public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }
}

/// A file of a stored model.
public struct StoredFile: Hashable, Sendable {
    public let path: String
    public let byteCount: Int
}
