internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving

/// Turns the events of a chat stream into the events of a streamed message.
struct MessageFrames {
    private let body: MessageBody
    private var blocks = MessageBlocks()
    private var finish: ChatFinish?
    private var heartbeat = StreamHeartbeat()

    init(_ body: MessageBody) {
        self.body = body
    }

    /// The frames that open a stream.
    func start(promptTokenCount: Int) -> [UInt8] {
        var frames: [UInt8] = []
        Self.append("message_start", to: &frames) { writer in
            writer.append(key: "message")
            body.writeStart(promptTokenCount: promptTokenCount, to: &writer)
        }
        Self.append("ping", to: &frames) { _ in }
        return frames
    }

    /// The frames of new events, possibly none.
    mutating func frames(for events: [ChatEvent]) -> [UInt8] {
        var frames: [UInt8] = []
        for event in events {
            switch event {
            case .queued, .prefilling: continue
            case .pulse:
                if heartbeat.pulse() != nil {
                    Self.append("ping", to: &frames) { _ in }
                }
            case .delta(_, let delta, _): append(blocks.add(delta), to: &frames)
            case .finished(_, let finish): self.finish = finish
            }
        }
        if !frames.isEmpty {
            heartbeat.sent()
        }
        return frames
    }

    /// The frames that end a stream.
    mutating func end(_ usage: TokenUsage) -> [UInt8] {
        var frames: [UInt8] = []
        append(blocks.finish(), to: &frames)
        Self.append("message_delta", to: &frames) { writer in
            writer.append(key: "delta")
            writer.beginObject()
            finish.write(to: &writer)
            writer.endObject()
            writer.append(key: "usage")
            usage.writeAnthropic(to: &writer)
        }
        Self.append("message_stop", to: &frames) { _ in }
        return frames
    }

    /// The event of a failure that came after the stream had begun.
    static func failure(_ error: APIError) -> [UInt8] {
        var frames: [UInt8] = []
        ServerSentEvents.append(name: "error", data: ErrorFormat.anthropic.body(error), to: &frames)
        return frames
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
