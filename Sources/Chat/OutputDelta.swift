/// A piece of an assistant's reply.
public enum OutputDelta: Hashable, Sendable {
    case reasoning(String)
    case content(String)
    /// A call begins; its arguments follow. Indices count the reply's calls from 0.
    case toolCallBegan(index: Int, id: String, name: String)
    /// More of a call's arguments, as JSON text.
    case toolCallArguments(index: Int, String)
}
