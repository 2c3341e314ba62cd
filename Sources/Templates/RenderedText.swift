/// What a template rendered to, with the origin of every character.
///
/// Only template segments may become control tokens: what a caller passed in can spell them but not be them.
public struct RenderedText: Hashable, Sendable {
    /// Where characters come from.
    public enum Origin: Hashable, Sendable {
        /// The template's own text and string literals, however cut and joined.
        case template
        /// A value that the caller passed in, or text made from one; also every number, truth value and date.
        case caller
    }

    /// A stretch of text of one origin, never empty.
    public struct Segment: Hashable, Sendable {
        public var text: String
        public var origin: Origin

        public init(text: String, origin: Origin) {
            self.text = text
            self.origin = origin
        }
    }

    /// The segments in order; neighbours differ in their origin.
    public var segments: [Segment]

    /// The whole text.
    public var text: String {
        segments.map(\.text).joined()
    }

    public init(segments: [Segment]) {
        self.segments = segments
    }
}
