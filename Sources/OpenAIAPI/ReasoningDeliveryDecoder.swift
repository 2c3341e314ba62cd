internal import APIDoors
internal import JSON
internal import Serving

/// Reads how a reply is to hand out its reasoning.
///
/// Leaving it out (`include_reasoning`, `reasoning.exclude`) goes before everything; then `reasoning_format`, then
/// `separate_reasoning`, then `stream_reasoning`.
enum ReasoningDeliveryDecoder {
    static func delivery(
        from root: inout FieldReader, isExcluded: Bool, warnings: inout [RequestWarning]
    ) throws(APIError) -> ReasoningDelivery {
        let isIncluded = try root.bool("include_reasoning") ?? true
        let format = try format(from: &root)
        let isSeparate = try root.bool("separate_reasoning")
        let isStreamed = try root.bool("stream_reasoning") ?? true
        func warn(_ name: String, _ reason: String) {
            warnings.append(RequestWarning(parameter: name, message: reason))
        }
        guard isIncluded, !isExcluded else {
            if format != nil { warn("reasoning_format", "Reasoning is left out; it has no effect.") }
            if isSeparate != nil { warn("separate_reasoning", "Reasoning is left out; it has no effect.") }
            return .omitted
        }
        if let format, let isSeparate, format != isSeparate {
            warn("separate_reasoning", "'reasoning_format' was given too and goes before it.")
        }
        guard format ?? isSeparate ?? true else {
            if !isStreamed { warn("stream_reasoning", "Reasoning is part of the content; it has no effect.") }
            return .inContent
        }
        return isStreamed ? .apart : .apartAtOnce
    }

    /// `reasoning_field`: in which member reasoning is sent; nil for the server's choice.
    static func fieldName(from root: inout FieldReader) throws(APIError) -> ReasoningFieldName? {
        guard let name = try root.string("reasoning_field") else { return nil }
        guard let field = ReasoningFieldName(rawValue: name) else {
            throw root.invalid(
                "reasoning_field",
                "'reasoning_field' must be one of reasoning_content, reasoning and both, not '\(name.prefix(40))'.")
        }
        return field
    }

    /// Whether the format has reasoning apart from the content.
    private static func format(from root: inout FieldReader) throws(APIError) -> Bool? {
        switch try root.string("reasoning_format") {
        case nil: return nil
        case "none": return false
        case "auto", "deepseek": return true
        case "deepseek-legacy":
            throw root.unsupported("reasoning_format", "'deepseek-legacy' is not supported; use 'deepseek' or 'none'.")
        case .some(let other):
            throw root.invalid(
                "reasoning_format",
                "'reasoning_format' must be one of none, auto and deepseek, not '\(other.prefix(40))'.")
        }
    }
}
