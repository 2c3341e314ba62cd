extension Checkpoint {
    /// Opens what a path names: a GGUF file (of a split, any part), a safetensors file, a folder that holds either, or a
    /// config.json alone.
    public static func open(_ path: String) throws(CheckpointError) -> Checkpoint {
        if CheckpointFolder.isFolder(path) {
            return try open(CheckpointFolder(path: path))
        }
        if path.hasSuffix(".json"), !path.hasSuffix(".index.json") {
            return try openConfiguration(path)
        }
        if path.hasSuffix(".safetensors") || path.hasSuffix(".index.json") {
            return try openSafetensors(path)
        }
        return try openGGUF(path, folder: nil)
    }

    /// Opens a GGUF file in memory: its bytes must outlive the checkpoint and its records. Errors call it by the name.
    public static func open(bytes: UnsafeRawBufferPointer, name: String) throws(CheckpointError) -> Checkpoint {
        let file = try GGUFFile(unsafe MappedFile(bytes: bytes, name: name))
        let count = try GGUFSplit.count(file)
        guard count == 1 else {
            throw file.metadata.error("split.count", expected: "a whole model, 1,", found: "\(count)")
        }
        return try Checkpoint(name: name, kind: .gguf, tensors: file.tensors, metadata: file.metadata)
    }

    private static func open(_ folder: CheckpointFolder) throws(CheckpointError) -> Checkpoint {
        let weights = folder.names.filter { $0.hasSuffix(".safetensors") }
        if folder.holds(SafetensorsIndex.fileName) {
            return try openSafetensors(folder.path(of: SafetensorsIndex.fileName), folder)
        }
        if weights.contains("model.safetensors") {
            return try openSafetensors(folder.path(of: "model.safetensors"), folder)
        }
        let models = folder.ggufModels()
        guard models.count + weights.count <= 1 else {
            throw CheckpointError(
                file: folder.path,
                expected: "one model in the folder (name the file to choose)",
                found: (models + weights).joined(separator: ", ")
            )
        }
        if let model = models.first {
            return try openGGUF(folder.path(of: model), folder: folder)
        }
        guard let weight = weights.first else {
            throw CheckpointError(
                file: folder.path,
                expected: "a GGUF file or model.safetensors in the folder",
                found: "neither"
            )
        }
        return try openSafetensors(folder.path(of: weight), folder)
    }

    private static func openSafetensors(
        _ path: String,
        _ folder: CheckpointFolder? = nil
    ) throws(CheckpointError) -> Checkpoint {
        let parent = CheckpointFolder.parent(path)
        let tensors =
            path.hasSuffix(".index.json")
            ? try SafetensorsIndex.open(path, folder: parent)
            : try SafetensorsFile(MappedFile(path: path)).tensors
        let opened = if let folder { folder } else { try CheckpointFolder(path: parent) }
        return try Checkpoint(
            name: CheckpointFolder.lastComponent(opened.path),
            kind: .safetensors,
            tensors: tensors,
            folder: opened
        )
    }

    private static func openGGUF(_ path: String, folder: CheckpointFolder?) throws(CheckpointError) -> Checkpoint {
        let (metadata, tensors) = try GGUFSplit.open(path)
        let file = GGUFSplit.Name(path)?.prefix ?? (path.hasSuffix(".gguf") ? String(path.dropLast(5)) : path)
        return try Checkpoint(
            name: CheckpointFolder.lastComponent(file),
            kind: .gguf,
            tensors: tensors,
            metadata: metadata,
            folder: folder
        )
    }

    private static func openConfiguration(_ path: String) throws(CheckpointError) -> Checkpoint {
        let file = CheckpointFolder.lastComponent(path)
        let isBare = file == "config.json"
        let named = file.hasSuffix(".config.json") ? file.dropLast(12) : file.dropLast(5)
        return try Checkpoint(
            name: isBare ? CheckpointFolder.lastComponent(CheckpointFolder.parent(path)) : String(named),
            kind: .configuration,
            tensors: [],
            configurationPath: path
        )
    }
}
