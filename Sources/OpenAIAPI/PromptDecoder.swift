internal import APIDoors
internal import JSON
internal import Serving

/// Reads raw prompts in their four forms: a string, an array of strings, token ids, an array of arrays of token ids.
enum PromptDecoder {
    static func prompts(from root: inout FieldReader, _ key: String) throws(APIError) -> [CompletionPrompt] {
        switch root.value(key) {
        case nil: throw root.missing(key)
        case .string(let text): return [.text(text)]
        case .array(let elements): return try prompts(of: elements, key)
        case .some(let other):
            throw root.wrongType(key, expected: "a string, an array of strings or an array of token ids", other)
        }
    }

    private static func prompts(of elements: [JSONValue], _ key: String) throws(APIError) -> [CompletionPrompt] {
        guard let first = elements.first else { throw .invalid(key, "'\(key)' must not be empty.") }
        guard first.numberValue == nil else { return [.tokens(try tokens(elements, path: key))] }
        var prompts: [CompletionPrompt] = []
        for (index, element) in elements.enumerated() {
            switch (first, element) {
            case (.string, .string(let text)): prompts.append(.text(text))
            case (.array, .array(let ids)):
                prompts.append(.tokens(try tokens(ids, path: "\(key)[\(index)]")))
            default:
                throw .invalid(
                    "\(key)[\(index)]",
                    "'\(key)' must be an array of strings, of token ids or of arrays of token ids; "
                        + "'\(key)[\(index)]' is \(element.kind).")
            }
        }
        return prompts
    }

    private static func tokens(_ elements: [JSONValue], path: String) throws(APIError) -> [Int] {
        var tokens: [Int] = []
        tokens.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let token = element.intValue else {
                throw .invalid("\(path)[\(index)]", "'\(path)[\(index)]' must be a token id, not \(element.kind).")
            }
            tokens.append(token)
        }
        return tokens
    }
}
