import Chat
import Foundation
import JSON
import OpenAIAPI

/// A conversation in a file: a JSON object whose `messages` are OpenAI's, so that it can also be sent to a server.
struct ConversationFile {
    let path: String

    /// More would not fit into any context.
    private static let byteLimit = 64 << 20

    /// - Parameter path: `~/` at its beginning is the home folder.
    init(path: String) {
        self.path = path.hasPrefix("~/") ? NSString(string: path).expandingTildeInPath : path
    }

    /// Writes the file anew. Only a conversation is written over.
    func save(_ conversation: Conversation, model: String) throws(SettingsError) {
        if FileManager.default.fileExists(atPath: path), (try? load()) == nil {
            throw SettingsError("\(path): there already is something, which is no conversation")
        }
        let folder = (path as NSString).deletingLastPathComponent
        guard folder.isEmpty || FileManager.default.fileExists(atPath: folder) else {
            throw SettingsError("\(path): there is no folder \(folder)")
        }
        let value: JSONValue = [
            "model": .string(model), "messages": ConversationJSON.value(of: conversation.messages),
        ]
        do {
            let bytes = Data(value.serializedBytes(.indented()) + [0x0A])
            try bytes.write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw SettingsError("\(path): cannot be written: \(error.localizedDescription)")
        }
    }

    /// Reads a file that `save` wrote, or an array of messages.
    func load() throws(SettingsError) -> Conversation {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: try bytes())
        } catch let error as JSONError {
            throw SettingsError("\(path): \(error)")
        } catch let error as SettingsError {
            throw error
        } catch {
            throw SettingsError("\(path): \(error)")
        }
        guard let body = value.objectValue ?? value.arrayValue.map({ ["messages": .array($0)] }) else {
            throw SettingsError("\(path): expected an object with messages, not \(value.kind)")
        }
        // A conversation that was saved before its first message.
        if body["messages"]?.arrayValue?.isEmpty == true { return Conversation() }
        do {
            return Conversation(try ConversationJSON.messages(in: body))
        } catch {
            throw SettingsError("\(path): \(error)")
        }
    }

    private func bytes() throws(SettingsError) -> [UInt8] {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)
        guard let attributes else { throw SettingsError("\(path): there is no such file") }
        // Reading a pipe or a device might never end.
        guard attributes[.type] as? FileAttributeType == .typeRegular else {
            throw SettingsError("\(path): no file")
        }
        guard (attributes[.size] as? Int ?? 0) <= Self.byteLimit else {
            throw SettingsError("\(path): longer than \(Self.byteLimit >> 20) MiB, which is no conversation")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SettingsError("\(path): cannot be read")
        }
        return Array(data)
    }
}
