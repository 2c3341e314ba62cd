internal import Foundation

/// Removes models of one repository from a cache.
struct ModelRemoval {
    let cache: HubCache
    let repository: String

    /// - Returns: how many bytes of the disk are free again.
    func remove(_ reference: ModelReference) throws(HubError) -> Int {
        if reference.revision == nil, reference.variant == nil, reference.text.contains("/") { return try removeAll() }
        guard let commit = cache.commit(of: repository, revision: reference.revision) else {
            throw ModelLibrary.notHere(reference)
        }
        let folder = cache.snapshot(commit, of: repository)
        let models = cache.models(of: repository, commit: commit)
        // A name of Ollama's library stands for one model of a repository.
        let isWhole = reference.variant == nil && reference.text.contains("/")
        guard isWhole || StoredModel.pick(reference.variant, among: models) != nil else {
            throw ModelLibrary.notHere(reference)
        }
        var links = Array(FolderReader.files(below: folder).keys)
        if !isWhole, let model = StoredModel.pick(reference.variant, among: models), models.count > 1 {
            let others = Set(models.filter { $0 != model }.flatMap(\.files).map(\.path))
            links = model.files.map(\.path).filter { !others.contains($0) }
        } else {
            links = links.sorted()
        }
        let isLast = isWhole || models.count <= 1
        let blobs = Set(links.compactMap { blob(behind: "\(folder)/\($0)") })
        for link in links { try delete("\(folder)/\(link)") }
        if isLast {
            for (name, target) in cache.references(of: repository) where target == commit {
                try delete("\(cache.path(of: repository))/refs/\(name)")
            }
            try delete(folder)
        }
        if cache.commits(of: repository).isEmpty { return try removeAll() }
        return try delete(blobs: blobs.subtracting(usedBlobs()))
    }

    private func removeAll() throws(HubError) -> Int {
        let folder = cache.path(of: repository)
        let freed = FolderReader.names(in: "\(folder)/blobs").reduce(0) { sum, name in
            let path = "\(folder)/blobs/\(name)"
            return sum + (FolderReader.isLink(path) ? 0 : FolderReader.file(path)?.byteCount ?? 0)
        }
        try delete(folder)
        if FolderReader.isFolder(cache.locks(of: repository)) { try delete(cache.locks(of: repository)) }
        return freed
    }

    private func delete(blobs: Set<String>) throws(HubError) -> Int {
        var freed = 0
        for name in blobs {
            let path = cache.blob(name, of: repository)
            // A link leads to a store that other repositories share.
            if !FolderReader.isLink(path) { freed += FolderReader.file(path)?.byteCount ?? 0 }
            try delete(path)
        }
        return freed
    }

    /// The blobs that links of any commit still lead to.
    private func usedBlobs() -> Set<String> {
        Set(
            cache.commits(of: repository).flatMap { commit in
                let folder = cache.snapshot(commit, of: repository)
                return FolderReader.files(below: folder).keys.compactMap { blob(behind: "\(folder)/\($0)") }
            })
    }

    /// The name of the blob that a link leads to; nil for all that is no link into this repository's blobs.
    private func blob(behind link: String) -> String? {
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: link) else { return nil }
        let name = RepositoryPath.lastPart(target)
        let path = target.hasPrefix("/") ? target : "\(link)/../\(target)"
        let isBlob = Self.parts(of: path) == Self.parts(of: cache.blob(name, of: repository))
        return isBlob && RepositoryPath.isSafe(name) ? name : nil
    }

    /// The parts of a path with each `..` taken back, as the links of a cache have them.
    private static func parts(of path: String) -> [Substring] {
        path.split(separator: "/").reduce(into: []) { parts, part in
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
        }
    }

    private func delete(_ path: String) throws(HubError) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw HubError("\(path) cannot be removed: \(error.localizedDescription)")
        }
    }
}
