internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving

/// Turns the events of a chat stream into the numbered events of a streamed response.
struct ResponseFrames {
    private let body: ResponseBody
    private(set) var items: ResponseItems
    private var finish: ChatFinish?
    private var heartbeat = StreamHeartbeat()
    private var sequenceNumber = 0

    init(_ body: ResponseBody, items: ResponseItems) {
        self.body = body
        self.items = items
    }

    /// The frames that open a stream.
    mutating func start() -> [UInt8] {
        var frames: [UInt8] = []
        let body = body
        for name in ["response.created", "response.in_progress"] {
            append(name, to: &frames) { writer in
                writer.append(key: "response")
                body.write([], .inProgress, to: &writer)
            }
        }
        return frames
    }

    /// The frames of new events, possibly none.
    mutating func frames(for events: [ChatEvent]) -> [UInt8] {
        var frames: [UInt8] = []
        for event in events {
            switch event {
            case .queued(_, let ahead):
                if let comment = heartbeat.queued(ahead: ahead) { ChunkWriter.appendComment(comment, to: &frames) }
            case .prefilling(_, let done, let total): heartbeat.prefilling(done: done, of: total)
            case .pulse:
                if let comment = heartbeat.pulse() { ChunkWriter.appendComment(comment, to: &frames) }
            case .delta(_, let delta, _):
                heartbeat.generating()
                append(items.add(delta), to: &frames)
            case .finished(_, let finish): self.finish = finish
            }
        }
        if !frames.isEmpty { heartbeat.sent() }
        return frames
    }

    /// The frames that end a stream, and how it ended.
    mutating func end(_ usage: TokenUsage) -> (frames: [UInt8], outcome: ResponseBody.Outcome) {
        let outcome = ResponseBody.Outcome.finished(finish, usage)
        var frames: [UInt8] = []
        append(items.finish(isCut: outcome.isCut), to: &frames)
        appendLast(outcome, to: &frames)
        return (frames, outcome)
    }

    /// The frames of a failure that came after the stream had begun.
    mutating func failure(_ error: APIError) -> [UInt8] {
        var frames: [UInt8] = []
        appendLast(.failed(error), to: &frames)
        return frames
    }

    private mutating func appendLast(_ outcome: ResponseBody.Outcome, to frames: inout [UInt8]) {
        let (body, items) = (body, items.items)
        append("response.\(outcome.status)", to: &frames) { writer in
            writer.append(key: "response")
            body.write(items, outcome, to: &writer)
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
