/// What an operator may do with all that the prefix cache holds.
public enum PrefixCacheCommand: Sendable, Hashable {
    /// Writes it to a file, which is replaced once the new one is whole. The owner names the model: a snapshot is restored
    /// only where model, format of the cache and this name are the same.
    case save(path: String, model: String)
    /// Adds what a file holds, as far as there is room. Nothing is used of a file that is not of this model; a block that is not
    /// as it was written ends it, and those before it stay.
    case restore(path: String, model: String)
    /// Forgets what no generation uses.
    case erase
}

/// What a command for the prefix cache did.
public struct PrefixCacheOutcome: Sendable, Hashable {
    /// Tokens whose keys and values were written, read or forgotten.
    public var tokenCount: Int
    /// Bytes of the file; 0 without one.
    public var byteCount: Int
    public var duration: Duration

    public init(tokenCount: Int, byteCount: Int, duration: Duration) {
        self.tokenCount = tokenCount
        self.byteCount = byteCount
        self.duration = duration
    }
}

/// Why a snapshot was not written or not restored.
public enum SnapshotError: Error, Sendable, Hashable, CustomStringConvertible {
    case missing
    /// The file is no snapshot.
    case foreign
    /// The file was cut, or is not what was written.
    case damaged
    /// The snapshot is of another model, or of a cache in another format.
    case otherModel
    case unreadable(reason: String)
    case unwritable(reason: String)

    public var description: String {
        switch self {
        case .missing: "there is no such file"
        case .foreign: "the file is no snapshot of a prefix cache"
        case .damaged: "the snapshot is damaged or cut short"
        case .otherModel: "the snapshot is of another model, or of a cache in another format"
        case .unreadable(let reason): "the file cannot be read: \(reason)"
        case .unwritable(let reason): "the file cannot be written: \(reason)"
        }
    }
}
