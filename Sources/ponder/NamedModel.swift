import Foundation

/// A model on the command line or in the settings: a path, or a name for clients and a path.
struct NamedModel: Equatable, Sendable {
    /// Nil is the file's or the folder's.
    var name: String?
    var path: String

    init(name: String? = nil, path: String) {
        self.name = name
        self.path = path
    }

    /// From `PATH` or `NAME=PATH`. What exists as it stands is a path.
    init?(_ text: String) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].contains("/"), !FileManager.default.fileExists(atPath: text) else {
            guard !text.isEmpty else { return nil }
            self.init(path: text)
            return
        }
        guard !parts[0].isEmpty, !parts[0].contains(where: \.isWhitespace), !parts[1].isEmpty else { return nil }
        self.init(name: parts[0], path: parts[1])
    }

    /// One, or several with commas. What exists as it stands is one.
    static func list(_ text: String) -> [NamedModel]? {
        let texts = FileManager.default.fileExists(atPath: text) ? [text] : text.split(separator: ",").map(String.init)
        let models = texts.compactMap(NamedModel.init)
        return models.count == texts.count && !models.isEmpty ? models : nil
    }
}

/// How long models stay in memory after their last request.
enum IdleUnload: Equatable, Sendable {
    /// Those that the start loads stay, and those that a request loads for five minutes, as Ollama has it.
    case automatic
    case never
    case after(Duration)

    /// From `auto`, `never` or a number of seconds, of which 0 means never.
    init?(_ text: String) {
        switch text {
        case "auto": self = .automatic
        case "never": self = .never
        default:
            guard let seconds = Double(text), (0...1e9).contains(seconds) else { return nil }
            self = seconds == 0 ? .never : .after(.seconds(seconds))
        }
    }
}
