internal import APIDoors
internal import Chat
internal import JSON
internal import Serving

/// An item of a response's output.
struct ResponseItem: Sendable {
    enum Kind: Sendable {
        case reasoning
        case message
        case functionCall(callID: String, name: String)
    }

    enum Status: String, Sendable {
        case inProgress = "in_progress"
        case completed
        case incomplete
    }

    let id: String
    let kind: Kind
    var text = ""
    var status = Status.inProgress
    /// Whether reasoning carries itself in `encrypted_content`.
    var carriesReasoning = false

    init(_ kind: Kind, carriesReasoning: Bool) {
        let prefix =
            switch kind {
            case .reasoning: "rs_"
            case .message: "msg_"
            case .functionCall: "fc_"
            }
        id = prefix + ReplyIdentity.randomText()
        self.kind = kind
        self.carriesReasoning = carriesReasoning
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "id", string: id)
        switch kind {
        case .reasoning:
            writer.append(key: "type", string: "reasoning")
            writer.append(key: "summary")
            writer.beginArray()
            writer.endArray()
            writer.append(key: "content")
            writer.beginArray()
            if status != .inProgress { writePart(to: &writer) }
            writer.endArray()
            writer.append(key: "encrypted_content")
            writer.append(optional: carriesReasoning && status != .inProgress ? CarriedReasoning.carried(text) : nil)
        case .message:
            writer.append(key: "type", string: "message")
            writer.append(key: "role", string: "assistant")
            writer.append(key: "content")
            writer.beginArray()
            if status != .inProgress { writePart(to: &writer) }
            writer.endArray()
        case .functionCall(let callID, let name):
            writer.append(key: "type", string: "function_call")
            writer.append(key: "call_id", string: callID)
            writer.append(key: "name", string: name)
            writer.append(key: "arguments", string: status == .inProgress ? "" : text)
        }
        writer.append(key: "status", string: status.rawValue)
        writer.endObject()
    }

    /// The one part of the content, with the text so far.
    func writePart(to writer: inout JSONWriter) {
        writer.beginObject()
        if case .reasoning = kind {
            writer.append(key: "type", string: "reasoning_text")
            writer.append(key: "text", string: text)
        } else {
            writer.append(key: "type", string: "output_text")
            writer.append(key: "text", string: text)
            writer.append(key: "annotations")
            writer.beginArray()
            writer.endArray()
            writer.append(key: "logprobs")
            writer.beginArray()
            writer.endArray()
        }
        writer.endObject()
    }
}

/// The items of a response as its text comes in: what streams show and what whole responses hold.
struct ResponseItems: Sendable {
    /// What happens to the items, in order. One item ends before the next begins.
    enum Step: Sendable {
        case began(index: Int, ResponseItem)
        case added(index: Int, ResponseItem, String)
        case ended(index: Int, ResponseItem)
    }

    private(set) var items: [ResponseItem] = []
    private let carriesReasoning: Bool

    init(carriesReasoning: Bool) {
        self.carriesReasoning = carriesReasoning
    }

    /// What a piece of output comes to.
    mutating func add(_ delta: OutputDelta) -> [Step] {
        switch delta {
        case .reasoning(let text):
            if case .reasoning? = open?.kind { return append(text) }
            return begin(.reasoning) + append(text)
        case .content(let text):
            if case .message? = open?.kind { return append(text) }
            return begin(.message) + append(text)
        case .toolCallBegan(_, let id, let name): return begin(.functionCall(callID: id, name: name))
        case .toolCallArguments(_, let text): return append(text)
        }
    }

    /// Ends the last item; one that the limit of tokens cut off is incomplete.
    mutating func finish(isCut: Bool = false) -> [Step] {
        guard open != nil else { return [] }
        items[items.count - 1].status = isCut ? .incomplete : .completed
        return [.ended(index: items.count - 1, items[items.count - 1])]
    }

    /// The reply as a message of the conversation that goes on.
    var message: ChatMessage {
        var message = ChatMessage(role: .assistant)
        for item in items {
            switch item.kind {
            case .reasoning: message.reasoning = (message.reasoning ?? "") + item.text
            case .message: message.content = (message.content ?? "") + item.text
            case .functionCall(let callID, let name):
                message.toolCalls.append(ToolCall(id: callID, name: name, arguments: item.text))
            }
        }
        if message.toolCalls.isEmpty { message.content = message.content ?? "" }
        return message
    }

    private var open: ResponseItem? {
        items.last.flatMap { $0.status == .inProgress ? $0 : nil }
    }

    private mutating func append(_ text: String) -> [Step] {
        guard open != nil, !text.isEmpty else { return [] }
        items[items.count - 1].text += text
        return [.added(index: items.count - 1, items[items.count - 1], text)]
    }

    private mutating func begin(_ kind: ResponseItem.Kind) -> [Step] {
        let end = finish()
        items.append(ResponseItem(kind, carriesReasoning: carriesReasoning))
        return end + [.began(index: items.count - 1, items[items.count - 1])]
    }
}
