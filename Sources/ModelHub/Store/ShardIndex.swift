internal import JSON

/// `model.safetensors.index.json`: which file holds which tensor.
enum ShardIndex {
    /// The files that it names; nil where it is no such index.
    static func files(_ bytes: [UInt8]) -> Set<String>? {
        guard let root = try? JSONValue(parsing: bytes), let map = root["weight_map"]?.objectValue else { return nil }
        let names = map.values.compactMap(\.stringValue)
        return names.count == map.count ? Set(names) : nil
    }
}
