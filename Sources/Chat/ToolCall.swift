/// A call that a model made of a tool.
public struct ToolCall: Hashable, Sendable {
    /// Ties the call to its result; empty where the client gave none.
    public var id: String
    public var name: String
    /// The arguments as JSON text, as the model or the client wrote it.
    public var arguments: String

    /// A call.
    public init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
