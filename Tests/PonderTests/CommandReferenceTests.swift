import Foundation
import Testing

@testable import ponder

@Suite struct CommandReferenceTests {
    private func program() throws -> CommandReference { try #require(CommandReference.program()) }

    private func document(_ name: String) throws -> String {
        try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../\(name)"),
            encoding: .utf8)
    }

    @Test func `every command has examples`() throws {
        for command in try program().all {
            #expect(!command.examples.isEmpty, "\(command.name)")
            #expect(command.examples.allSatisfy { $0.contains("ponder ") }, "\(command.name)")
        }
    }

    @Test func `every setting has a flag and is explained`() throws {
        let serve = try #require(try program().subcommands.first { $0.name == "ponder serve" })
        let flags = Set(serve.arguments.filter(\.isShown).flatMap(\.names))
        for setting in Setting.allCases {
            #expect(setting.explanation != nil, "\(setting.rawValue)")
            #expect(setting == .model || flags.contains("--\(setting.rawValue)"), "\(setting.rawValue)")
        }
    }

    @Test func `docs/configuration md has the table of settings as the code has it`() throws {
        let serve = try #require(try program().subcommands.first { $0.name == "ponder serve" })
        let table = SettingTable(serve: serve).markdown
        #expect(
            try document("docs/configuration.md").contains("\n\(table)\n"),
            "`make reference` writes it anew")
        #expect(table.contains("| `rope-scale` (flag also: `--yarn-factor`) |"))
    }

    @Test func `config/ponder yaml has every setting`() throws {
        let file = try document("config/ponder.yaml")
        for setting in Setting.allCases {
            #expect(
                file.contains("\n\(setting.rawValue): ") || file.contains("\n# \(setting.rawValue): "), "\(setting)")
        }
    }

    @Test func `the manual page has every command and every option that help shows`() throws {
        let program = try program()
        let page = ManualPage(program: program).source
        for command in program.all.dropFirst() where command.subcommands.isEmpty {
            #expect(page.contains("\n.Ss \(ManualPage.text(command.name))\n"), "\(command.name)")
            for name in command.arguments.filter(\.isShown).flatMap(\.names) {
                #expect(page.contains("Fl \(ManualPage.text(String(name.dropFirst())))"), "\(name)")
            }
        }
        #expect(!page.contains("enable\\-reasoning"))
    }

    @Test func `text that roff would take for a command is escaped`() {
        #expect(ManualPage.text(".gguf files") == "\\&.gguf files")
        #expect(ManualPage.text("a\\b --c") == "a\\eb \\-\\-c")
    }
}
