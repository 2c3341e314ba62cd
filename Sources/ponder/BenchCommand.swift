import ArgumentParser

/// `ponder bench`: measures models, tokenizers and grammars on this machine, or any server from outside.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure models on this machine, or a server from outside.",
        discussion: """
            EXAMPLES:
              ponder bench Qwen3-0.6B-Q8_0.gguf --depth 0,4096 --batch 1,16
              ponder bench serve --url http://127.0.0.1:8000 --clients 1,4,16
            """,
        subcommands: [
            BenchModelCommand.self, BenchServeCommand.self, BenchTokenizerCommand.self, BenchGrammarCommand.self,
        ],
        defaultSubcommand: BenchModelCommand.self
    )
}
