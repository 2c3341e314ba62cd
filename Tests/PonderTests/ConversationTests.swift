import Chat
import Foundation
import HTTPClient
import JSON
import Serving
import Testing

@testable import ponder

@Suite struct ConversationTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)")

    init() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func file(_ name: String, _ text: String? = nil) throws -> ConversationFile {
        let path = folder.appending(path: name)
        if let text { try Data(text.utf8).write(to: path) }
        return ConversationFile(path: path.path)
    }

    @Test func `a saved conversation is loaded as it was`() throws {
        var conversation = Conversation()
        conversation.setSystem("Be brief.")
        conversation.ask("How many r's in strawberries?")
        conversation.answer(reasoning: "s, t, r …", content: "3 \"r\"s.\n")
        let file = try file("talk.json")
        try file.save(conversation, model: "m")
        try file.save(conversation, model: "m")
        #expect(try file.load() == conversation)
    }

    @Test func `an array of messages and OpenAI's parts are read too`() throws {
        let file = try file("a.json", #"[{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]"#)
        #expect(try file.load().messages == [ChatMessage(role: .user, content: "Hi")])
    }

    @Test(arguments: [
        "", "{", "\"x\"", "{\"messages\": 3}", "{}", "[1]", #"[{"role": "king", "content": "x"}]"#,
        #"[{"role": "user"}]"#, #"[{"role": "user", "content": {"a": 1}}]"#,
        String(repeating: "[", count: 100_000), "\u{0}\u{1}",
    ])
    func `hostile files get a line that names them`(text: String) throws {
        let file = try file("bad.json", text)
        let error = #expect(throws: SettingsError.self) { try file.load() }
        #expect(error?.description.contains("bad.json: ") == true)
        #expect(error?.description.contains("\n") == false)
        #expect(throws: SettingsError.self) { try file.save(Conversation(), model: "m") }
    }

    @Test func `folders, devices and nothing are no conversations`() throws {
        for path in [folder.path, "/dev/zero", folder.path + "/none"] {
            #expect(throws: SettingsError.self) { try ConversationFile(path: path).load() }
        }
        #expect(throws: SettingsError.self) {
            try ConversationFile(path: folder.path + "/none/x.json").save(Conversation(), model: "m")
        }
    }

    @Test func `a switch in the question goes before the mode that was set`() {
        var conversation = Conversation()
        var preferences = ChatPreferences()
        preferences.thinking = ThinkingLevel.none
        conversation.ask("Hello")
        #expect(conversation.request(preferences).thinking == false)
        conversation.ask("Really? /think")
        #expect(conversation.request(preferences).thinking == nil)
    }

    @Test func `the system prompt stays first, and stays when the rest goes`() {
        var conversation = Conversation()
        conversation.ask("Hello")
        conversation.setSystem("A")
        conversation.setSystem("B")
        #expect(conversation.messages.map(\.role) == [.system, .user])
        conversation.clear()
        #expect(conversation.messages == [ChatMessage(role: .system, content: "B")])
        conversation.setSystem("")
        #expect(conversation.messages.isEmpty)
    }
}

@Suite struct ServerReplyTests {
    private func events(_ chunks: [String]) throws -> [ReplyEvent] {
        var reader = ServerReplyReader(server: try ServerURL("http://localhost")) { $0.count }
        var events: [ReplyEvent] = []
        for chunk in chunks { events += try reader.read(Array(chunk.utf8)) }
        return events + [.finished(try reader.end())]
    }

    @Test(arguments: ["reasoning_content", "reasoning"])
    func `chunks become the events of a reply`(field: String) throws {
        let events = try events([
            #"{"choices": [{"delta": {"role": "assistant", "content": ""}}], "warnings": [{"message": "no"}]}"#,
            #"{"choices": [{"delta": {"\#(field)": "ab"}, "finish_reason": null}]}"#,
            #"{"choices": [{"delta": {"content": "c"}}]}"#, #"{"choices": [{"delta": {}, "finish_reason": "stop"}]}"#,
            #"""
            {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 3,
             "prompt_tokens_details": {"cached_tokens": 4}, "completion_tokens_details": {"reasoning_tokens": 2}}}
            """#, "[DONE]",
        ])
        let usage = ReplyUsage(promptTokens: 5, cachedTokens: 4, completionTokens: 3, reasoningTokens: 2)
        #expect(
            events == [
                .notice("no"), .reasoning("ab"), .reasoningEnded(tokenCount: 2), .content("c"),
                .finished(ReplyEnd(reason: "stop", usage: usage)),
            ])
    }

    @Test(arguments: [
        "x", #"{"error": {"message": "out of memory"}}"#, #"{"choices": [{"delta": {"content": "a"}}]}"#, "[]",
    ])
    func `broken streams end with an error`(chunk: String) {
        #expect(throws: ClientError.self) { try events([chunk]) }
    }

    @Test func `an answer can be taken back to be given anew, and put back`() {
        var conversation = Conversation()
        conversation.setSystem("Be brief.")
        #expect(conversation.withdrawAnswer() == nil)
        conversation.ask("Hi")
        #expect(conversation.withdrawAnswer() == nil)
        conversation.answer(reasoning: "why", content: "Hello")
        let whole = conversation
        let taken = conversation.withdrawAnswer()
        #expect(taken?.map(\.content) == ["Hello"])
        #expect(conversation.messages.last?.role == .user)
        conversation.restore(taken ?? [])
        #expect(conversation == whole)
    }
}
