import ArgumentParser
import Foundation
import ModelHub
import Models

/// `ponder rm`: removes models from this machine.
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove a model that is here.",
        discussion: """
            With a quantisation, that one goes; with a revision, that one; with neither, all that is here of the repository. \
            Files that another model or revision uses stay. What --quantize keeps of a model goes with it, or, with \
            --quantized, alone: also of a model that was served by its path, and of all where none is named.

            EXAMPLES:
              ponder rm Qwen/Qwen3-0.6B
              ponder rm Qwen/Qwen3-8B-GGUF:q4_k_m
              ponder rm --quantized Qwen/Qwen3-0.6B
              ponder rm --quantized
            """
    )

    @Argument(help: "Models to remove.")
    var models: [String] = []

    @Flag(help: "Remove only what --quantize keeps for the next start.")
    var quantized = false

    func validate() throws {
        if models.isEmpty, !quantized { throw ValidationError("Which model? 'ponder list' names those that are here.") }
    }

    func run() throws {
        let library = ModelLocator(environment: ProcessInfo.processInfo.environment).library
        let copies = QuantizedCopies(settings: library.settings)
        if models.isEmpty { report("quantised weights", try QuantizedCopies.remove(copies.all)) }
        for text in models {
            report(
                text,
                try quantized
                    ? removeCopies(of: text, copies, library)
                    : library.removeWithQuantizedCopies(library.reference(text)))
        }
    }

    private func report(_ name: String, _ freed: Int) { print("\(name): removed, \(ByteCount(freed)) free again") }

    private func removeCopies(of text: String, _ copies: QuantizedCopies, _ library: ModelLibrary) throws -> Int {
        let path = (try? library.reference(text)).flatMap { library.model($0)?.path } ?? text
        let found = copies.of(path)
        guard !found.isEmpty else {
            throw SettingsError("--quantize keeps nothing of '\(text)'; 'ponder list' names what is here")
        }
        return try QuantizedCopies.remove(found)
    }
}
