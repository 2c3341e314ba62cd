public import Checkpoints

/// Why a model cannot be loaded, in one line.
public enum ModelError: Error, Sendable, CustomStringConvertible {
    /// The files are damaged or lack something.
    case checkpoint(CheckpointError)
    /// A setting that no model of the family can have. `source` is the file or the format's key space.
    case invalidSetting(source: String, key: String, expected: String, found: String)
    /// A setting that is legal and that Ponder does not run.
    case unsupportedSetting(source: String, key: String, found: String, reason: String)
    /// An architecture that Ponder does not know.
    case unsupportedArchitecture(source: String, found: String)
    /// Memory that the system does not give.
    case outOfMemory(purpose: String, byteCount: Int)
    /// A tile cache's file that cannot be written.
    case tileCache(path: String, byteCount: Int, reason: String)
    /// Quantised weights of an earlier start that are not what was written.
    case quantizedCache(path: String)

    public var description: String {
        switch self {
        case .checkpoint(let error):
            error.description
        case .invalidSetting(let source, let key, let expected, let found):
            CheckpointError(file: source, expected: "\(expected) for \(key)", found: found).description
        case .unsupportedSetting(let source, let key, let found, let reason):
            CheckpointError.printable("\(source): \(key) is \(found): \(reason)")
        case .unsupportedArchitecture(let source, let found):
            CheckpointError(file: source, expected: "Qwen3 (dense or mixture of experts)", found: found).description
        case .outOfMemory(let purpose, let byteCount):
            CheckpointError.printable("not enough memory for \(purpose): \(byteCount) bytes")
        case .tileCache(let path, let byteCount, let reason):
            CheckpointError.printable("\(path): the tile cache needs \(byteCount) bytes there: \(reason)")
        case .quantizedCache(let path):
            CheckpointError.printable("\(path): the quantised weights are damaged")
        }
    }
}
