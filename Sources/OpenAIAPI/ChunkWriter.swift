internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving

/// Writes the events of one stream. What is the same in every chunk is serialised once.
struct ChunkWriter: Sendable {
    /// Up to the array of choices.
    private let beginning: [UInt8]
    /// From the end of the choices on.
    private let ending: [UInt8]

    /// A writer of chunks whose `object` is given. With `includesUsage` each says `"usage":null`, because a last one
    /// will have numbers.
    init(_ identity: ReplyIdentity, object: String, includesUsage: Bool) {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "id", string: identity.id)
        writer.append(key: "object", string: object)
        writer.append(key: "created", int: identity.created)
        writer.append(key: "model", string: identity.model)
        writer.append(key: "system_fingerprint", string: identity.fingerprint)
        writer.append(key: "choices")
        beginning = writer.bytes + [UInt8(ascii: "[")]
        ending = Array((includesUsage ? #"],"usage":null}"# : "]}").utf8)
    }

    /// Appends the event of a chunk with one choice, which `write` writes as an object; `extras` writes members besides.
    func append(
        to frames: inout [UInt8], extras: (inout JSONWriter) -> Void = { _ in },
        choice write: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        write(&writer)
        var data = beginning
        data += writer.bytes
        data += ending
        let members = Self.members(extras)
        if members.count > 1 {
            data.removeLast()
            data += members
            data.append(UInt8(ascii: "}"))
        }
        ServerSentEvents.append(data: data, to: &frames)
    }

    /// Appends the event of the chunk that has token counts and no choices.
    func append(_ usage: TokenUsage, to frames: inout [UInt8]) {
        var data = beginning
        data.append(UInt8(ascii: "]"))
        data += Self.members { writer in
            writer.append(key: "usage")
            usage.write(to: &writer)
            writer.append(key: "timings")
            usage.writeTimings(to: &writer)
        }
        data.append(UInt8(ascii: "}"))
        ServerSentEvents.append(data: data, to: &frames)
    }

    /// Appends the event that ends every stream.
    static func appendDone(to frames: inout [UInt8]) {
        ServerSentEvents.append(data: Array("[DONE]".utf8), to: &frames)
    }

    /// The event of a failure that came after the stream had begun, and the end of the stream.
    static func failure(_ error: APIError) -> [UInt8] {
        var frames: [UInt8] = []
        ServerSentEvents.append(data: error.body, to: &frames)
        appendDone(to: &frames)
        return frames
    }

    /// A comment, which clients pass over: the stream is alive.
    static func appendComment(_ text: String, to frames: inout [UInt8]) {
        frames += Array(": \(text)\n\n".utf8)
    }

    /// Members for an object that has some already: with the comma before them.
    private static func members(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        write(&writer)
        return [UInt8(ascii: ",")] + writer.bytes.dropFirst()
    }
}
