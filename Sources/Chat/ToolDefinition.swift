public import JSON

/// A tool that the model may call, as the client described it: templates print it whole, its keys in order.
public struct ToolDefinition: Equatable, Sendable {
    public var json: JSONValue

    /// A tool.
    public init(json: JSONValue) {
        self.json = json
    }
}
