public import JSON

/// Stands in until the templates branch is merged.
public struct Template: Sendable {
    public init(_ source: String) throws(TemplateError) {
        throw TemplateError(message: "templates have not landed")
    }

    public func render(_ context: JSONObject, limits: RenderLimits = .default) throws(TemplateError) -> RenderedText {
        RenderedText(segments: [])
    }
}
