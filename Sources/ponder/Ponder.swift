import ArgumentParser

/// The command line's entry: `serve`, `chat`, `bench`, `pull`, `inspect`.
@main
struct Ponder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ponder",
        abstract: "An OpenAI-compatible inference server for the Qwen3 family."
    )
}
