/// What happens while a model is fetched, in order.
public enum PullEvent: Hashable, Sendable {
    /// The hub is asked what there is.
    case listing
    case planned(PullPlan)
    /// So many bytes of a file are here; less than before where they have to be fetched again.
    case progressed(PullFile, completed: Int)
    /// Something keeps a file from coming now: one line.
    case waiting(PullFile?, String)
    /// All bytes of a file are here and as its digest says.
    case verified(PullFile)
    case finished(StoredModel)
}

/// What is about to be fetched.
public struct PullPlan: Hashable, Sendable {
    /// Of all files, those among them that are here already.
    public let files: [PullFile]
    /// The commit that the name stands for now.
    public let commit: String
    /// As the hub tells it, such as `apache-2.0`.
    public let license: String?
    /// Bytes of all files.
    public var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }
    /// Bytes that are here already.
    public let presentByteCount: Int
}

/// A file that is about to be fetched.
public struct PullFile: Hashable, Sendable {
    /// Within the repository.
    public let path: String
    public let byteCount: Int
    /// The algorithm and the digits: `sha256:…`.
    public let digest: String

    init(_ file: RepositoryFile) {
        path = file.path
        byteCount = file.byteCount
        digest = file.digest.labelled
    }
}
