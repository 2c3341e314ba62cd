package import JSON

/// What a route's entry in the description of the API says.
package struct RouteDescription: Sendable {
    package let summary: String
    /// Nil where a request has no body.
    package let request: RequestDescription?
    /// Nil where a reply has no body.
    package let response: JSONShape?
    /// The names that the query may have, and whether they must be there.
    package let query: [(name: String, isRequired: Bool)]
    /// How the reply may come instead of as one body.
    package let stream: StreamForm?
    /// What the body is written in.
    package let contentType: String

    package init(
        _ summary: String, query: KeyValuePairs<String, Bool> = [:], request: RequestDescription? = nil,
        response: JSONShape?, stream: StreamForm? = nil, contentType: String = "application/json"
    ) {
        self.query = query.map { (name: $0.key, isRequired: $0.value) }
        self.summary = summary
        self.request = request
        self.response = response
        self.stream = stream
        self.contentType = contentType
    }
}

/// What a request's body may hold, told by what reads it.
package struct RequestDescription: Sendable {
    package typealias Read = @Sendable (JSONObject) throws -> Void

    /// Bodies which together have every object that has fields of its own.
    package let examples: [JSONObject]
    package let required: [String]
    package let read: Read

    package init(_ examples: [JSONObject], required: [String] = [], read: @escaping Read) {
        self.examples = examples
        self.required = required
        self.read = read
    }

    /// The JSON Schema of bodies: of all fields that were asked for while the examples were read.
    package func schema() throws -> JSONValue {
        let log = FieldLog()
        for example in examples {
            try FieldLog.$current.withValue(log) { try read(example) }
        }
        var schema = log.schema(required: required)
        schema["examples"] = .array(examples.map(JSONValue.object))
        return .object(schema)
    }
}
