import Foundation
import Glibc
import HTTPClient
import Logging
import Terminal

/// From the flags of `ponder chat` to a conversation or one answer.
struct ChatLaunch {
    let model: String?
    let prompt: [String]
    let options: ChatOptions
    /// Whether a model that is named and not here is fetched.
    let pulls: Bool

    func run() async throws {
        do {
            try await start()
        } catch {
            // Servers and files have a say in these.
            throw SettingsError(SafeText.line("\(error)"))
        }
    }

    private func start() async throws {
        let preferences = try options.preferences()
        var conversation = Conversation()
        if let path = options.load { conversation = try ConversationFile(path: path).load() }
        if let system = options.system { conversation.setSystem(system) }
        guard let question = try question() else {
            guard TerminalDevice.readsTerminal, !options.json, !options.jsonLines else {
                throw SettingsError("there is no prompt; give one as an argument or by a pipe")
            }
            let backend = try await backend()
            let history = options.noHistory ? nil : ChatHistoryFile.standard
            let session = ChatSession(
                backend: backend, conversation: conversation, preferences: preferences, history: history)
            return await session.run()
        }
        conversation.ask(question)
        let form: OneShotChat.Form = options.json ? .json : options.jsonLines ? .jsonLines : .text
        try await OneShotChat(
            backend: backend(), conversation: conversation, preferences: preferences, form: form
        ).run()
    }

    private func backend() async throws -> any ChatBackend {
        let environment = ProcessInfo.processInfo.environment
        guard let url = options.url else {
            var flags = options.engineFlags
            flags[.model] = model
            var settings = try SettingsLoader(flags: flags, config: options.config, environment: environment).load()
            try ModelLocator(environment: environment, pulls: pulls || settings.pulls).locateModels(of: &settings)
            LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
            return try await EngineBackend.load(settings)
        }
        if let flag = options.engineFlags.keys.map(\.rawValue).min() {
            throw SettingsError("--\(flag) is for a model in this process; with --url, the server has its own settings")
        }
        let key = options.apiKey ?? environment["PONDER_API_KEY"] ?? environment["OPENAI_API_KEY"]
        let server = try ServerURL(url)
        return try await ServerBackend.connect(
            to: server, apiKey: key.flatMap { $0.isEmpty ? nil : $0 }, tls: options.trust.context(for: server),
            model: model)
    }

    /// The prompt of the arguments, and below it the text of a pipe; nil where there is neither.
    private func question() throws -> String? {
        let parts = [prompt.joined(separator: " "), try pipedText()].filter { !$0.trimmed.isEmpty }
        return parts.isEmpty ? nil : parts.joined(separator: "\n\n")
    }

    /// What a pipe, a file or a socket at standard input holds. Other things, such as `/dev/null`, are not waited for.
    private func pipedText() throws -> String {
        var status = stat()
        guard unsafe fstat(STDIN_FILENO, &status) == 0,
            [S_IFIFO, S_IFREG, S_IFSOCK].contains(status.st_mode & S_IFMT)
        else { return "" }
        let bytes = try FileHandle.standardInput.readToEnd() ?? Data()
        return String(decoding: bytes, as: UTF8.self).trimmed
    }
}
