public import JSON

/// A model's files, opened: tensors by name, metadata and configuration. Nothing of the tensors' values is read yet.
///
/// Everything that the files say about themselves was checked: a record's bytes lie within its file, no two overlap,
/// and no name stands twice.
public final class Checkpoint: Sendable {
    public enum Kind: Sendable {
        case gguf
        case safetensors
        /// A bare config.json: enough to plan a model, not to run it.
        case configuration
    }

    /// The file's or folder's own name, without its path and ending.
    public let name: String
    public let kind: Kind
    /// In the order of the files.
    public let tensors: [TensorRecord]
    /// GGUF only.
    public let metadata: GGUFMetadata?
    /// config.json, where the checkpoint has one.
    public let configuration: JSONObject?
    /// generation_config.json.
    public let generationConfiguration: JSONObject?
    /// tokenizer_config.json.
    public let tokenizerConfiguration: JSONObject?
    private let indexByName: [String: Int]
    private let folder: CheckpointFolder?

    init(
        name: String,
        kind: Kind,
        tensors: [TensorRecord],
        metadata: GGUFMetadata? = nil,
        folder: CheckpointFolder? = nil,
        configurationPath: String? = nil
    ) throws(CheckpointError) {
        self.name = name
        self.kind = kind
        self.tensors = tensors
        self.metadata = metadata
        self.folder = folder
        let pairs = tensors.enumerated().map { ($1.name, $0) }
        indexByName = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
        if let configurationPath {
            configuration = try Checkpoint.object(configurationPath)
        } else {
            configuration = try Checkpoint.object("config.json", in: folder)
        }
        generationConfiguration = try Checkpoint.object("generation_config.json", in: folder)
        tokenizerConfiguration = try Checkpoint.object("tokenizer_config.json", in: folder)
    }

    /// The tensor of a name.
    public func tensor(named name: String) -> TensorRecord? {
        indexByName[name].map { tensors[$0] }
    }

    /// Gives the pages of all files back: what is read later is fetched again.
    public func releasePages() {
        var released: Set<ObjectIdentifier> = []
        for tensor in tensors where released.insert(ObjectIdentifier(tensor.file)).inserted {
            tensor.file.releasePages()
        }
    }

    /// All bytes of a file in the checkpoint's folder, such as `tokenizer.json`, or in a folder in it; nil where there is none.
    ///
    /// A GGUF file that was opened by its own path has no folder.
    public func fileBytes(named name: String, in subfolder: String? = nil) throws(CheckpointError) -> [UInt8]? {
        guard var folder, CheckpointFolder.isPlainName(name) else { return nil }
        if let subfolder {
            let path = folder.path(of: subfolder)
            guard CheckpointFolder.isPlainName(subfolder), CheckpointFolder.isFolder(path) else { return nil }
            folder = try CheckpointFolder(path: path)
        }
        return folder.holds(name) ? try Checkpoint.bytes(folder.path(of: name)) : nil
    }

    private static let fileByteLimit = 1 << 28

    private static func bytes(_ path: String) throws(CheckpointError) -> [UInt8] {
        let file = try MappedFile(path: path)
        guard file.bytes.count <= fileByteLimit else {
            throw CheckpointError(
                file: path,
                expected: "a file of at most \(fileByteLimit) bytes",
                found: "\(file.bytes.count)"
            )
        }
        let bytes = unsafe [UInt8](file.bytes.buffer)
        try file.checkUnchanged()
        return bytes
    }

    private static func object(_ name: String, in folder: CheckpointFolder?) throws(CheckpointError) -> JSONObject? {
        guard let folder, folder.holds(name) else { return nil }
        return try object(folder.path(of: name))
    }

    private static func object(_ path: String) throws(CheckpointError) -> JSONObject {
        try CheckpointJSON.object(bytes(path), file: path)
    }
}
