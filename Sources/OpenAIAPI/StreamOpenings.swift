internal import APIDoors
internal import HTTP
internal import JSON

extension StreamOpening {
    /// Of chat completions and completions.
    static func openAI(_ remarks: RequestRemarks) -> StreamOpening {
        .events(warnings: remarks.warnings) { ChunkWriter.append($0, to: &$1) }
    }

    /// Of llama-server's own completions.
    static func native(_ remarks: RequestRemarks) -> StreamOpening {
        .events(warnings: remarks.warnings) { ServerSentEvents.append(data: $0.body, to: &$1) }
    }

    /// Of responses: there is none yet that could have failed, so that the event stands for itself.
    static func responses(_ remarks: RequestRemarks) -> StreamOpening {
        .events(warnings: remarks.warnings) { error, frames in
            var writer = JSONWriter()
            writer.beginObject()
            writer.append(key: "type", string: "error")
            writer.append(key: "code")
            writer.append(optional: error.code?.rawValue)
            writer.append(key: "message", string: error.message)
            writer.append(key: "param")
            writer.append(optional: error.parameter)
            writer.append(key: "sequence_number", int: 0)
            writer.endObject()
            ServerSentEvents.append(name: "error", data: writer.bytes, to: &frames)
        }
    }
}
