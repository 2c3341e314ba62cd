/// Folders of other programs in which models lie as plain files; they are used in place and never written to.
struct ForeignFolders: Sendable {
    let studioFolders: [String]
    let modelScopeCache: String

    /// All models in them.
    func models() -> [StoredModel] {
        studioRepositories().flatMap { models($0.folder, $0.repository, hub: .huggingFace, place: .lmStudio) }
            + modelScopeRepositories().flatMap {
                models($0.folder, $0.repository, hub: .modelScope, place: .modelScopeCache)
            }
    }

    /// The model that a name stands for, if it is here. Nothing tells which revision of it.
    func model(_ reference: ModelReference) -> StoredModel? {
        guard reference.revision == nil else { return nil }
        let (places, place) =
            switch reference.hub {
            case .huggingFace: (studioRepositories(), ModelPlace.lmStudio)
            case .modelScope: (modelScopeRepositories(), ModelPlace.modelScopeCache)
            }
        for (folder, repository) in places where repository == reference.repository {
            let models = models(folder, repository, hub: reference.hub, place: place)
            if let model = StoredModel.pick(reference.variant, among: models) { return model }
        }
        return nil
    }

    private func models(_ folder: String, _ repository: String, hub: HubKind, place: ModelPlace) -> [StoredModel] {
        let sizes = FolderReader.files(below: folder)
        return FolderReader.models(in: folder, sizes).map { model in
            StoredModel(
                model, hub: hub, repository: repository, revision: nil, commit: nil, folder: folder, sizes: sizes,
                place: place)
        }
    }

    /// `OWNER/NAME`
    private func studioRepositories() -> [(folder: String, repository: String)] {
        studioFolders.flatMap { Self.pairs(in: $0) }
    }

    /// `models/OWNER--NAME/snapshots/master`, or as earlier releases did it, `OWNER/NAME` with `___` for each dot.
    private func modelScopeRepositories() -> [(folder: String, repository: String)] {
        let current = FolderReader.names(in: "\(modelScopeCache)/models").compactMap { name -> (String, String)? in
            let folder = "\(modelScopeCache)/models/\(name)/snapshots/master"
            let repository = name.replacing("--", with: "/")
            return ModelReference.isRepository(repository) && FolderReader.isFolder(folder) ? (folder, repository) : nil
        }
        let older = ["models", "hub/models"].flatMap { Self.pairs(in: "\(modelScopeCache)/\($0)") }
        return current + older.map { ($0.folder, $0.repository.replacing("___", with: ".")) }
    }

    private static func pairs(in root: String) -> [(folder: String, repository: String)] {
        FolderReader.names(in: root).filter { ModelReference.isPlainName($0) }.flatMap { owner in
            FolderReader.names(in: "\(root)/\(owner)").compactMap { name -> (String, String)? in
                guard ModelReference.isPlainName(name) else { return nil }
                let folder = "\(root)/\(owner)/\(name)"
                return FolderReader.isFolder(folder) ? (folder, "\(owner)/\(name)") : nil
            }
        }
    }
}
