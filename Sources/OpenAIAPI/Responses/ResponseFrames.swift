internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving

/// Turns the events of a chat stream into the numbered events of a streamed response.
struct ResponseFrames: ReplyFrames {
    private let reply: ResponseReply
    private var fold: ResponseFold
    private var sequenceNumber = 0

    init(reply: ResponseReply) {
        self.reply = reply
        fold = reply.whole
    }

    mutating func start(_ frames: inout [UInt8]) {
        for name in ["response.created", "response.in_progress"] {
            appendResponse(name, to: &frames)
        }
    }

    mutating func append(_ event: ChatEvent, to frames: inout [UInt8]) {
        fold.add(event)
        append(fold.steps, to: &frames)
    }

    mutating func end(_ usage: TokenUsage, _ frames: inout [UInt8]) {
        fold.end(usage)
        append(fold.steps, to: &frames)
        // It is kept before its client can ask for it.
        _ = reply.body(of: fold)
        appendResponse("response.\(fold.outcome.eventName)", to: &frames)
    }

    mutating func fail(_ error: APIError, _ frames: inout [UInt8]) {
        fold.fail(error)
        appendResponse("response.\(fold.outcome.eventName)", to: &frames)
    }

    /// An event with the response object as it now is.
    private mutating func appendResponse(_ name: String, to frames: inout [UInt8]) {
        append(name, to: &frames) { [reply, fold] writer in
            writer.append(key: "response")
            reply.head.write(fold.items.items, fold.outcome, to: &writer)
        }
    }

    private mutating func append(_ steps: [ResponseItems.Step], to frames: inout [UInt8]) {
        for step in steps {
            switch step {
            case .began(let index, let item): appendBeginning(index, item, to: &frames)
            case .added(let index, let item, let text):
                appendText(item.kind.deltaName, index, item, to: &frames) { writer in
                    writer.append(key: "delta", string: text)
                }
            case .ended(let index, let item): appendEnd(index, item, to: &frames)
            }
        }
    }

    private mutating func appendBeginning(_ index: Int, _ item: ResponseItem, to frames: inout [UInt8]) {
        append("response.output_item.added", to: &frames) { writer in
            writer.append(key: "output_index", int: index)
            writer.append(key: "item")
            item.write(to: &writer)
        }
        appendPart("response.content_part.added", index, item, to: &frames)
    }

    private mutating func appendEnd(_ index: Int, _ item: ResponseItem, to frames: inout [UInt8]) {
        appendText(item.kind.doneName, index, item, to: &frames) { writer in
            if case .functionCall(_, let name) = item.kind {
                writer.append(key: "name", string: name)
                writer.append(key: "arguments", string: item.text)
            } else {
                writer.append(key: "text", string: item.text)
            }
        }
        appendPart("response.content_part.done", index, item, to: &frames)
        append("response.output_item.done", to: &frames) { writer in
            writer.append(key: "output_index", int: index)
            writer.append(key: "item")
            item.write(to: &writer)
        }
    }

    /// Messages alone have events for their parts.
    private mutating func appendPart(_ name: String, _ index: Int, _ item: ResponseItem, to frames: inout [UInt8]) {
        guard case .message = item.kind else { return }
        append(name, to: &frames) { writer in
            writer.append(key: "item_id", string: item.id)
            writer.append(key: "output_index", int: index)
            writer.append(key: "content_index", int: 0)
            writer.append(key: "part")
            item.writePart(to: &writer)
        }
    }

    private mutating func appendText(
        _ name: String, _ index: Int, _ item: ResponseItem, to frames: inout [UInt8],
        _ write: (inout JSONWriter) -> Void
    ) {
        append(name, to: &frames) { writer in
            writer.append(key: "item_id", string: item.id)
            writer.append(key: "output_index", int: index)
            switch item.kind {
            case .functionCall: break
            case .reasoning: writer.append(key: "content_index", int: 0)
            case .message:
                writer.append(key: "content_index", int: 0)
                writer.append(key: "logprobs")
                writer.beginArray()
                writer.endArray()
            }
            write(&writer)
        }
    }

    private mutating func append(_ name: String, to frames: inout [UInt8], _ write: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "type", string: name)
        writer.append(key: "sequence_number", int: sequenceNumber)
        write(&writer)
        writer.endObject()
        sequenceNumber += 1
        ServerSentEvents.append(name: name, data: writer.bytes, to: &frames)
    }
}

extension ResponseItem.Kind {
    fileprivate var deltaName: String {
        switch self {
        case .reasoning: "response.reasoning_text.delta"
        case .message: "response.output_text.delta"
        case .functionCall: "response.function_call_arguments.delta"
        }
    }

    fileprivate var doneName: String {
        switch self {
        case .reasoning: "response.reasoning_text.done"
        case .message: "response.output_text.done"
        case .functionCall: "response.function_call_arguments.done"
        }
    }
}
