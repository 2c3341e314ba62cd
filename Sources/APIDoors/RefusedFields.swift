internal import JSON

/// Fields of other servers that would change which tokens may come, and that nothing here can honour: a reply that passed
/// them over would not be what was asked for, so a request with one of them is refused.
package enum RefusedFields {
    private static let names = [
        "allowed_token_ids", "bad_words", "beam_width", "best_of", "chat_template", "custom_logit_processor",
        "documents", "ebnf", "format", "grammar", "guided_choice", "guided_grammar", "guided_json",
        "guided_json_object", "guided_regex", "guided_structural_tag", "guided_whitespace_pattern", "json_schema",
        "json_object", "logits_processors", "lora", "output_format", "prompt_embeds", "regex", "response_format",
        "stop_regex", "structural_tag", "structured_outputs", "truncate_prompt_tokens", "use_beam_search",
    ]

    /// Refuses those of the fields that nobody has read, unless their value asks for nothing.
    package static func refuse(_ root: inout FieldReader) throws(APIError) {
        let unread = Set(root.unreadKeys)
        for name in names where unread.contains(name) {
            guard let value = root.value(name), !asksForNothing(value, of: name) else { continue }
            throw root.unsupported(
                name, "'\(name)' is not supported, and a reply without it would not be what it asks for.")
        }
    }

    private static func asksForNothing(_ value: JSONValue, of name: String) -> Bool {
        switch value {
        case .null, .bool(false): true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let object): object.isEmpty || name == "response_format" && object["type"] == "text"
        case .number: name == "best_of" && value.intValue == 1
        default: false
        }
    }
}
