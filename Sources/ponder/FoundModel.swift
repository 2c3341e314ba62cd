import Checkpoints
import Foundation
import ModelHub
import Models
import Synchronization

/// A model that nobody named: it lies in the folder of models, or in the store that `ponder pull` fetches to.
struct FoundModel: Hashable, Sendable {
    /// For clients.
    var name: String
    var path: String
}

/// Looks for models where they may come and go.
///
/// What the store holds of other kinds, as it is shared with other programs, is passed over; what lies in the folder was put
/// there to be served, and is listed with what is wrong with it.
final class ModelSearch: Sendable {
    private let folder: String?
    private let library: ModelLibrary?
    /// Whether the models of the store that were looked at can be served, by path and time.
    private let judgements = Mutex<[String: Bool]>([:])

    init(folder: String?, library: ModelLibrary?) {
        self.folder = folder
        self.library = library
    }

    /// Where the models of a server may come and go.
    convenience init(_ settings: ServeSettings, library: ModelLibrary) {
        self.init(
            folder: settings.modelsFolder, library: settings.servesPulled || settings.allowsPulls ? library : nil)
    }

    /// The folders whose changes mean that models came or went.
    var roots: [String] { [folder].compactMap(\.self) + (library?.folders ?? []) }

    /// What is there now, the folder's models first.
    ///
    /// - Throws: `CheckpointError` where the folder cannot be read.
    func models() throws(CheckpointError) -> [FoundModel] {
        var models: [FoundModel] = []
        if let folder {
            models = try CheckpointSearch.models(below: folder).map { FoundModel(name: $0.name, path: $0.path) }
        }
        for model in library?.models() ?? [] where isServable(model) {
            models.append(FoundModel(name: model.name, path: model.path))
        }
        return models
    }

    /// The path of the model that the store has by some name, spelled as the store's users may.
    func path(of name: String) -> String? {
        guard let library, let reference = try? library.reference(name) else { return nil }
        return library.model(reference)?.path
    }

    private func isServable(_ model: StoredModel) -> Bool {
        let key = "\(model.modificationTime) \(model.path)"
        if let known = judgements.withLock({ $0[key] }) { return known }
        let isServable = (try? Checkpoint.open(model.path)).map { (try? ModelLoader.describe($0)) != nil } ?? false
        judgements.withLock { $0[key] = isServable }
        return isServable
    }
}
