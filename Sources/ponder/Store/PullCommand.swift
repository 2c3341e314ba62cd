import ArgumentParser
import Checkpoints
import Foundation
import ModelHub
import Serving
import Terminal

/// `ponder pull`: fetches models from Hugging Face or ModelScope.
struct PullCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Fetch a model from Hugging Face or ModelScope.",
        discussion: """
            Names are those of the hubs, with @REVISION and, for GGUF files, :QUANTISATION, or Ollama's. What an earlier try \
            fetched is used, and so is what other programs left in Hugging Face's cache; each file is checked by its digest. \
            HF_TOKEN, HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_HUB_OFFLINE, MODELSCOPE_ENDPOINT, MODELSCOPE_API_TOKEN and \
            HTTPS_PROXY are heeded. docs/models.md says more.

            EXAMPLES:
              ponder pull Qwen/Qwen3-0.6B
              ponder pull Qwen/Qwen3-8B-GGUF:q4_k_m
              ponder pull qwen3:30b-a3b
              ponder pull modelscope:Qwen/Qwen3-8B@v1.0.0
            """
    )

    @Argument(help: "Models to fetch.")
    var models: [String]

    @Option(
        help: ArgumentHelp(
            "How many connections fetch at once: each a file, or a part of a large one.", valueName: "count"))
    var jobs = 4

    @Flag(help: "Tell what happens as one JSON object a line on standard output.")
    var json = false

    @OptionGroup var trust: TrustOptions

    func run() throws {
        var settings = HubSettings(environment: ProcessInfo.processInfo.environment)
        settings.tls = try trust.context()
        settings.connectionCount = try WholeNumber.checked(jobs, "--jobs", in: 1...64)
        let library = ModelLibrary(settings: settings)
        let references = try models.map { text throws(HubError) in try library.reference(text) }
        for reference in references {
            let model = try PullRun.pull(reference, from: library, form: json ? .json : .text)
            if !json { print(Self.summary(of: model, reference)) }
        }
    }

    private static func summary(of model: StoredModel, _ reference: ModelReference) -> String {
        let license = (try? Checkpoint.open(model.path)).flatMap(CheckpointLicense.name).map { ", licence \($0)" } ?? ""
        return """
            \(model.name): \(model.format), \(ByteCount(model.byteCount))\(SafeText.line(license))
            \(model.path)
            ponder serve \(reference.text)
            """
    }
}
