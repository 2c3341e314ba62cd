public import JSON
internal import Templates

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

    /// A call whose arguments came as a value, not as text: they become the text that templates would print of it.
    public init(id: String, name: String, argumentValue: JSONValue) {
        self.init(
            id: id, name: name,
            arguments: (try? Self.printer?.render(["value": argumentValue]).text) ?? argumentValue.serialized(.spaced))
    }

    private static let printer = try? Template("{{ value|tojson }}")
}
