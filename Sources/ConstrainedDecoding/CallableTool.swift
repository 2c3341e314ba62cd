public import JSON

/// A function that an output may call.
public struct CallableTool: Sendable {
    public var name: String
    /// The JSON Schema of the arguments; nil for a function that takes none.
    public var parameters: JSONValue?
    /// Whether a schema that cannot be enforced is refused. Otherwise what cannot be enforced is left out.
    public var isStrict: Bool

    public init(name: String, parameters: JSONValue?, isStrict: Bool) {
        self.name = name
        self.parameters = parameters
        self.isStrict = isStrict
    }
}

extension CallableTool {
    /// The schema of the arguments: as an object, which they always are.
    func argumentSchema() throws(ConstraintError) -> JSONValue {
        guard let parameters else { return ["type": "object", "additionalProperties": false] }
        guard var schema = parameters.objectValue else {
            throw ConstraintError(message: "A schema of arguments must be an object, not \(parameters.kind).")
        }
        let type = schema["type"]
        guard type == nil || type == "object" || type?.arrayValue?.contains("object") == true else {
            throw ConstraintError(place: "type", message: "'type' must be \"object\": arguments are nothing else.")
        }
        schema["type"] = "object"
        return .object(schema)
    }

    /// Whatever arguments an object can hold.
    static let anyArguments: JSONValue = ["type": "object"]

    /// A schema that can be enforced, and what of the tool's own it leaves out.
    ///
    /// - Parameter compile: compiles a schema of arguments, or says what in it cannot be enforced.
    /// - Returns: the schema, and why it is not the tool's own.
    /// - Throws: what cannot be enforced, if the tool is strict.
    func enforceableSchema(
        _ compile: (JSONValue) throws(ConstraintError) -> Void
    ) throws(ConstraintError) -> (schema: JSONValue, omissions: [ConstraintError]) {
        var omissions: [ConstraintError] = []
        do throws(ConstraintError) {
            var loosening = SchemaLoosening(try argumentSchema())
            while true {
                do {
                    try compile(loosening.schema)
                    return (loosening.schema, omissions)
                } catch {
                    guard !isStrict else { throw error }
                    omissions.append(error)
                    try loosening.leaveOut(error)
                }
            }
        } catch {
            guard !isStrict else { throw refusal(error) }
            return (Self.anyArguments, omissions.isEmpty ? [error] : omissions)
        }
    }

    /// An error about the tool's schema, with the tool's name.
    func refusal(_ error: ConstraintError) -> ConstraintError {
        ConstraintError(
            place: error.place, message: "The arguments of '\(name.prefix(80))' cannot be held to: \(error.message)")
    }
}
