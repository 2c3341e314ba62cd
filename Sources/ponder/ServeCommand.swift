import ArgumentParser
import Foundation
import Logging
import ModelHub
import Telemetry

/// `ponder serve`: loads a model and answers HTTP requests until told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve models over HTTP, as OpenAI's API does.",
        discussion: """
            Each flag can also stand in the environment, as PONDER_ and its name in capitals with underscores, and in the \
            file that --config names. Prints one line on standard output when the model is ready; logs go to standard \
            error. The launch lines of vLLM and SGLang in Qwen's documentation work too, with a warning where a flag means \
            nothing here. SIGTERM or SIGINT lets running replies end; a second one does not.

            EXAMPLES:
              ponder serve
              ponder serve Qwen3-0.6B-Q8_0.gguf --host 0.0.0.0 --port 8080
              ponder serve Qwen/Qwen3-8B-GGUF:q4_k_m --pull
              ponder serve Qwen3-30B-A3B-Q4_K_M.gguf --context 8192 --dry-run
              ponder serve chat=Qwen3-8B-Q4_K_M.gguf embed=Qwen3-Embedding-0.6B/
              ponder serve --models-dir ~/models --memory-limit 12GiB --idle-unload 600
              ponder serve --pulled-models
              ponder serve Qwen3-30B-A3B/ --context 16384 --kv-cache-memory 4GiB --api-key "$KEY"
            """
    )

    @OptionGroup var options: ServeOptions
    @OptionGroup var peerFlags: PeerFlags

    @Flag(help: "Print what each model will take of the memory, and whether it fits, and exit.")
    var dryRun = false

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        var options = options
        for warning in try peerFlags.apply(to: &options) {
            DescriptorWriting.write("ponder: warning: \(warning)\n", to: STDERR_FILENO)
        }
        var settings = try SettingsLoader(options: options, environment: environment).load()
        try ModelLocator(environment: environment, pulls: settings.pulls).locateModels(of: &settings)
        if dryRun {
            let library = ModelLibrary(settings: HubSettings(environment: environment))
            let catalog = try ModelCatalog(settings, found: ModelSearch(settings, library: library).models())
            let plans = try catalog.entries.map { entry in
                try StartupPlan(
                    entry.source.openForInspection(), draft: ModelSource.openDraft(entry.settings),
                    settings: entry.settings, share: MemoryShare(isOneOfSeveral: catalog.hasSeveral))
            }
            print(plans.map(\.description).joined(separator: "\n\n"))
            return try plans.forEach { try $0.check() }
        }
        let metrics = MetricsRegistry(helps: ServeMetrics.helps)
        let logs = LogOutput(descriptor: STDERR_FILENO, countLost: ServeMetrics.lostLines(metrics))
        defer { logs.finish(within: .seconds(1)) }
        let format = settings.logFormat
        LoggingSystem.bootstrap { format.handler(label: $0, output: logs) }
        try await ServeLifecycle(settings: settings, environment: environment, logs: logs, metrics: metrics).run()
    }
}
