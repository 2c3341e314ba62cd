import ArgumentParser
import Checkpoints
import Foundation
import ModelHub
import Models
import Serving
import Terminal

/// `ponder show`: what a model that is here is, where it came from and what it needs.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Tell what a model that is here is and needs.",
        discussion: """
            Where its files are and what they are, then what 'ponder inspect' prints of them.

            EXAMPLES:
              ponder show Qwen/Qwen3-0.6B
              ponder show qwen3:0.6b
            """
    )

    @Argument(help: "The name of a model, as 'ponder list' prints it.")
    var model: String

    func run() throws {
        let library = ModelLocator(environment: ProcessInfo.processInfo.environment).library
        let reference = try library.reference(model)
        guard let stored = library.model(reference) else {
            throw SettingsError("there is no model '\(SafeText.line(model))' here; 'ponder list' names those that are")
        }
        let checkpoint = try ModelSource.path(stored.path).openForInspection()
        print(Self.text(stored, license: CheckpointLicense.name(of: checkpoint)))
        print()
        print(try ModelLoader.describe(checkpoint))
    }

    private static func text(_ model: StoredModel, license: String?) -> String {
        let facts: [(String, String?)] = [
            ("name", model.name), ("format", "\(model.format)"), ("size", "\(ByteCount(model.byteCount))"),
            ("licence", license), ("commit", model.commit), ("where", model.place.rawValue), ("path", model.path),
        ]
        let lines = facts.compactMap { label, value in value.map { line(label, $0) } }
        let files = model.files.enumerated().map { index, file in
            line(index == 0 ? "files" : "", "\(file.path), \(ByteCount(file.byteCount))")
        }
        return (lines + files).joined(separator: "\n")
    }

    private static func line(_ label: String, _ value: String) -> String {
        label + String(repeating: " ", count: 9 - label.count) + SafeText.line(value)
    }
}
