internal import APIDoors
internal import JSON
internal import Serving

/// Reads `prompt` as llama-server has it: a text, token ids, both in one array, or an object with `prompt_string`; or an array
/// of these, for several prompts. An array with a number in it is one prompt.
enum NativePromptDecoder {
    /// A prompt, and how it was given.
    typealias Given = (prompt: CompletionPrompt, given: JSONValue)

    private static let key = "prompt"
    private static let forms = "a string, token ids, both mixed, or an object with a 'prompt_string'"

    static func prompts(from root: inout FieldReader) throws(APIError) -> [Given] {
        guard let value = root.value(key) else { throw root.missing(key) }
        guard case .array = value, let elements = try root.array(key), !holdsNumbers(elements) else {
            return [(try prompt(value, at: root.path.appending(key: key), &root), value)]
        }
        guard !elements.isEmpty else { throw .invalid(key, "'\(key)' must not be empty.") }
        var prompts: [Given] = []
        for (index, element) in elements.enumerated() {
            let path = root.path.appending(key: key).appending(index: index)
            prompts.append((try prompt(element, at: path, &root), element))
        }
        return prompts
    }

    private static func prompt(
        _ value: JSONValue, at path: JSONPath, _ root: inout FieldReader
    ) throws(APIError) -> CompletionPrompt {
        switch value {
        case .string(let text): return .text(text)
        case .array(let elements): return try mixed(elements, at: path)
        case .object(let object):
            var reader = FieldReader(object, path: path)
            guard let text = try reader.string("prompt_string") else { throw reader.missing("prompt_string") }
            if let data = try reader.array("multimodal_data"), !data.isEmpty {
                throw reader.unsupported("multimodal_data", "This model reads text only.")
            }
            root.take(reader)
            return .text(text)
        default: throw .invalid(path.description, "'\(path)' must be \(forms), not \(value.kind).")
        }
    }

    private static func mixed(_ elements: [JSONValue], at path: JSONPath) throws(APIError) -> CompletionPrompt {
        var parts: [CompletionPromptPart] = []
        parts.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            if let text = element.stringValue {
                parts.append(.text(text))
            } else if let id = element.intValue {
                parts.append(.token(id))
            } else {
                let place = path.appending(index: index)
                throw .invalid(place.description, "'\(place)' must be a token id or a string, not \(element.kind).")
            }
        }
        return .mixed(parts)
    }

    private static func holdsNumbers(_ elements: [JSONValue]) -> Bool {
        elements.contains { $0.numberValue != nil }
    }
}
