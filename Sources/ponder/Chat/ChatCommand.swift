import ArgumentParser

/// `ponder chat`: talks with a model in the terminal.
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chat",
        abstract: "Talk with a model in the terminal.",
        discussion: """
            Without a prompt, a conversation: /help lists its commands, Ctrl-C ends an answer, Ctrl-D the chat. With a \
            prompt, as an argument, from a pipe or both, one answer. Where standard output is no terminal, only the answer \
            is written.

            EXAMPLES:
              ponder chat
              ponder chat "How many r's in strawberries?"
              ponder chat --model Qwen3-0.6B-Q8_0.gguf --think=false
              cat notes.txt | ponder chat --model Qwen3-8B/ "Summarise these notes."
              ponder chat --url http://127.0.0.1:8000 --json "Hello"
            """
    )

    @Argument(help: "What to ask; its words are joined. Without one, a conversation.")
    var prompt: [String] = []

    @Option(
        help: ArgumentHelp(
            "A GGUF file, a checkpoint folder or a model's name; with --url, the server's name. (default: the built-in model)",
            valueName: "model"
        ), completion: .file())
    var model: String?

    @Flag(help: "Fetch a model that is named and not here.")
    var pull = false

    @OptionGroup var options: ChatOptions

    func run() async throws {
        try await ChatLaunch(model: model, prompt: prompt, options: options, pulls: pull).run()
    }
}

/// `ponder run`: the same, with the model as its first argument.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Talk with the model that is named first; otherwise as `ponder chat`.",
        discussion: """
            A model that is named and not here is fetched.

            EXAMPLES:
              ponder run qwen3:0.6b
              ponder run Qwen3-0.6B-Q8_0.gguf
              ponder run Qwen3-30B-A3B/ --hide-thinking "Why is the sky blue?"
            """
    )

    @Argument(
        help: "A GGUF file, a checkpoint folder or a model's name; with --url, the server's name for it.",
        completion: .file())
    var model: String

    @Argument(help: "What to ask; its words are joined. Without one, a conversation.")
    var prompt: [String] = []

    @OptionGroup var options: ChatOptions

    func run() async throws {
        try await ChatLaunch(model: model, prompt: prompt, options: options, pulls: true).run()
    }
}
