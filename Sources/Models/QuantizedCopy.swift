internal import Checkpoints
internal import Glibc

/// A file of a quantised cache, as its head tells of it.
public struct QuantizedCopy: Hashable, Sendable {
    public let path: String
    /// The path of the checkpoint's first file, as it was when the weights were quantised.
    public let checkpoint: String
    /// Such as `q4_k_m`.
    public let recipe: String
    public let byteCount: Int
    /// In seconds since 1970.
    public let modificationTime: Int
}

extension QuantizedCache {
    /// What is kept, by path; files of others are passed over.
    public var copies: [QuantizedCopy] {
        guard let stream = unsafe opendir(folder) else { return [] }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            names.append(
                unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                    unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
                })
        }
        return names.filter { $0.hasSuffix(".gguf") }.sorted().compactMap { copy("\(folder)/\($0)") }
    }

    private func copy(_ path: String) -> QuantizedCopy? {
        var status = stat()
        guard unsafe stat(path, &status) == 0, let metadata = try? Checkpoint.open(path).metadata,
            let checkpoint = try? metadata.string(Self.checkpointKey),
            let recipe = try? metadata.string(Self.recipeKey)
        else { return nil }
        return QuantizedCopy(
            path: path, checkpoint: checkpoint, recipe: recipe, byteCount: Int(status.st_size),
            modificationTime: status.st_mtim.tv_sec)
    }
}
