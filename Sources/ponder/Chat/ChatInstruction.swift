/// What a line that a person entered asks for: a message to the model, or a command.
///
/// A command begins with a slash in the first column, and stands by itself: `/think` switches, `/think again` is a message,
/// which the model itself understands.
enum ChatInstruction: Hashable, Sendable {
    case message(String)
    case think(Bool)
    /// Without a name: tell what is set.
    case set(ChatPreferences.Name?, String)
    /// Nil tells the system prompt; an empty text takes it away.
    case system(String?)
    case save(String)
    case load(String)
    case statistics
    case reasoning
    case regenerate
    case clear
    case help
    case exit
    /// What is wrong, and what would be right.
    case unusable(String)

    /// The commands, for completion.
    static let names = [
        "/think", "/no_think", "/set", "/system", "/save", "/load", "/stats", "/reasoning", "/regenerate",
        "/clear", "/help", "/exit",
    ]

    init(_ line: String) {
        guard line.first == "/" else {
            self = .message(line)
            return
        }
        let word = String(line.prefix { !$0.isWhitespace })
        let rest = line.dropFirst(word.count).trimmed
        self = Self.command(word, rest) ?? .message(line)
        if case .message = self, !Self.isSwitch(word), !line.contains("\n") {
            self = .unusable(
                "There is no command \(word); /help lists them. With a space before it, the line is a message.")
        }
    }

    /// Whether a text holds Qwen3's switches, so that the model decides by them.
    static func holdsSwitch(_ text: String) -> Bool {
        text.contains("/think") || text.contains("/no_think")
    }

    private static func isSwitch(_ word: String) -> Bool {
        word == "/think" || word == "/no_think"
    }

    private static func command(_ word: String, _ rest: String) -> ChatInstruction? {
        switch word {
        case "/think" where rest.isEmpty: .think(true)
        case "/no_think" where rest.isEmpty, "/nothink" where rest.isEmpty: .think(false)
        case "/set": set(rest)
        case "/system": rest.isEmpty ? .system(nil) : .system(rest == "none" || rest == "\"\"" ? "" : rest)
        case "/save": rest.isEmpty ? .unusable("/save takes the name of a file.") : .save(rest)
        case "/load": rest.isEmpty ? .unusable("/load takes the name of a file.") : .load(rest)
        case "/stats": .statistics
        case "/reasoning": .reasoning
        case "/regenerate", "/retry": .regenerate
        case "/clear": .clear
        case "/help", "/?": .help
        case "/exit", "/quit", "/bye": .exit
        default: nil
        }
    }

    /// `/set NAME VALUE`, and what Ollama's `/set` takes: `think`, `nothink`, `parameter NAME VALUE`, `system TEXT`.
    private static func set(_ text: String) -> ChatInstruction {
        var words = text.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init)
        if words.first == "parameter" {
            words = words.dropFirst().first?.split(maxSplits: 1, whereSeparator: \.isWhitespace).map(String.init) ?? []
        }
        guard let first = words.first else { return .set(nil, "") }
        let value = words.dropFirst().first?.trimmed ?? ""
        switch first {
        case "think" where value.isEmpty: return .think(true)
        case "nothink", "no_think": return .think(false)
        case "system": return value.isEmpty ? .system(nil) : .system(value)
        default: break
        }
        guard let name = ChatPreferences.Name(rawValue: first) else {
            let known = ChatPreferences.Name.allCases.map(\.rawValue).joined(separator: ", ")
            return .unusable("There is no setting \(first); there are \(known).")
        }
        guard !value.isEmpty else { return .unusable("/set \(first) takes \(name.expectation).") }
        return .set(name, value)
    }
}

extension StringProtocol {
    /// Without white space at both ends.
    var trimmed: String {
        let start = drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
