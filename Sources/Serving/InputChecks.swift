internal import Tokenization
internal import Tokens

/// Checks of requests that bring many inputs.
extension RequestValidator {
    /// Checks how many elements a list has.
    func check(count: Int, of field: RequestField, limit: Int) throws(ServingError) {
        guard (1...limit).contains(count) else {
            throw .invalidValue(
                field: field, message: "'\(field.rawValue)' must hold 1 to \(limit) elements, not \(count).")
        }
    }

    /// Checks that an element of a list fits the context.
    func check(
        tokenCount: Int, of field: RequestField, index: Int, limit: Int
    ) throws(ServingError) {
        guard tokenCount <= limit else {
            throw .inputTooLong(field: field, index: index, tokenCount: tokenCount, limit: limit)
        }
    }

    /// The tokens of an element of a list, of which there is at least one.
    func tokens(
        _ input: CompletionPrompt, field: RequestField, index: Int, tokenizer: Tokenizer
    ) throws(ServingError) -> [TokenID] {
        let tokens = try tokens(input, field: field, tokenizer: tokenizer)
        guard !tokens.isEmpty else {
            throw .invalidValue(field: field, message: "'\(field.rawValue)[\(index)]' must not be empty.")
        }
        return tokens
    }

    /// The tokens of a prompt, which may be none.
    func tokens(
        _ input: CompletionPrompt, field: RequestField, tokenizer: Tokenizer
    ) throws(ServingError) -> [TokenID] {
        var tokens: [TokenID] = []
        switch input {
        case .text(let text): tokens = tokenizer.encode(text)
        case .tokens(let ids):
            tokens.reserveCapacity(ids.count)
            for id in ids {
                tokens.append(try checkedToken(id, field: field))
            }
        case .mixed(let parts):
            for part in parts {
                switch part {
                case .text(let text): tokens += tokenizer.encode(text)
                case .token(let id): tokens.append(try checkedToken(id, field: field))
                }
            }
        }
        return tokens
    }
}
