internal import Glibc

/// What a checkpoint folder holds.
struct CheckpointFolder {
    let path: String
    /// The plain names of its files, sorted.
    let names: [String]

    init(path: String) throws(CheckpointError) {
        var trimmed = path[...]
        while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.path = String(trimmed)
        guard let folder = unsafe opendir(path) else {
            throw CheckpointError(file: path, expected: "a readable folder", found: MappedFile.systemReason())
        }
        defer { unsafe closedir(folder) }
        var names: [String] = []
        while let entry = unsafe readdir(folder) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        self.names = names.sorted()
    }

    static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether a name stays in the folder it is looked up in.
    static func isPlainName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }

    func path(of name: String) -> String { "\(path)/\(name)" }

    func holds(_ name: String) -> Bool { names.contains(name) }

    /// The one GGUF model among the files: a single file, or the first of a split. Projectors for images don't count.
    func ggufModels() -> [String] {
        names.filter { name in
            name.hasSuffix(".gguf") && !name.hasPrefix("mmproj") && GGUFSplit.Name(name).map { $0.number == 1 } ?? true
        }
    }

    /// The last part of a path, without trailing slashes.
    static func lastComponent(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// The folder that a file lies in.
    static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
