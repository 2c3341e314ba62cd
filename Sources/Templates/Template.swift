public import JSON

/// A chat template: Jinja's language as transformers runs it, in a bounded sandbox.
///
/// It follows jinja2's ImmutableSandboxedEnvironment with trim_blocks, lstrip_blocks and loop controls, `generation` blocks,
/// and transformers' `tojson`, `raise_exception` and `strftime_now`. A template reads nothing but its context, and changes
/// nothing. It is immutable: many tasks may render it at once.
public struct Template: Sendable {
    private let tree: SyntaxTree

    /// Reads a template's source.
    public init(_ source: String) throws(TemplateError) {
        tree = try Parser.parse(source)
    }

    /// The text for these variables.
    ///
    /// - Parameters:
    ///   - context: the variables by name; their order of keys and their numbers reach `tojson` unchanged.
    ///   - limits: what the rendering may cost; beyond it, rendering fails.
    ///   - now: what `strftime_now` shows, in seconds since 1970; nil is the system's time.
    /// - Returns: the text and the origin of each of its characters.
    /// - Throws: what the template raises, what it does wrong, or which limit it meets, with the line.
    public func render(
        _ context: JSONObject, limits: RenderLimits = .default, now: Int? = nil
    ) throws(TemplateError) -> RenderedText {
        try Interpreter(tree, context: context, limits: limits, now: now).render()
    }
}
