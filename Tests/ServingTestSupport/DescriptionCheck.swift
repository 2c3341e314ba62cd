internal import APIDoors
internal import JSON
import Testing

extension APIClient {
    /// The description of the API has what the door answers, and nothing else: each route, and each field of its bodies.
    ///
    /// `free` are fields whose objects hold whatever clients put there.
    package func checkDescription(free: Set<String>) async throws {
        let reply = try await get("/openapi.json")
        #expect(reply.status == 200, "\(reply.text)")
        let paths = try #require(try reply.json["paths"]?.objectValue)
        var described: Set<String> = []
        for (path, operations) in paths {
            for method in try #require(operations.objectValue).keys where method != "parameters" {
                described.insert("\(method) \(path)")
            }
        }
        var answered: Set<String> = ["get /openapi.json"]
        for route in door.routes {
            for pattern in route.patterns {
                answered.insert("\(route.method.rawValue.lowercased()) \(pattern.description)")
            }
            try await checkFields(of: route, free: free)
        }
        #expect(described == answered)
    }

    private func checkFields(of route: DoorRoute, free: Set<String>) async throws {
        guard let request = route.description.request, let path = route.patterns.first?.description else { return }
        let schema = try request.schema()
        Self.checkNested(schema, below: path, free: free)
        let example = try #require(request.examples.first)
        for key in try #require(schema["properties"]?.objectValue).keys {
            var body = example
            body[key] = [[]]
            let reply = try await post(path, .object(body))
            let warnings = (try? reply.json["warnings"]?.arrayValue) ?? []
            let unknown = warnings.contains { warning in
                warning["param"] == .string(key)
                    && warning["message"]?.stringValue?.hasPrefix("Unknown field") == true
            }
            #expect(!unknown, "\(path) describes '\(key)', which nobody reads")
        }
    }

    /// An object that a body may hold has fields of its own: an example names it.
    private static func checkNested(_ schema: JSONValue, below path: String, free: Set<String>) {
        for (key, value) in schema["properties"]?.objectValue ?? [:] where !free.contains(key) {
            for choice in value["anyOf"]?.arrayValue ?? [] {
                let object = choice["type"] == "array" ? choice["items"] ?? nil : choice
                guard object["type"] == "object" else { continue }
                #expect(object["properties"] != nil, "\(path): no example has fields of '\(key)'")
                checkNested(object, below: "\(path) \(key)", free: free)
            }
        }
    }
}
