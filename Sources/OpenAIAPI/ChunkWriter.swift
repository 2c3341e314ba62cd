internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving

/// Writes the chunks of one stream. What is the same in every chunk is serialised once.
struct ChunkWriter: Sendable {
    private let includesUsage: Bool
    /// Tokens of each choice so far; nil where nobody wants to know.
    private var running: RunningUsage?
    /// Up to the array of choices.
    private let beginning: [UInt8]
    /// From the end of the choices on.
    private let ending: [UInt8]
    /// Further members of the first chunk, with the comma before them; empty once they were written.
    private var opening: [UInt8]
    /// Nil where nobody wants to know how far the prompt is.
    private let progress: ProgressClock?

    /// A writer of chunks whose `object` is given; `opening` writes members that only the first has.
    init(
        _ reply: some ChunkedReply, object: String, opening: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        writer.beginObject()
        reply.identity.write(object: object, to: &writer)
        writer.append(key: "system_fingerprint", string: reply.identity.fingerprint)
        writer.append(key: "choices")
        beginning = writer.bytes + [UInt8(ascii: "[")]
        includesUsage = reply.delivery.includesUsage
        running = reply.delivery.includesRunningUsage ? RunningUsage(of: reply.stream) : nil
        // The last chunk will have numbers.
        ending = Array((includesUsage && running == nil ? #"],"usage":null"# : "]").utf8)
        self.opening = Self.members(opening)
        let stream = reply.stream
        progress = reply.delivery.reportsProgress ? ProgressClock { stream.cachedTokenCount } : nil
    }

    /// Appends the event of a chunk with one choice, which `write` writes as an object.
    mutating func append(
        _ choice: Int, to frames: inout [UInt8], progress: PromptProgress? = nil,
        write: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        write(&writer)
        var data = beginning + writer.bytes + ending + opening
        if let running {
            data += Self.members { running.write(choice, to: &$0) }
        }
        if let progress {
            data += Self.members(progress.write)
        }
        data.append(UInt8(ascii: "}"))
        opening = []
        ServerSentEvents.append(data: data, to: &frames)
    }

    /// Takes note of progress; answers how far the prompt is, where that is wanted.
    mutating func progress(_ event: StreamProgress) -> (choice: Int, PromptProgress)? {
        if case .generated(let choice, let count) = event {
            running?.add(count, to: choice)
        }
        guard let progress, case .prefilling(let choice, let done, let total) = event else { return nil }
        return (choice, progress.progress(done: done, of: total))
    }

    /// Appends what ends a stream: the token counts, if they are wanted, in a chunk without choices, and `[DONE]`.
    func appendEnd(_ usage: TokenUsage, to frames: inout [UInt8]) {
        if includesUsage {
            let members = Self.members { writer in
                writer.append(key: "usage")
                usage.write(to: &writer)
                writer.append(key: "timings")
                usage.writeTimings(to: &writer)
            }
            ServerSentEvents.append(data: beginning + Array("]".utf8) + members + Array("}".utf8), to: &frames)
        }
        Self.appendDone(to: &frames)
    }

    /// Appends the event of a failure that came after the stream had begun, and the end of the stream.
    static func append(_ error: APIError, to frames: inout [UInt8]) {
        ServerSentEvents.append(data: error.body, to: &frames)
        appendDone(to: &frames)
    }

    private static func appendDone(to frames: inout [UInt8]) {
        ServerSentEvents.append(data: Array("[DONE]".utf8), to: &frames)
    }

    /// Members for an object that has some already: with the comma before them. Empty if `write` writes none.
    private static func members(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        write(&writer)
        let members = writer.bytes.dropFirst()
        return members.isEmpty ? [] : [UInt8(ascii: ",")] + members
    }
}

/// A reply that is streamed in chunks, as OpenAI's older APIs do.
protocol ChunkedReply: DialectReply {
    var delivery: ReplyDelivery { get }
    var identity: ReplyIdentity { get }
}

/// The `usage` of a stream's chunks, as vLLM's `continuous_usage_stats` has it.
private struct RunningUsage: Sendable {
    private let promptTokenCounts: [Int]
    private var counts: [Int]

    init(of stream: some ReplyStream) {
        promptTokenCounts = (0..<stream.choiceCount).map(stream.promptTokenCount)
        counts = Array(repeating: 0, count: stream.choiceCount)
    }

    mutating func add(_ count: Int, to choice: Int) {
        counts[choice] += count
    }

    func write(_ choice: Int, to writer: inout JSONWriter) {
        writer.append(key: "usage")
        writer.beginObject()
        writer.append(key: "prompt_tokens", int: promptTokenCounts[choice])
        writer.append(key: "completion_tokens", int: counts[choice])
        writer.append(key: "total_tokens", int: promptTokenCounts[choice] + counts[choice])
        writer.endObject()
    }
}
