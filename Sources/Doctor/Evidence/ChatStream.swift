internal import HTTPClient
internal import JSON

/// A stream of chat chunks, event by event and put together as clients do. What cannot be read is passed over here; the
/// checks of the grammar look at the events themselves.
struct ChatStream: Sendable {
    let transcript: Transcript
    /// The data of all events, in order.
    let events: [String]
    /// Those that are objects with choices or usage.
    let chunks: [JSONValue]

    init(_ transcript: Transcript) {
        self.transcript = transcript
        events = transcript.eventData.map { String(decoding: $0, as: UTF8.self) }
        chunks = events.compactMap { event in
            guard event != "[DONE]", let json = try? JSONValue(parsing: event), json.objectValue != nil else {
                return nil
            }
            return json["error"] == nil ? json : nil
        }
    }

    /// Events other than `[DONE]`.
    var payloads: [String] { events.filter { $0 != "[DONE]" } }

    /// Of every chunk the choices, of all choices or of one.
    func choices(_ index: Int? = nil) -> [JSONValue] {
        chunks.flatMap { $0["choices"]?.arrayValue ?? [] }.filter { choice in
            index == nil || (choice["index"]?.intValue ?? 0) == index
        }
    }

    func deltas(_ index: Int = 0) -> [JSONValue] { choices(index).compactMap { $0["delta"] } }

    /// A text member of the deltas, put together.
    func text(_ keys: String..., index: Int = 0) -> String {
        deltas(index).map { delta in keys.lazy.compactMap { delta[$0]?.stringValue }.first ?? "" }.joined()
    }

    var content: String { text("content") }
    var reasoning: String { text("reasoning_content", "reasoning") }
    var finishReasons: [String] { choices(0).compactMap { $0["finish_reason"]?.stringValue } }
    var usage: JSONValue? { chunks.last { $0["usage"]?.objectValue != nil }?["usage"] }

    /// Pieces of text of any kind that came.
    var textPieceCount: Int {
        deltas().count { delta in
            ["content", "reasoning_content", "reasoning"].contains { delta[$0]?.stringValue?.isEmpty == false }
        }
    }

    /// All pieces of calls, in order.
    var callPieces: [JSONValue] { deltas().flatMap { $0["tool_calls"]?.arrayValue ?? [] } }

    /// Pieces by the call's index, as far as they have one.
    var calls: [Int: [JSONValue]] {
        Dictionary(grouping: callPieces.filter { $0["index"]?.intValue != nil }) { $0["index"]?.intValue ?? 0 }
    }

    /// A call's arguments, put together.
    func arguments(of index: Int) -> String {
        (calls[index] ?? []).compactMap { $0["function"]?["arguments"]?.stringValue }.joined()
    }
}

extension Transcript {
    /// The data of the body's server-sent events.
    var eventData: [[UInt8]] {
        var parser = EventStreamParser()
        return parser.consume(body)
    }

    /// Events that are JSON objects: of the dialects that name each by its `type`.
    var eventObjects: [JSONValue] { eventData.compactMap { try? JSONValue(parsing: $0) } }

    /// The body as one JSON object a line.
    var lines: [JSONValue] {
        body.split(separator: 0x0A).compactMap { try? JSONValue(parsing: Array($0)) }
    }
}
