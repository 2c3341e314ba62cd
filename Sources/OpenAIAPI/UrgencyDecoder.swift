internal import APIDoors
internal import Serving

/// Reads whether somebody waits for a reply.
enum UrgencyDecoder {
    /// `service_tier`: `flex` is for replies that may come late, and the tiers that OpenAI sells beside it change nothing here.
    static func read(
        from root: inout FieldReader, into options: inout GenerationOptions, warnings: inout [RequestWarning]
    ) throws(APIError) {
        guard let tier = try root.string("service_tier") else { return }
        options.isBatch = tier == "flex"
        if !["auto", "default", "flex"].contains(tier) {
            warnings.append(
                RequestWarning(
                    parameter: "service_tier",
                    message: "Of the tiers only 'flex' has an effect here; this one has none."))
        }
    }
}
