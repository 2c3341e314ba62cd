/// What one rendering may cost, so that no template and no conversation can hang or exhaust the server.
public struct RenderLimits: Hashable, Sendable {
    /// Evaluated expressions and statements, plus one for each element and each 64 bytes of text that an operation makes or searches.
    public var steps: Int
    /// How deep macro calls, recursive loops, blocks and expressions may nest, all together.
    public var depth: Int
    /// Bytes of text: of the result, and of any single string on the way.
    public var textByteCount: Int
    /// Elements of any single list, range or dictionary made by the template.
    public var elementCount: Int

    /// Limits of one rendering.
    public init(steps: Int, depth: Int, textByteCount: Int, elementCount: Int) {
        self.steps = steps
        self.depth = depth
        self.textByteCount = textByteCount
        self.elementCount = elementCount
    }

    /// Five million steps (about a second), 32 MiB of text, 100,000 elements (as Jinja's sandbox allows a range).
    public static let `default` = RenderLimits(
        steps: 5_000_000, depth: 500, textByteCount: 32 << 20, elementCount: 100_000)
}
