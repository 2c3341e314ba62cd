internal import JSON

/// Messages as a template sees them, with the traps closed that real templates hold.
///
/// Content is always a string. To templates that know `reasoning_content` an assistant's is always a string too: they
/// would cut content that merely mentions `</think>`. A call's arguments are handed over as the text that they are to
/// templates that print such text as it is; to others as objects.
struct TemplateMessages {
    /// Whether the template knows reasoning as a member of its own.
    let readsReasoning: Bool
    private let readsArgumentText: Bool

    /// The form that suits a template, by what its source mentions.
    init(template: String) {
        readsReasoning = template.firstRange(of: "reasoning_content") != nil
        readsArgumentText = template.firstRange(of: "arguments is string") != nil
    }

    /// A message as the template reads it, with `mark` behind the text that a reply would go on with.
    func json(_ message: ChatMessage, mark: String = "") -> JSONValue {
        var object: JSONObject = ["role": .string(message.role.rawValue)]
        var content = message.content ?? ""
        if message.role == .assistant && readsReasoning {
            if !mark.isEmpty, let thought = Self.openThought(of: message) {
                object["content"] = ""
                object["reasoning_content"] = .string(thought + mark)
            } else {
                let thought = message.reasoning ?? Self.takeReasoning(from: &content)
                object["content"] = .string(content + mark)
                object["reasoning_content"] = .string(thought)
            }
        } else {
            object["content"] = .string(content + mark)
        }
        if !message.toolCalls.isEmpty {
            object["tool_calls"] = .array(message.toolCalls.map(json(call:)))
        }
        if let toolCallID = message.toolCallID {
            object["tool_call_id"] = .string(toolCallID)
        }
        return .object(object)
    }

    /// What a message has of its answer: nothing as long as its think block is open.
    static func answer(in message: ChatMessage) -> String {
        guard openThought(of: message) == nil else { return "" }
        var content = message.content ?? ""
        if message.reasoning == nil { _ = takeReasoning(from: &content) }
        return content.trimmingNewlines(atEnd: false)
    }

    private func json(call: ToolCall) -> JSONValue {
        var arguments = JSONValue.string(call.arguments)
        if !readsArgumentText, let parsed = try? JSONValue(parsing: call.arguments), parsed.objectValue != nil {
            arguments = parsed
        }
        var object: JSONObject = [
            "type": "function", "function": ["name": .string(call.name), "arguments": arguments],
        ]
        if !call.id.isEmpty {
            object["id"] = .string(call.id)
        }
        return .object(object)
    }

    /// The text of a think block that is not closed yet: content that opens one, or reasoning without content.
    private static func openThought(of message: ChatMessage) -> String? {
        guard let content = message.content else { return message.reasoning }
        guard message.reasoning == nil, content.beginsThinking, content.firstRange(of: "</think>") == nil else {
            return nil
        }
        return String(content.unicodeScalars.dropFirst("<think>".unicodeScalars.count)).trimmingNewlines(atEnd: false)
    }

    /// Splits raw output that begins with a think block as Qwen3's template does: the answer follows the last closing tag.
    private static func takeReasoning(from content: inout String) -> String {
        guard content.beginsThinking, let close = content.firstRange(of: "</think>"),
            let lastClose = content.lastRange(of: "</think>")
        else { return "" }
        let thought = String(content[..<close.lowerBound]).trimmingNewlines(atStart: false)
        content = String(content[lastClose.upperBound...]).trimmingNewlines(atEnd: false)
        let start = thought.lastRange(of: "<think>")?.upperBound ?? thought.startIndex
        return String(thought[start...]).trimmingNewlines(atEnd: false)
    }
}

extension String {
    fileprivate var beginsThinking: Bool {
        unicodeScalars.starts(with: "<think>".unicodeScalars)
    }

    /// The first place of a text that is not empty, compared by Unicode scalars.
    func firstRange(of text: String) -> Range<String.Index>? {
        range(of: text, startingAt: unicodeScalars.indices)
    }

    /// The last place of a text that is not empty, compared by Unicode scalars.
    func lastRange(of text: String) -> Range<String.Index>? {
        range(of: text, startingAt: unicodeScalars.indices.reversed())
    }

    private func range(of text: String, startingAt places: some Sequence<String.Index>) -> Range<String.Index>? {
        guard let first = text.unicodeScalars.first else { return nil }
        for place in places where unicodeScalars[place] == first {
            let rest = unicodeScalars[place...]
            if rest.starts(with: text.unicodeScalars) {
                return place..<unicodeScalars.index(place, offsetBy: text.unicodeScalars.count)
            }
        }
        return nil
    }

    /// Without line feeds at its ends.
    func trimmingNewlines(atStart: Bool = true, atEnd: Bool = true) -> String {
        var scalars = unicodeScalars[...]
        while atStart, scalars.first == "\n" {
            scalars.removeFirst()
        }
        while atEnd, scalars.last == "\n" {
            scalars.removeLast()
        }
        return String(scalars)
    }
}
