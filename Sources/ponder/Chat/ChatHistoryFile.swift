import Foundation
import JSON

/// What was entered in earlier chats: a JSON string a line, for the person alone to read.
///
/// A history that cannot be read or written is no reason not to chat.
struct ChatHistoryFile {
    let path: String

    private static let entryLimit = 1_000
    private static let byteLimit = 1 << 20

    /// Below `XDG_STATE_HOME`, as the XDG base directory specification has it.
    static var standard: ChatHistoryFile? {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["XDG_STATE_HOME"], folder.hasPrefix("/") {
            return ChatHistoryFile(path: "\(folder)/ponder/chat-history.jsonl")
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return ChatHistoryFile(path: "\(home)/.local/state/ponder/chat-history.jsonl")
    }

    /// The last entries, oldest first.
    func read() -> [String] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let entries = data.split(separator: 0x0A).suffix(Self.entryLimit).compactMap { line in
            try? JSONValue(parsing: Array(line)).stringValue
        }
        if data.count > Self.byteLimit { replace(with: entries) }
        return entries
    }

    func append(_ entry: String) {
        if let file = FileHandle(forWritingAtPath: path) {
            defer { try? file.close() }
            _ = try? file.seekToEnd()
            try? file.write(contentsOf: Self.line(entry))
        } else {
            replace(with: [entry])
        }
    }

    private func replace(with entries: [String]) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let kept = entries.suffix(Self.entryLimit / 2).map(Self.line)
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(kept.joined()), attributes: [.posixPermissions: 0o600])
    }

    private static func line(_ entry: String) -> Data {
        Data(JSONValue.string(entry).serializedBytes() + [0x0A])
    }
}
