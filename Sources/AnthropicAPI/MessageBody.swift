internal import APIDoors
internal import Chat
internal import JSON
internal import Serving

/// The message object: whole, or as the first event of a stream has it.
struct MessageBody {
    let identity: ReplyIdentity
    let warnings: [RequestWarning]

    private struct Block {
        var kind: MessageBlocks.Kind
        var text = ""
        var signature: String?
    }

    /// A whole reply, put together from the steps that a stream would show.
    func bytes(of steps: [MessageBlocks.Step], finish: ChatFinish?, usage: TokenUsage) -> [UInt8] {
        var blocks: [Block] = []
        for step in steps {
            switch step {
            case .began(_, let kind): blocks.append(Block(kind: kind))
            case .added(let index, _, let text): blocks[index].text += text
            case .ended(let index, let signature): blocks[index].signature = signature
            }
        }
        var writer = JSONWriter()
        write(to: &writer, finish: finish) { writer in
            for block in blocks {
                Self.write(block, to: &writer)
            }
        } usage: {
            usage.writeAnthropic(to: &$0)
        }
        return writer.bytes
    }

    /// The message of `message_start`, which has no content yet.
    func writeStart(promptTokenCount: Int, to writer: inout JSONWriter) {
        write(to: &writer, finish: nil) { _ in
        } usage: { writer in
            writer.beginObject()
            writer.append(key: "input_tokens", int: promptTokenCount)
            writer.append(key: "cache_creation_input_tokens", int: 0)
            writer.append(key: "cache_read_input_tokens", int: 0)
            writer.append(key: "output_tokens", int: 0)
            writer.endObject()
        }
    }

    private func write(
        to writer: inout JSONWriter, finish: ChatFinish?, content: (inout JSONWriter) -> Void,
        usage: (inout JSONWriter) -> Void
    ) {
        writer.beginObject()
        writer.append(key: "id", string: identity.id)
        writer.append(key: "type", string: "message")
        writer.append(key: "role", string: "assistant")
        writer.append(key: "model", string: identity.model)
        writer.append(key: "content")
        writer.beginArray()
        content(&writer)
        writer.endArray()
        finish.write(to: &writer)
        writer.append(key: "usage")
        usage(&writer)
        warnings.write(to: &writer)
        writer.endObject()
    }

    private static func write(_ block: Block, to writer: inout JSONWriter) {
        writer.beginObject()
        switch block.kind {
        case .thinking:
            writer.append(key: "type", string: "thinking")
            writer.append(key: "thinking", string: block.text)
            writer.append(key: "signature", string: block.signature ?? "")
        case .text:
            writer.append(key: "type", string: "text")
            writer.append(key: "text", string: block.text)
        case .toolUse(let id, let name):
            writer.append(key: "type", string: "tool_use")
            writer.append(key: "id", string: id)
            writer.append(key: "name", string: name)
            writer.append(key: "input")
            writer.append(value: .object((try? JSONValue(parsing: block.text))?.objectValue ?? [:]))
        }
        writer.endObject()
    }
}

extension ChatFinish? {
    /// `stop_reason` and `stop_sequence`; both are null while the reply goes on.
    func write(to writer: inout JSONWriter) {
        writer.append(key: "stop_reason")
        writer.append(optional: self?.anthropicReason)
        writer.append(key: "stop_sequence")
        writer.append(optional: self?.stopString)
    }
}

extension ChatFinish {
    fileprivate var anthropicReason: String {
        switch reason {
        case .toolCalls: "tool_use"
        case .length: "max_tokens"
        case .stop: stopString == nil ? "end_turn" : "stop_sequence"
        }
    }
}

extension TokenUsage {
    /// Anthropic counts the tokens that were read from a cache apart from those that were computed.
    func writeAnthropic(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "input_tokens", int: max(0, promptTokens - cachedTokens))
        writer.append(key: "cache_creation_input_tokens", int: 0)
        writer.append(key: "cache_read_input_tokens", int: cachedTokens)
        writer.append(key: "output_tokens", int: completionTokens)
        writer.append(key: "output_tokens_details")
        writer.beginObject()
        writer.append(key: "thinking_tokens", int: reasoningTokens)
        writer.endObject()
        writeRestoredReasoning(to: &writer)
        writer.endObject()
    }
}
