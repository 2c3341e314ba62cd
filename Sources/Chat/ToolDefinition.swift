public import JSON

/// A tool that the model may call, as the client described it: templates print it whole, its keys in order.
public struct ToolDefinition: Equatable, Sendable {
    public var json: JSONValue
    /// Whether calls have to fit the tool's schema as a whole.
    public var isStrict: Bool

    /// A tool.
    public init(json: JSONValue, isStrict: Bool = false) {
        self.json = json
        self.isStrict = isStrict
    }

    /// What calls name it by.
    public var name: String { json["function"]?["name"]?.stringValue ?? "" }

    /// The JSON Schema of its arguments; nil where it takes none.
    public var parameters: JSONValue? {
        guard let parameters = json["function"]?["parameters"], !parameters.isNull else { return nil }
        return parameters
    }
}
