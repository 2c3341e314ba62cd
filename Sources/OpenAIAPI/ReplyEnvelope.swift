internal import APIDoors
internal import JSON
internal import Serving

extension ReplyIdentity {
    /// The body of a whole reply, around its choices; `further` writes members that come last.
    func body(
        object: String, _ usage: TokenUsage, choices: (inout JSONWriter) -> Void, further: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        write(object: object, to: &writer)
        writer.append(key: "choices")
        writer.beginArray()
        choices(&writer)
        writer.endArray()
        writer.append(key: "usage")
        usage.write(to: &writer)
        writer.append(key: "system_fingerprint", string: fingerprint)
        writer.append(key: "timings")
        usage.writeTimings(to: &writer)
        further(&writer)
        writer.endObject()
        return writer.bytes
    }

    /// The members that every object of a reply begins with.
    func write(object: String, to writer: inout JSONWriter) {
        writer.append(key: "id", string: id)
        writer.append(key: "object", string: object)
        writer.append(key: "created", int: created)
        writer.append(key: "model", string: model)
    }
}
