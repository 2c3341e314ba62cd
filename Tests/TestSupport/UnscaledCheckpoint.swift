import Foundation

/// The checkpoint `dense-yarn` as Qwen publishes its models: its files know nothing of YaRN, and name 64 positions.
public final class UnscaledCheckpoint: Sendable {
    /// The folder; it goes with this object.
    public let path: String

    public init() throws {
        path = NSTemporaryDirectory() + "ponder-unscaled-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: Fixtures.path("models/dense-yarn/hf")) {
            let file = Fixtures.path("models/dense-yarn/hf/\(name)")
            if name != "config.json" {
                try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: file)
            }
        }
        let text = String(decoding: try Fixtures.bytes("models/dense-yarn/hf/config.json"), as: UTF8.self)
        let unscaled =
            text
            .replacing(/"rope_scaling": \{[^}]*\}/, with: "\"rope_scaling\": null")
            .replacing(/"max_position_embeddings": \d+/, with: "\"max_position_embeddings\": 64")
        try Data(unscaled.utf8).write(to: URL(filePath: "\(path)/config.json"))
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
