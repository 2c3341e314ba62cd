import ArgumentParser

/// The command line's entry.
@main
struct Ponder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ponder",
        abstract: "An OpenAI-compatible inference server for the Qwen3 family.",
        discussion: """
            EXAMPLES:
              ponder serve                                  # the model inside the executable
              ponder serve Qwen3-0.6B-Q8_0.gguf --port 9000
              ponder chat                                   # talk to it in the terminal
              ponder run Qwen3-0.6B-Q8_0.gguf "Why is the sky blue?"
              ponder inspect Qwen3-30B-A3B/                 # what a model needs, without loading it
              ponder pull qwen3:8b                          # fetch a model; list, show and rm see to those
              ponder bench Qwen3-0.6B-Q8_0.gguf             # how fast a model is here
              ponder doctor                                 # what this machine is good for, or with --url a server
              ponder health --ready                         # whether a server on this machine answers
            """,
        version: Version.text,
        subcommands: [
            ServeCommand.self, ChatCommand.self, RunCommand.self, PullCommand.self, ListCommand.self, ShowCommand.self,
            RemoveCommand.self, BenchCommand.self, InspectCommand.self, DoctorCommand.self, HealthCommand.self,
            CompletionsCommand.self, ManualCommand.self,
        ]
    )
}
