internal import Foundation
internal import Glibc

/// Reads folders whose content somebody else may have made.
enum FolderReader {
    private static let depthLimit = 8
    private static let fileLimit = 20_000
    private static let indexByteLimit = 32 << 20

    /// The plain names in a folder, sorted; none where it is no folder.
    static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
    }

    static func isFile(_ path: String) -> Bool {
        status(path).map { $0.st_mode & S_IFMT == S_IFREG } ?? false
    }

    /// The size of a file, and when it was changed, in seconds since 1970; nil where there is none.
    static func file(_ path: String) -> (byteCount: Int, modificationTime: Int)? {
        guard let status = status(path), status.st_mode & S_IFMT == S_IFREG else { return nil }
        return (Int(status.st_size), status.st_mtim.tv_sec)
    }

    /// All files below a folder, by their paths in it, links to files among them. Links to folders are not followed, and
    /// links to nothing are no files.
    static func files(below folder: String) -> [String: Int] {
        var sizes: [String: Int] = [:]
        collect(folder, "", 0, &sizes)
        return sizes
    }

    /// The models of a folder that are there with all their parts.
    static func models(in folder: String, _ sizes: [String: Int]) -> [ModelFiles] {
        ModelFiles.models(in: Array(sizes.keys)).filter { model in
            model.isComplete && (model.format != .safetensors || holdsShards(folder, sizes))
        }
    }

    /// Whether all files that an index names are there.
    private static func holdsShards(_ folder: String, _ sizes: [String: Int]) -> Bool {
        let index = "model.safetensors.index.json"
        guard let size = sizes[index] else { return true }
        guard size <= indexByteLimit, let bytes = FileManager.default.contents(atPath: "\(folder)/\(index)"),
            let shards = ShardIndex.files([UInt8](bytes))
        else { return false }
        return shards.allSatisfy { sizes[$0] != nil }
    }

    private static func collect(_ folder: String, _ prefix: String, _ depth: Int, _ sizes: inout [String: Int]) {
        for name in names(in: folder) where sizes.count < fileLimit {
            let path = "\(folder)/\(name)"
            if let file = file(path) {
                sizes[prefix + name] = file.byteCount
            } else if depth < depthLimit, isFolder(path), !isLink(path) {
                collect(path, "\(prefix)\(name)/", depth + 1, &sizes)
            }
        }
    }

    static func isLink(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? status : nil
    }
}
