internal import APIDoors
internal import Chat
internal import Foundation
internal import JSON

/// Reads `input`: a text, or items, of which neighbours of the assistant's are one message to chat templates.
struct ResponseInput {
    private var messages: [ChatMessage] = []
    /// What the assistant said in the items since the last one of somebody else.
    private var turn: ChatMessage?

    static func messages(from root: inout FieldReader) throws(APIError) -> [ChatMessage] {
        switch root.value("input") {
        case nil: throw root.missing("input")
        case .string(let text): return [ChatMessage(role: .user, content: text)]
        case .array(let elements):
            guard !elements.isEmpty else { throw root.invalid("input", "'input' must hold at least one item.") }
            var input = ResponseInput()
            for (index, element) in elements.enumerated() {
                let path = root.path.appending(key: "input").appending(index: index)
                var item = try FieldReader.object(element, path: path)
                try input.read(&item)
                root.take(item)
            }
            input.endTurn()
            return input.messages
        case .some(let other): throw root.wrongType("input", expected: "a string or an array of items", other)
        }
    }

    private mutating func read(_ item: inout FieldReader) throws(APIError) {
        // Clients hand back what this server's own items say of themselves.
        item.passOver("id", "status")
        switch try item.string("type") ?? "message" {
        case "message": try readMessage(&item)
        case "reasoning":
            let text = try Self.reasoning(&item)
            beginTurn { $0.content != nil || !$0.toolCalls.isEmpty || $0.reasoning != nil }
            turn?.reasoning = text
        case "function_call":
            guard let identifier = try item.string("call_id") else { throw item.missing("call_id") }
            guard let name = try item.string("name") else { throw item.missing("name") }
            let arguments = try item.string("arguments") ?? "{}"
            beginTurn { _ in false }
            turn?.toolCalls.append(ToolCall(id: identifier, name: name, arguments: arguments))
        case "function_call_output":
            guard let identifier = try item.string("call_id") else { throw item.missing("call_id") }
            guard let output = try MessageDecoder.toolResult("output", from: &item) else {
                throw item.missing("output")
            }
            endTurn()
            messages.append(ChatMessage(role: .tool, content: output, toolCallID: identifier))
        case let type:
            throw item.unsupported("type", "Items of the type '\(type.prefix(40))' are not supported.")
        }
    }

    private mutating func readMessage(_ item: inout FieldReader) throws(APIError) {
        let message = try MessageDecoder.message(from: &item)
        guard message.role == .assistant else {
            endTurn()
            messages.append(message)
            return
        }
        beginTurn { $0.content != nil || !$0.toolCalls.isEmpty }
        turn?.content = message.content
        if let reasoning = message.reasoning { turn?.reasoning = reasoning }
    }

    /// What was thought, as text or as this server's own responses carry it.
    private static func reasoning(_ item: inout FieldReader) throws(APIError) -> String? {
        var text = ""
        for (index, part) in (try item.array("content") ?? []).enumerated() {
            var part = try FieldReader.object(part, path: item.path.appending(key: "content").appending(index: index))
            text += try part.string("text") ?? ""
            part.passOver("type")
            item.take(part)
        }
        if item.object["summary"] == [] { item.passOver("summary") }
        let carried = try item.string("encrypted_content")
        if text.isEmpty, let carried {
            text = CarriedReasoning.text(of: carried) ?? ""
        }
        return text.isEmpty ? nil : text
    }

    /// Goes on with the assistant's message, or begins another where `isOver` says that the item cannot be part of it.
    private mutating func beginTurn(unless isOver: (ChatMessage) -> Bool) {
        if let turn, !isOver(turn) { return }
        endTurn()
        turn = ChatMessage(role: .assistant)
    }

    private mutating func endTurn() {
        guard let message = turn else { return }
        turn = nil
        // Reasoning that led to nothing says nothing.
        guard message.content != nil || !message.toolCalls.isEmpty else { return }
        messages.append(message)
    }
}

/// Reasoning in the form in which clients hand it back without looking at it: `encrypted_content`. It hides nothing.
enum CarriedReasoning {
    private static let mark = "ponder:"

    static func carried(_ text: String) -> String {
        mark + Data(text.utf8).base64EncodedString()
    }

    /// Nil for what another server encrypted.
    static func text(of carried: String) -> String? {
        guard carried.hasPrefix(mark), let data = Data(base64Encoded: String(carried.dropFirst(mark.count))) else {
            return nil
        }
        return String(decoding: data, as: UTF8.self)
    }
}
