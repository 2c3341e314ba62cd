import ArgumentParser
import Foundation
import JSON

/// A command as its declaration has it: the one source of the manual, the tables of documents and their tests.
struct CommandReference: Sendable {
    /// An option, a flag or a plain argument.
    struct Argument: Hashable, Sendable {
        enum Kind: String, Sendable {
            case positional
            case option
            case flag
        }

        var kind: Kind
        /// As they are typed, with their hyphens; the one that help shows first. None for plain arguments.
        var names: [String]
        var valueName: String
        var isOptional: Bool
        var isRepeating: Bool
        /// Whether help shows it.
        var isShown: Bool
        var about: String
    }

    /// With those that it stands below: `ponder bench serve`.
    var name: String
    var about: String
    /// What help says before the options: paragraphs, and examples under a line of their own.
    var discussion: String
    var arguments: [Argument]
    var subcommands: [CommandReference]

    /// The whole program.
    static func program() -> CommandReference? {
        guard let value = try? JSONValue(parsing: Array(Ponder._dumpHelp().utf8)), let command = value["command"] else {
            return nil
        }
        return CommandReference(command, below: nil)
    }

    private init?(_ value: JSONValue, below parent: String?) {
        guard let own = value["commandName"]?.stringValue else { return nil }
        let name = parent.map { "\($0) \(own)" } ?? own
        self.name = name
        about = value["abstract"]?.stringValue ?? ""
        discussion = value["discussion"]?.stringValue ?? ""
        arguments = (value["arguments"]?.arrayValue ?? []).compactMap(Argument.init)
        subcommands = (value["subcommands"]?.arrayValue ?? []).compactMap { subcommand in
            guard subcommand["shouldDisplay"]?.boolValue ?? true, subcommand["commandName"]?.stringValue != "help"
            else {
                return nil
            }
            return CommandReference(subcommand, below: name)
        }
    }

    /// This one and those below it, in the order of their declaration.
    var all: [CommandReference] { [self] + subcommands.flatMap(\.all) }

    /// The discussion without its examples.
    var paragraphs: [String] {
        discussion.components(separatedBy: "\n\n").filter { !$0.isEmpty && !$0.hasPrefix(Self.examplesTitle) }
    }

    /// The lines of its examples, without their indentation.
    var examples: [String] {
        let part = discussion.components(separatedBy: "\n\n").first { $0.hasPrefix(Self.examplesTitle) } ?? ""
        return part.split(separator: "\n").dropFirst().map { $0.trimmed }
    }

    private static let examplesTitle = "EXAMPLES:"
}

extension CommandReference.Argument {
    fileprivate init?(_ value: JSONValue) {
        guard let kind = Kind(rawValue: value["kind"]?.stringValue ?? "") else { return nil }
        self.kind = kind
        let all = (value["names"]?.arrayValue ?? []).compactMap(Self.name)
        let preferred = value["preferredName"].flatMap(Self.name)
        names = (preferred.map { [$0] } ?? []) + all.filter { $0 != preferred }
        valueName = value["valueName"]?.stringValue ?? ""
        isOptional = value["isOptional"]?.boolValue ?? false
        isRepeating = value["isRepeating"]?.boolValue ?? false
        isShown = value["shouldDisplay"]?.boolValue ?? true
        about = value["abstract"]?.stringValue ?? ""
    }

    private static func name(_ value: JSONValue) -> String? {
        value["name"]?.stringValue.map { value["kind"]?.stringValue == "long" ? "--\($0)" : "-\($0)" }
    }
}
