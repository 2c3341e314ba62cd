import ArgumentParser

/// `ponder manual`: the manual page, for `man`.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page.",
        discussion: """
            In the macros of mdoc, which man and mandoc read. `make install` puts it where man finds it.

            EXAMPLES:
              ponder manual > ~/.local/share/man/man1/ponder.1
              ponder manual | man -l -
            """
    )

    @Flag(help: "Print the table of settings in Markdown instead, as docs/configuration.md has it.")
    var settings = false

    func run() throws {
        guard let program = CommandReference.program(),
            let serve = program.subcommands.first(where: { $0.name == "ponder serve" })
        else { throw SettingsError("the declarations of the commands cannot be read") }
        print(settings ? SettingTable(serve: serve).markdown : ManualPage(program: program).source, terminator: "")
        if settings { print() }
    }
}
