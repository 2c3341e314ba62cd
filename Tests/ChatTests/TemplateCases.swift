import JSON
import TestSupport
import Tokenization

@testable import Chat

/// Qwen3's tokenizer and the published templates, loaded once.
enum PublishedFormats {
    static let tokenizer = Result { try Tokenizer(tokenizerFile: Fixtures.bytes("qwen3/tokenizer.json")) }

    static func format(_ template: String) throws -> ChatFormat {
        let source = String(decoding: try Fixtures.bytes("templates/\(template).jinja"), as: UTF8.self)
        return try ChatFormat(template: source, tokenizer: tokenizer.get())
    }
}

/// A line of chat_template_cases.jsonl.
struct TemplateCase {
    let id: String
    let template: String
    let group: String
    let rendered: String?
    let ids: [Int]?
    private let messages: [JSONValue]
    private let tools: [JSONValue]
    private let options: JSONObject

    init(_ line: String) throws {
        let json = try JSONValue(parsing: line)
        id = json["id"]?.stringValue ?? ""
        template = json["template"]?.stringValue ?? ""
        group = json["group"]?.stringValue ?? ""
        rendered = json["rendered"]?.stringValue
        ids = json["ids"]?.arrayValue?.compactMap(\.intValue)
        messages = json["messages"]?.arrayValue ?? []
        tools = json["tools"]?.arrayValue ?? []
        options = json["kwargs"]?.objectValue ?? [:]
    }

    static func all() throws -> [TemplateCase] {
        try Fixtures.lines("chat_template_cases.jsonl").map(TemplateCase.init)
    }

    func request() throws(ChatError) -> ChatPromptRequest {
        var request = ChatPromptRequest(messages: [], addsGenerationPrompt: false)
        for message in messages {
            request.messages.append(try ChatMessage(json: message))
        }
        request.tools = tools.map { ToolDefinition(json: $0) }
        for (name, value) in options {
            switch (name, value) {
            case ("add_generation_prompt", .bool(let flag)): request.addsGenerationPrompt = flag
            case ("continue_final_message", .bool(let flag)): request.continuesFinalMessage = flag
            case ("enable_thinking", .bool(let flag)): request.thinking = flag
            default: request.variables[name] = value
            }
        }
        return request
    }

    /// Whether a caller's text spells a token that only the template may write.
    var spellsMarkup: Bool {
        let texts =
            messages.compactMap { $0["content"]?.stringValue }
            + messages.compactMap { $0["reasoning_content"]?.stringValue }
        return texts.contains { text in
            ["<|", "<think>", "</think>"].contains { text.firstRange(of: $0) != nil }
        }
    }

    /// Whether an assistant's tool call has its arguments as a string.
    var quotesArguments: Bool {
        messages.contains { message in
            (message["tool_calls"]?.arrayValue ?? []).contains { $0["function"]?["arguments"]?.stringValue != nil }
        }
    }
}
