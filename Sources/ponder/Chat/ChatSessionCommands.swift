import Serving
import Terminal

extension ChatSession {
    /// Does what a command says.
    func obey(_ command: ChatInstruction) {
        switch command {
        case .message, .regenerate: break
        case .think(let isOn):
            preferences.thinking = isOn ? .max : ThinkingLevel.none
            tell(isOn ? "The model thinks before it answers." : "The model answers at once.")
        case .set(let name, let value): set(name, value)
        case .system(let text): setSystem(text)
        case .save(let path): attempt { () throws(SettingsError) in try save(to: ConversationFile(path: path)) }
        case .load(let path): attempt { () throws(SettingsError) in try load(from: ConversationFile(path: path)) }
        case .statistics: statistics.lines.forEach(tell)
        case .reasoning: showReasoning()
        case .clear:
            conversation.clear()
            tell("The conversation begins anew\(conversation.system == nil ? "" : "; the system prompt stays").")
        case .help: tell(Self.help)
        case .exit: end()
        case .unusable(let reason): tell(reason)
        }
    }

    private func set(_ name: ChatPreferences.Name?, _ value: String) {
        guard let name else {
            for name in ChatPreferences.Name.allCases { tell("\(name.rawValue) \(preferences.text(of: name))") }
            return
        }
        attempt { () throws(SettingsError) in
            try preferences.set(name, to: value, place: name.rawValue)
            tell("\(name.rawValue) \(preferences.text(of: name))")
        }
    }

    private func setSystem(_ text: String?) {
        guard let text else { return tell(conversation.system ?? "There is no system prompt.") }
        conversation.setSystem(text)
        tell(text.isEmpty ? "There is no system prompt any more." : "The system prompt is set.")
    }

    private func save(to file: ConversationFile) throws(SettingsError) {
        try file.save(conversation, model: backend.modelName)
        tell("Saved \(count(of: conversation)) to \(file.path).")
    }

    private func load(from file: ConversationFile) throws(SettingsError) {
        let loaded = try file.load()
        conversation = loaded
        tell("Loaded \(count(of: loaded)) from \(file.path).")
    }

    private func count(of conversation: Conversation) -> String {
        conversation.messages.count == 1 ? "1 message" : "\(conversation.messages.count) messages"
    }

    private func showReasoning() {
        guard let reasoning = conversation.lastReasoning, !reasoning.isEmpty else {
            return tell("There was no reasoning before the last answer.")
        }
        tell(reasoning.trimmed)
    }

    private func attempt(_ work: () throws(SettingsError) -> Void) {
        do {
            try work()
        } catch {
            tell(SafeText.line(error.description))
        }
    }

    private static let help = """
        /think, /no_think     think before each answer, or answer at once;
                              inside a message they count for it
        /set [NAME VALUE]     tell or change a setting; alone it names them all
        /system [TEXT]        tell or change the system prompt; "none" removes it
        /save FILE            write the conversation as JSON, as OpenAI's messages
        /load FILE            go on with a conversation from a file
        /stats                tokens and times
        /reasoning            what the model thought before its last answer
        /regenerate           answer the last question anew
        /clear                begin anew
        /exit                 end the chat, as Ctrl-D does

        Ctrl-C                end the answer, or drop what was typed
        \\ at a line's end     go on in the next line; so does Alt-Enter
        ↑ ↓                   what was entered before; Ctrl-R looks for it
        Tab                   complete a command
        """
}
