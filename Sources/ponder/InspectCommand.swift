import ArgumentParser
import Checkpoints
import Foundation
import ModelHub
import Models

/// `ponder inspect`: what a model is and needs, from headers and configuration alone.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Tell what a model needs, without loading it.",
        discussion: """
            Prints parameters, bytes by kind of weight, and the KV cache's bytes per token. A folder that holds a \
            config.json and no weights will do.

            EXAMPLES:
              ponder inspect Qwen3-0.6B-Q8_0.gguf
              ponder inspect Qwen3-30B-A3B/
            """
    )

    @Argument(
        help:
            "A GGUF file, a checkpoint folder, a config.json or the name of a model that is here. Without one, the built-in model.",
        completion: .file())
    var model: String?

    @Option(
        help: ArgumentHelp(
            "What becomes of the weights: auto, none, q8_0, q6_k or q4_k_m. (default: auto)", valueName: "recipe"))
    var quantize = Quantization.automatic.rawValue

    func run() throws {
        guard let quantization = Quantization(name: quantize) else {
            throw SettingsError(place: "--quantize", value: quantize, expectation: Setting.quantize.expectation)
        }
        let locator = ModelLocator(environment: ProcessInfo.processInfo.environment)
        let path = try model.map { text throws(HubError) in try locator.locate(text).path }
        let checkpoint = try ModelSource(path: path).openForInspection()
        print(try ModelLoader.describe(checkpoint, quantization: quantization))
    }
}
