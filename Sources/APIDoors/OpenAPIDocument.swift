internal import HTTP
internal import HTTPTypes
internal import JSON

/// The description of all that a doorway answers, by the OpenAPI Specification 3.1.
struct OpenAPIDocument: Sendable {
    let doors: [Door]
    /// How errors about the document itself are spelt.
    let errors: ErrorFormat
    let version: String

    /// Where it is to be found.
    var route: DoorRoute {
        let about = RouteDescription("This description.", response: ["openapi": .string, "paths": .anything])
        return DoorRoute(.get, "/openapi.json", for: .anyKey, about: about) { _ in .json(try value()) }
    }

    func value() throws -> JSONValue {
        var paths: JSONObject = [:]
        for door in doors {
            for route in door.routes { try Self.add(route, errors: door.errors, to: &paths) }
        }
        try Self.add(route, errors: errors, to: &paths)
        return [
            "openapi": "3.1.0",
            "info": ["title": "Ponder", "version": .string(version)],
            "paths": .object(paths),
            "components": [
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer"],
                    "header": ["type": "apiKey", "in": "header", "name": "x-api-key"],
                ]
            ],
            "security": [[:], ["bearer": []], ["header": []]],
        ]
    }

    private static func add(_ route: DoorRoute, errors: ErrorFormat, to paths: inout JSONObject) throws {
        let operation = try operation(route, errors: errors)
        for pattern in route.patterns {
            var path = paths[pattern.description]?.objectValue ?? [:]
            path[route.method.rawValue.lowercased()] = operation
            if let parameters = parameters(of: pattern.description) { path["parameters"] = parameters }
            paths[pattern.description] = .object(path)
        }
    }

    private static func operation(_ route: DoorRoute, errors: ErrorFormat) throws -> JSONValue {
        let description = route.description
        let error: JSONValue = [
            "description": "An error",
            "content": ["application/json": ["schema": errors.shape.schema]],
        ]
        var operation: JSONObject = [
            "summary": .string(description.summary),
            "responses": .object(responses(description, error: error)),
        ]
        if !description.query.isEmpty {
            operation["parameters"] = .array(
                description.query.map { parameter(named: $0.name, in: "query", isRequired: $0.isRequired) })
        }
        if let request = description.request {
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": try request.schema()]],
            ]
        }
        return .object(operation)
    }

    /// What is answered to a request, be it refused or not.
    private static func responses(_ description: RouteDescription, error: JSONValue) -> JSONObject {
        guard let response = description.response else {
            return ["204": ["description": "Done"], "4XX": error, "5XX": error]
        }
        var content: JSONObject = [description.contentType: ["schema": response.schema]]
        if let stream = description.stream {
            content[stream.contentType] = [:]
        }
        return ["200": ["description": "The reply", "content": .object(content)], "4XX": error, "5XX": error]
    }

    private static func parameter(named name: String, in place: String, isRequired: Bool) -> JSONValue {
        [
            "name": .string(name), "in": .string(place), "required": .bool(isRequired),
            "schema": ["type": "string"],
        ]
    }

    /// The gaps of a path.
    private static func parameters(of path: String) -> JSONValue? {
        let names = path.matches(of: /{([^}]+)}/).map { String($0.output.1) }
        guard !names.isEmpty else { return nil }
        return .array(names.map { parameter(named: $0, in: "path", isRequired: true) })
    }
}
