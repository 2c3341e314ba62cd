import ArgumentParser
import Foundation
import ModelHub

/// `ponder rm`: removes models from this machine.
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Remove a model that is here.",
        discussion: """
            With a quantisation, that one goes; with a revision, that one; with neither, all that is here of the repository. \
            Files that another model or revision uses stay.

            EXAMPLES:
              ponder rm Qwen/Qwen3-0.6B
              ponder rm Qwen/Qwen3-8B-GGUF:q4_k_m
            """
    )

    @Argument(help: "Models to remove.")
    var models: [String]

    func run() throws {
        let library = ModelLocator(environment: ProcessInfo.processInfo.environment).library
        for text in models {
            let freed = try library.remove(library.reference(text))
            print("\(text): removed, \(ByteCount(freed)) free again")
        }
    }
}
