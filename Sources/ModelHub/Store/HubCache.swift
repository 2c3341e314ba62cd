internal import Foundation
internal import Glibc

/// A folder in the layout of Hugging Face's cache: for each repository its files by their digests (`blobs`), a folder of
/// links for each commit (`snapshots`), and what branches stand for (`refs`).
///
/// Source: "Understand caching" in the documentation of huggingface_hub.
struct HubCache: Sendable {
    let folder: String
    let hub: HubKind

    var place: ModelPlace { hub == .huggingFace ? .huggingFaceCache : .modelScopeStore }
    /// The branch that stands for a name without a revision.
    var mainBranch: String { hub == .huggingFace ? "main" : "master" }

    func path(of repository: String) -> String { "\(folder)/\(Self.folderName(repository))" }
    func blob(_ name: String, of repository: String) -> String { "\(path(of: repository))/blobs/\(name)" }
    func snapshot(_ commit: String, of repository: String) -> String { "\(path(of: repository))/snapshots/\(commit)" }
    func locks(of repository: String) -> String { "\(folder)/.locks/\(Self.folderName(repository))" }

    private static func folderName(_ repository: String) -> String {
        "models--" + repository.replacing("/", with: "--")
    }

    /// The repositories of which there is something.
    func repositories() -> [String] {
        FolderReader.names(in: folder).compactMap { name in
            guard name.hasPrefix("models--") else { return nil }
            let repository = name.dropFirst(8).replacing("--", with: "/")
            return ModelReference.isRepository(repository) ? String(repository) : nil
        }
    }

    /// The commits of which there is something.
    func commits(of repository: String) -> [String] {
        FolderReader.names(in: "\(path(of: repository))/snapshots").filter { $0.isHexadecimal(40) }
    }

    /// The commit that a revision stands for here: a branch, a tag, a commit or the beginning of one. Nil where it is not known.
    func commit(of repository: String, revision: String?) -> String? {
        let revision = revision ?? mainBranch
        guard ModelReference.isRevision(revision) else { return nil }
        let commits = commits(of: repository)
        if let commit = references(of: repository)[revision], commits.contains(commit) { return commit }
        guard revision.utf8.count >= 7 else { return nil }
        let fitting = commits.filter { $0.hasPrefix(revision) }
        return fitting.count == 1 ? fitting[0] : nil
    }

    /// Branches and tags, and the commits that they stand for.
    func references(of repository: String) -> [String: String] {
        let folder = "\(path(of: repository))/refs"
        return FolderReader.files(below: folder).reduce(into: [:]) { references, file in
            guard file.value <= 64, let text = FileManager.default.contents(atPath: "\(folder)/\(file.key)") else {
                return
            }
            let commit = String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            if commit.isHexadecimal(40) { references[file.key] = commit }
        }
    }

    /// The whole models of a commit, the one first that is taken where nobody says which.
    func models(of repository: String, commit: String) -> [StoredModel] {
        let folder = snapshot(commit, of: repository)
        let sizes = FolderReader.files(below: folder)
        let revision = name(of: commit, repository)
        return FolderReader.models(in: folder, sizes).map { model in
            StoredModel(
                model, hub: hub, repository: repository, revision: revision, commit: commit, folder: folder,
                sizes: sizes,
                place: place)
        }
    }

    /// How a commit is called: not at all where it is the main branch's.
    private func name(of commit: String, _ repository: String) -> String? {
        let names = references(of: repository).filter { $0.value == commit }.keys.sorted()
        return names.contains(mainBranch) ? nil : names.first ?? String(commit.prefix(12))
    }

    func models() -> [StoredModel] {
        repositories().flatMap { repository in
            commits(of: repository).flatMap { models(of: repository, commit: $0) }
        }
    }

    /// The model that a name stands for, if it is here.
    func model(_ reference: ModelReference) -> StoredModel? {
        guard let commit = commit(of: reference.repository, revision: reference.revision) else { return nil }
        return StoredModel.pick(reference.variant, among: models(of: reference.repository, commit: commit))
    }
}

extension StoredModel {
    init(
        _ files: ModelFiles, hub: HubKind, repository: String, revision: String?, commit: String?, folder: String,
        sizes: [String: Int], place: ModelPlace
    ) {
        let weights = "\(folder)/\(files.weights[0])"
        self.init(
            name: ModelReference(
                hub: hub, repository: repository, revision: revision, variant: files.variant, text: ""
            ).canonical,
            hub: hub, repository: repository, commit: commit,
            path: files.format == .safetensors ? folder : weights, format: files.format,
            files: files.all.map { StoredFile(path: $0, byteCount: sizes[$0] ?? 0) }, folder: folder, place: place,
            modificationTime: FolderReader.file(weights)?.modificationTime ?? 0)
    }

    /// The one of a folder's models that is asked for.
    static func pick(_ variant: String?, among models: [StoredModel]) -> StoredModel? {
        let files = ModelFiles.models(in: models.flatMap(\.files).map(\.path))
        guard let picked = ModelFiles.pick(variant, among: files) else { return nil }
        return models.first { $0.files.contains { $0.path == picked.weights[0] } }
    }
}
