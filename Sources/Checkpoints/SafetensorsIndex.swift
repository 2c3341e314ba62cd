internal import JSON

/// `model.safetensors.index.json`: which shard holds which tensor.
enum SafetensorsIndex {
    static let fileName = "model.safetensors.index.json"
    private static let byteLimit = 100_000_000

    /// Opens all shards that an index file names and collects the tensors that it places in them.
    ///
    /// The shards lie in the given folder: the index may hold plain file names only.
    static func open(_ path: String, folder: String) throws(CheckpointError) -> [TensorRecord] {
        let file = try MappedFile(path: path)
        let index = try CheckpointJSON.object(file, 0..<file.bytes.count, limit: byteLimit)
        guard let map = index["weight_map"]?.objectValue else {
            throw CheckpointError(file: path, expected: "an object named weight_map", found: "none")
        }
        var namesOfShard: [String: Set<String>] = [:]
        for (tensor, value) in map {
            guard let shard = value.stringValue, CheckpointFolder.isPlainName(shard) else {
                throw CheckpointError(
                    file: path,
                    expected: "a file name without a folder for \(tensor)",
                    found: value.serialized()
                )
            }
            namesOfShard[shard, default: []].insert(tensor)
        }
        var tensors: [TensorRecord] = []
        for (shard, names) in namesOfShard.sorted(by: { $0.key < $1.key }) {
            let held = try SafetensorsFile(MappedFile(path: "\(folder)/\(shard)")).tensors.filter {
                names.contains($0.name)
            }
            guard held.count == names.count else {
                let missing = names.subtracting(held.map(\.name)).min() ?? ""
                throw CheckpointError(file: "\(folder)/\(shard)", expected: "the tensor \(missing)", found: "none")
            }
            tensors += held
        }
        return tensors
    }
}
