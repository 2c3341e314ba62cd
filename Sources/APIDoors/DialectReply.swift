internal import HTTP
internal import HTTPTypes
package import Serving

/// A reply that has begun, in the words of a dialect: what is its own, while reading the stream is the same for all.
package protocol DialectReply: Sendable {
    associatedtype Stream: ReplyStream
    associatedtype Frames: ReplyFrames where Frames.Event == Stream.Event
    associatedtype Whole: ReplyFold where Whole.Event == Stream.Event

    var stream: Stream { get }
    /// Whether its client reads it as it comes.
    var isStreamed: Bool { get }
    var warnings: [RequestWarning] { get }
    /// What turns the stream into frames; made once.
    var frames: Frames { get }
    /// What the stream is folded into; made once.
    var whole: Whole { get }
    /// The body of the whole reply.
    func body(of whole: Whole) -> [UInt8]
    /// What the reply can be found by while it comes, besides its request's id.
    var names: [String] { get }
}

/// Turns the events of a reply into frames, which its client reads as they come.
package protocol ReplyFrames {
    associatedtype Event: StreamEvent

    /// How frames follow one another.
    static var form: StreamForm { get }
    /// What opens the stream.
    mutating func start(_ frames: inout [UInt8])
    mutating func append(_ event: Event, to frames: inout [UInt8])
    /// What tells the client and everybody in between that the reply is still coming; `status` says what goes on.
    mutating func appendSignOfLife(_ status: String, to frames: inout [UInt8])
    /// What ends the stream.
    mutating func end(_ usage: TokenUsage, _ frames: inout [UInt8])
    /// What ends the stream where the server fails.
    mutating func fail(_ error: APIError, _ frames: inout [UInt8])
}

/// How the frames of a stream follow one another.
package enum StreamForm: Sendable {
    /// As server-sent events.
    case events
    /// As one JSON text a line.
    case lines

    var contentType: String {
        switch self {
        case .events: "text/event-stream"
        case .lines: "application/x-ndjson"
        }
    }

    var headers: HTTPFields {
        switch self {
        case .events: ServerSentEvents.headers
        case .lines: [.contentType: contentType]
        }
    }
}

extension DialectReply {
    package var names: [String] { [] }

    /// Calls the reply off.
    package func abort() { stream.abort() }

    /// Waits for the whole reply.
    func body(meter: TokenMeter) async throws -> [UInt8] {
        meter.count(stream.promptTokenCount(choice: 0))
        return body(of: try await stream.fold(into: whole, progress: meter.count, settled: meter.settle))
    }

    /// Sends the reply as it comes; never silent for longer than the interval.
    func stream(
        to writer: consuming ResponseWriter, heartbeatInterval: Duration, meter: TokenMeter
    ) async throws {
        var frames = frames
        var first: [UInt8] = []
        frames.start(&first)
        // Some who pass a stream on wait with its head for the first bytes of its body.
        if first.isEmpty, Frames.form == .events {
            frames.appendSignOfLife(StreamHeartbeat.idleStatus, to: &first)
        }
        try await stream(
            &frames, into: try await writer.writeHead(head, followedBy: first), heartbeatInterval: heartbeatInterval,
            meter: meter)
    }

    /// Sends the reply as it comes behind what was sent already.
    func stream(into output: consuming BodyWriter, heartbeatInterval: Duration, meter: TokenMeter) async throws {
        var frames = frames
        var first: [UInt8] = []
        frames.start(&first)
        try await output.write(first)
        try await stream(&frames, into: output, heartbeatInterval: heartbeatInterval, meter: meter)
    }

    private func stream(
        _ frames: inout Frames, into output: consuming BodyWriter, heartbeatInterval: Duration, meter: TokenMeter
    ) async throws {
        try await pump(&frames, heartbeatInterval: heartbeatInterval, meter: meter) { try await output.write($0) }
        try await output.finish()
    }

    /// The head of the reply as a stream.
    var head: HTTPResponse {
        var head = HTTPResponse(status: .ok, headerFields: Frames.form.headers)
        head.headerFields.append(contentsOf: notices)
        return head
    }

    /// What is to be known of the reply before it is read: warnings, and that reasoning was put back into its prompt.
    var notices: HTTPFields {
        var fields = warnings.headers
        if stream.restoredReasoningCount > 0, let name = HTTPField.Name("X-Restored-Reasoning") {
            fields[name] = String(stream.restoredReasoningCount)
        }
        return fields
    }

    /// Hands the reply's frames to `write` as it comes, behind what opens the stream, and counts its tokens.
    func pump(
        _ frames: inout Frames, heartbeatInterval: Duration, meter: TokenMeter,
        _ write: ([UInt8]) async throws -> Void
    ) async throws {
        meter.count(stream.promptTokenCount(choice: 0))
        var heartbeat = StreamHeartbeat()
        var new: [UInt8] = []
        do {
            let usage = try await stream.forEach(pulse: heartbeatInterval / 2) { events in
                new = []
                for event in events {
                    meter.count(event.progress)
                    if let status = heartbeat.status(after: event.progress) {
                        frames.appendSignOfLife(status, to: &new)
                    }
                    frames.append(event, to: &new)
                }
                guard !new.isEmpty else { return }
                heartbeat.sent()
                try await write(new)
            }
            meter.settle(usage)
            new = []
            frames.end(usage, &new)
        } catch let error as ServingError {
            new = []
            frames.fail(APIError(error), &new)
        }
        try await write(new)
    }
}

extension ReplyFrames {
    package static var form: StreamForm { .events }

    package mutating func start(_ frames: inout [UInt8]) {}

    /// A comment, which clients pass over.
    package mutating func appendSignOfLife(_ status: String, to frames: inout [UInt8]) {
        ServerSentEvents.append(comment: status, to: &frames)
    }
}
