internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving

/// Turns the events of a chat stream into the events of a streamed message.
struct MessageFrames: ReplyFrames {
    private let head: MessageBody
    private let promptTokenCount: Int
    private let requestID: String
    private var fold = MessageFold()

    init(_ head: MessageBody, promptTokenCount: Int, requestID: String) {
        self.head = head
        self.requestID = requestID
        self.promptTokenCount = promptTokenCount
    }

    mutating func start(_ frames: inout [UInt8]) {
        Self.append("message_start", to: &frames) { writer in
            writer.append(key: "message")
            head.writeStart(promptTokenCount: promptTokenCount, to: &writer)
        }
        appendSignOfLife("", to: &frames)
    }

    mutating func append(_ event: ChatEvent, to frames: inout [UInt8]) {
        fold.add(event)
        append(fold.takeSteps(), to: &frames)
    }

    func appendSignOfLife(_ status: String, to frames: inout [UInt8]) {
        Self.append("ping", to: &frames) { _ in }
    }

    mutating func end(_ usage: TokenUsage, _ frames: inout [UInt8]) {
        fold.end(usage)
        append(fold.takeSteps(), to: &frames)
        Self.append("message_delta", to: &frames) { writer in
            writer.append(key: "delta")
            writer.beginObject()
            fold.finish.write(to: &writer)
            writer.endObject()
            writer.append(key: "usage")
            usage.writeAnthropic(to: &writer)
        }
        Self.append("message_stop", to: &frames) { _ in }
    }

    func fail(_ error: APIError, _ frames: inout [UInt8]) {
        Self.append(error, of: requestID, to: &frames)
    }

    static func append(_ error: APIError, of requestID: String, to frames: inout [UInt8]) {
        ServerSentEvents.append(name: "error", data: ErrorFormat.anthropic.body(error, of: requestID), to: &frames)
    }

    private func append(_ steps: [MessageBlocks.Step], to frames: inout [UInt8]) {
        for step in steps {
            switch step {
            case .began(let index, let kind):
                Self.append("content_block_start", index, to: &frames) { writer in
                    writer.append(key: "content_block")
                    Self.write(kind, to: &writer)
                }
            case .added(let index, let kind, let text):
                Self.appendDelta(index, to: &frames) { Self.write(text, of: kind, to: &$0) }
            case .ended(let index, let signature):
                if let signature {
                    Self.appendDelta(index, to: &frames) { writer in
                        writer.append(key: "type", string: "signature_delta")
                        writer.append(key: "signature", string: signature)
                    }
                }
                Self.append("content_block_stop", index, to: &frames) { _ in }
            }
        }
    }

    private static func write(_ kind: MessageBlocks.Kind, to writer: inout JSONWriter) {
        writer.beginObject()
        switch kind {
        case .thinking:
            writer.append(key: "type", string: "thinking")
            writer.append(key: "thinking", string: "")
            writer.append(key: "signature", string: "")
        case .text:
            writer.append(key: "type", string: "text")
            writer.append(key: "text", string: "")
        case .toolUse(let id, let name):
            writer.append(key: "type", string: "tool_use")
            writer.append(key: "id", string: id)
            writer.append(key: "name", string: name)
            writer.append(key: "input")
            writer.beginObject()
            writer.endObject()
        }
        writer.endObject()
    }

    private static func write(_ text: String, of kind: MessageBlocks.Kind, to writer: inout JSONWriter) {
        switch kind {
        case .thinking:
            writer.append(key: "type", string: "thinking_delta")
            writer.append(key: "thinking", string: text)
        case .text:
            writer.append(key: "type", string: "text_delta")
            writer.append(key: "text", string: text)
        case .toolUse:
            writer.append(key: "type", string: "input_json_delta")
            writer.append(key: "partial_json", string: text)
        }
    }

    private static func appendDelta(_ index: Int, to frames: inout [UInt8], _ write: (inout JSONWriter) -> Void) {
        append("content_block_delta", index, to: &frames) { writer in
            writer.append(key: "delta")
            writer.beginObject()
            write(&writer)
            writer.endObject()
        }
    }

    /// The name of an event stands in its data too.
    private static func append(
        _ name: String, _ index: Int? = nil, to frames: inout [UInt8], _ write: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "type", string: name)
        if let index {
            writer.append(key: "index", int: index)
        }
        write(&writer)
        writer.endObject()
        ServerSentEvents.append(name: name, data: writer.bytes, to: &frames)
    }
}

extension StreamOpening {
    /// Of messages.
    static func anthropic(_ remarks: RequestRemarks, requestID: String) -> StreamOpening {
        .events(warnings: remarks.warnings) { MessageFrames.append($0, of: requestID, to: &$1) }
    }
}
