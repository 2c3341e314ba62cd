package import APIDoors
internal import JSON

extension APIError {
    /// The error object, as the body of a reply or the data of a stream's event.
    var body: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "error")
        writer.beginObject()
        writer.append(key: "message")
        writer.append(string: message)
        writer.append(key: "type")
        writer.append(string: type.rawValue)
        writer.append(key: "param")
        writer.append(optional: parameter)
        writer.append(key: "code")
        writer.append(optional: code?.rawValue)
        if let contextNumbers {
            writer.append(key: "n_prompt_tokens")
            writer.append(int: contextNumbers.promptTokenCount)
            writer.append(key: "n_ctx")
            writer.append(int: contextNumbers.limit)
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }
}

extension ErrorFormat {
    /// OpenAI's error object.
    package static let openAI = ErrorFormat([
        "error": ["message": .string, "type": .string, "param": .nullable(.string), "code": .nullable(.string)]
    ]) { $0.body }
}
