/// Finds the models in a folder by the names of files, without opening them.
public enum CheckpointSearch {
    /// A model that can be opened by its path, and what it would be called.
    public struct Finding: Hashable, Sendable {
        public var name: String
        public var path: String
    }

    /// How many folders may lie around a model: enough for PUBLISHER/MODEL/FILE. It ends circles of links, too.
    private static let depthLimit = 3

    /// Every GGUF file (of a split, its first), and every folder with safetensors files, at any place below a folder, in the
    /// order of the paths.
    ///
    /// - Throws: ``CheckpointError`` where the folder cannot be read. Folders inside it that cannot are passed over.
    public static func models(below path: String) throws(CheckpointError) -> [Finding] {
        findings(in: try CheckpointFolder(path: path), depth: 1)
    }

    /// What the model of a path would be called, once opened.
    public static func name(of path: String) -> String {
        if path.hasSuffix(".safetensors") || path.hasSuffix(".json") {
            return CheckpointFolder.lastComponent(CheckpointFolder.parent(path))
        }
        if CheckpointFolder.isFolder(path), let folder = try? CheckpointFolder(path: path),
            !folder.names.contains(where: { $0.hasSuffix(".safetensors") }), let file = folder.ggufModels().first
        {
            return name(of: folder.path(of: file))
        }
        let file = GGUFSplit.Name(path)?.prefix ?? (path.hasSuffix(".gguf") ? String(path.dropLast(5)) : path)
        return CheckpointFolder.lastComponent(file)
    }

    private static func findings(in folder: CheckpointFolder, depth: Int) -> [Finding] {
        let files = Set(folder.ggufModels())
        return folder.names.flatMap { name -> [Finding] in
            let path = folder.path(of: name)
            guard !name.hasPrefix(".") else { return [] }
            if CheckpointFolder.isFolder(path) {
                guard let inner = try? CheckpointFolder(path: path) else { return [] }
                if inner.names.contains(where: { $0.hasSuffix(".safetensors") }) {
                    return [Finding(name: Self.name(of: path), path: path)]
                }
                return depth < depthLimit ? findings(in: inner, depth: depth + 1) : []
            }
            return files.contains(name) ? [Finding(name: Self.name(of: path), path: path)] : []
        }
    }
}
