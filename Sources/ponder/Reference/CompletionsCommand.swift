import ArgumentParser

/// `ponder completions`: what lets a shell complete ponder's commands and options.
struct CompletionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print the completion script of a shell.",
        discussion: """
            A shell that has read it completes commands, options, their values and files at the press of Tab. \
            `make install` puts the scripts where the shells find them.

            EXAMPLES:
              ponder completions bash > ~/.local/share/bash-completion/completions/ponder
              ponder completions zsh > ~/.zsh/completions/_ponder
              ponder completions fish > ~/.config/fish/completions/ponder.fish
            """
    )

    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash
        case zsh
        case fish

        fileprivate var kind: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    func run() {
        print(Ponder.completionScript(for: shell.kind))
    }
}
