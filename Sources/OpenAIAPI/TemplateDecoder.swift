internal import APIDoors

/// Reads `chat_template`: a template for this request alone, in place of the model's.
enum TemplateDecoder {
    /// The template's source; refused unless the server was told to trust requests with it.
    static func template(from root: inout FieldReader, settings: APISettings) throws(APIError) -> String? {
        guard let source = try root.string("chat_template"), !source.isEmpty else { return nil }
        guard settings.trustsRequestTemplates else {
            throw root.unsupported(
                "chat_template",
                "'chat_template' is not supported by this server: it was started without --trust-request-chat-template."
            )
        }
        return source
    }
}
