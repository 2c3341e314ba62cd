import BuiltinModel
import Checkpoints
import Foundation
import Serving

/// Where a model's files are: a path, or the executable itself.
enum ModelSource: Sendable {
    /// A GGUF file, a safetensors file or a checkpoint folder.
    case path(String)

    /// The GGUF file inside the executable.
    case builtIn

    /// The name of the built-in model for clients.
    static let builtInName = "built-in"

    init(path: String?) {
        self = path.map(ModelSource.path) ?? .builtIn
    }

    /// Opens the files for loading the model.
    func open() throws(CheckpointError) -> Checkpoint {
        switch self {
        case .path(let path): try Checkpoint.open(path)
        case .builtIn: try Self.openBuiltIn()
        }
    }

    /// Opens the files for a plan: a folder that holds only a config.json will do.
    func openForInspection() throws(CheckpointError) -> Checkpoint {
        guard case .path(let path) = self, Self.holdsConfigurationOnly(path) else { return try open() }
        return try Checkpoint.open("\(path)/config.json")
    }

    /// Opens the draft model's files, where there is one and speculation uses it.
    static func openDraft(_ settings: ServeSettings) throws(CheckpointError) -> Checkpoint? {
        guard let path = settings.draftModel, settings.speculation == .automatic else { return nil }
        return try Checkpoint.open(path)
    }

    private static func openBuiltIn() throws(CheckpointError) -> Checkpoint {
        let start = unsafe ponder_builtin_model_start()
        let bytes = unsafe UnsafeRawBufferPointer(start: start, count: ponder_builtin_model_byte_count)
        return try unsafe Checkpoint.open(bytes: bytes, name: builtInName)
    }

    private static func holdsConfigurationOnly(_ path: String) -> Bool {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else { return false }
        return names.contains("config.json")
            && !names.contains { $0.hasSuffix(".safetensors") || $0.hasSuffix(".gguf") }
    }
}
