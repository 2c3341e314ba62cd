import Foundation
import ModelHub

/// From what somebody calls a model to the files that hold it: a path, or a name that the store knows.
struct ModelLocator: Sendable {
    let library: ModelLibrary
    /// Whether a model that is not here is fetched.
    var pulls = false

    init(environment: [String: String], pulls: Bool = false) {
        library = ModelLibrary(settings: HubSettings(environment: environment))
        self.pulls = pulls
    }

    /// Where a model's files are, and what clients call it.
    ///
    /// - Returns: a path that `Checkpoint.open` takes, and a name where the path is not what was asked for.
    /// - Throws: `HubError` where the text is a model's name, but the model is not here or cannot be fetched.
    func locate(_ text: String) throws(HubError) -> (path: String, name: String?) {
        guard !Self.isPath(text), let reference = try? library.reference(text) else { return (text, nil) }
        if let model = library.model(reference) { return (model.path, reference.servedName) }
        guard pulls else { throw .notStored(reference) }
        return (try PullRun.pull(reference, from: library, form: .text).path, reference.servedName)
    }

    /// The same for the models of `ponder serve` and its like: paths replace names.
    func locateModels(of settings: inout ServeSettings) throws(HubError) {
        for (index, model) in settings.models.enumerated() {
            let (path, name) = try locate(model.path)
            settings.models[index] = NamedModel(name: model.name ?? name, path: path)
        }
        settings.alias = settings.alias ?? settings.models.first?.name
        if let draft = settings.draftModel { settings.draftModel = try locate(draft).path }
    }

    /// Whether there is something of this name, or the name looks like one of a file.
    private static func isPath(_ text: String) -> Bool {
        ["/", "./", "../", "~"].contains { text.hasPrefix($0) } || text == "." || text == ".."
            || [".gguf", ".safetensors", ".json", "/"].contains { text.hasSuffix($0) } && !text.contains(":")
            || FileManager.default.fileExists(atPath: text)
    }
}

extension HubError {
    fileprivate static func notStored(_ reference: ModelReference) -> HubError {
        .missing(
            "\(reference.text) is neither a file or folder here nor a model of the store; "
                + "'ponder pull \(reference.text)' fetches it from \(reference.hub.title), and so does --pull")
    }
}
