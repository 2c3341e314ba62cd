/// The manual page `ponder(1)`, made of the commands' declarations, in the macros of mdoc(7).
struct ManualPage {
    let program: CommandReference

    /// The page's source, for `man` and `mandoc`.
    var source: String {
        var lines = [
            ".Dd \(Version.date)", ".Dt PONDER 1", ".Os", ".Sh NAME", ".Nm ponder",
            ".Nd \(Self.text(program.about.trimmingFullStop))", ".Sh SYNOPSIS",
        ]
        let commands = program.all.dropFirst().filter { $0.subcommands.isEmpty }
        for command in commands { lines += synopsis(command) }
        lines += [".Sh DESCRIPTION"]
        lines += Self.paragraph(
            "Ponder loads checkpoints of the Qwen3 family from GGUF and safetensors files and serves them over HTTP, by the APIs "
                + "of OpenAI, Anthropic and Ollama, or talks with them in the terminal.")
        for command in commands { lines += section(command) }
        lines += Self.environment + Self.files + Self.exitStatus
        lines += [".Sh EXAMPLES"]
        lines += display(program.examples)
        lines += [".Sh SEE ALSO"]
        lines += Self.paragraph("The documents in docs/ of the source, which begin with docs/README.md.")
        return lines.joined(separator: "\n") + "\n"
    }

    private func synopsis(_ command: CommandReference) -> [String] {
        var lines = [".Nm", ".Cm \(Self.text(command.ownName))"]
        if command.arguments.contains(where: { $0.isShown && $0.kind != .positional }) {
            lines.append(".Op Ar options")
        }
        for argument in command.arguments where argument.kind == .positional {
            let name = ".Ar \(Self.text(argument.valueName))\(argument.isRepeating ? " ..." : "")"
            lines.append(argument.isOptional ? ".Op \(name.dropFirst())" : name)
        }
        return lines
    }

    private func section(_ command: CommandReference) -> [String] {
        var lines = [".Ss \(Self.text(command.name))"] + Self.paragraph(command.about)
        for paragraph in command.paragraphs {
            lines += [".Pp"] + Self.paragraph(paragraph)
        }
        let shown = command.arguments.filter { $0.isShown }
        if !shown.isEmpty {
            lines.append(".Bl -tag -width Ds")
            for argument in shown { lines += item(argument) }
            lines.append(".El")
        }
        if !command.examples.isEmpty {
            lines += [".Pp", "Examples:"] + display(command.examples)
        }
        return lines
    }

    private func item(_ argument: CommandReference.Argument) -> [String] {
        let value = Self.text(argument.valueName)
        guard argument.kind != .positional else { return [".It Ar \(value)"] + Self.paragraph(argument.about) }
        // mdoc's Fl writes the first hyphen itself.
        let names = argument.names.map { "Fl \(Self.text(String($0.dropFirst())))" }.joined(separator: " , ")
        return [".It \(names)\(argument.kind == .option ? " Ar \(value)" : "")"] + Self.paragraph(argument.about)
    }

    private func display(_ lines: [String]) -> [String] {
        [".Bd -literal -offset indent"] + lines.map(Self.text) + [".Ed"]
    }

    private static let lineLimit = 80

    /// A line for each sentence, as mdoc wants it, or more where it is long.
    private static func paragraph(_ prose: String) -> [String] {
        let joined = prose.split(separator: "\n").map { $0.trimmed }.joined(separator: " ")
        var lines: [String] = []
        var line = ""
        for word in joined.split(separator: " ") {
            if !line.isEmpty, text("\(line) \(word)").utf8.count > lineLimit {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? "\(word)" : " \(word)"
            if line.hasSuffix("."), !line.hasSuffix("e.g.") {
                lines.append(line)
                line = ""
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines.map(Self.text)
    }

    /// What roff would take for a command is escaped.
    static func text(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&\(escaped)" : escaped
    }
}

extension ManualPage {
    private static let environment = entries(
        ".Sh ENVIRONMENT",
        [
            (
                ".Ev PONDER_NAME",
                "The setting --name of ponder serve, in capitals and with underscores: PONDER_KV_CACHE_MEMORY."
            ),
            (".Ev PONDER_CONFIG", "The file of settings, as --config names it."),
            (".Ev PONDER_API_KEY", "Also the key that ponder chat shows to the server of --url."),
            (
                ".Ev HF_TOKEN , HF_ENDPOINT , HF_HOME , HF_HUB_CACHE , HF_HUB_OFFLINE",
                "Where models are fetched from and kept, as for Hugging Face's own programs."
            ),
            (".Ev HTTPS_PROXY , HTTP_PROXY , NO_PROXY", "The proxy that ponder pull asks."),
            (".Ev SSL_CERT_FILE , SSL_CERT_DIR", "The certificates to trust."),
        ])

    private static let files = entries(
        ".Sh FILES",
        [
            (
                ".Pa ~/.cache/huggingface/hub",
                "The models that ponder pull fetched, shared with Hugging Face's own programs."
            ),
            (".Pa ~/.cache/ponder/modelscope", "Those of ModelScope."),
            (".Pa ~/.local/state/ponder/chat\\-history.jsonl", "What was entered in ponder chat."),
        ])

    private static let exitStatus = entries(
        ".Sh EXIT STATUS",
        [
            ("0", "It did what it was asked for; a server ended after SIGTERM or SIGINT."),
            ("1", "It could not; one line on standard error says why."),
            ("64", "The command line was none."),
            ("128 and a signal's number", "A second signal ended a server at once, or a signal ended a pull."),
        ])

    private static func entries(_ title: String, _ entries: [(tag: String, about: String)]) -> [String] {
        [title, ".Bl -tag -width Ds"]
            + entries.flatMap { entry in [".It \(entry.tag.drop { $0 == "." })"] + paragraph(entry.about) } + [".El"]
    }
}

extension CommandReference {
    /// Without the program's.
    fileprivate var ownName: String { name.split(separator: " ").dropFirst().joined(separator: " ") }
}

extension String {
    fileprivate var trimmingFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
