internal import JSON
internal import Synchronization

/// Writes down which fields readers ask for, and as what: so do decoders tell what bodies may hold.
///
/// Bound to a task with `FieldLog.$current`; without one nothing is written down.
package final class FieldLog: Sendable {
    @TaskLocal package static var current: FieldLog?

    /// What a field is read as.
    enum Kind: String, Sendable {
        case anything, string, boolean, integer, number, array, object, strings, integers, objects
    }

    /// An object and its fields, as far as anybody asked.
    struct Fields: Sendable {
        var kinds: [(key: String, kinds: Set<Kind>)] = []
    }

    /// By the path of the object, in which every index of an array is 0.
    private let objects = Mutex<[String: Fields]>([:])

    package init() {}

    func note(_ key: String, as kind: Kind, below path: JSONPath) {
        let place = Self.normalized(path)
        objects.withLock { objects in
            var fields = objects[place] ?? Fields()
            if let index = fields.kinds.firstIndex(where: { $0.key == key }) {
                fields.kinds[index].kinds.insert(kind)
            } else {
                fields.kinds.append((key, [kind]))
            }
            objects[place] = fields
        }
    }

    /// The JSON Schema of the objects at a path.
    func schema(at path: JSONPath = JSONPath(), required: [String] = []) -> JSONObject {
        var properties: JSONObject = [:]
        for (key, kinds) in objects.withLock({ $0[Self.normalized(path)] })?.kinds ?? [] {
            properties[key] = schema(of: kinds, at: path.appending(key: key))
        }
        var schema: JSONObject = ["type": "object"]
        if !properties.isEmpty { schema["properties"] = .object(properties) }
        if !required.isEmpty { schema["required"] = .array(required.map(JSONValue.string)) }
        return schema
    }

    private func schema(of kinds: Set<Kind>, at path: JSONPath) -> JSONValue {
        let element = path.appending(index: 0)
        var kinds = kinds
        if kinds.remove(.anything) != nil {
            // What is looked at first, and then read in one way or another.
            if hasFields(path) { kinds.insert(.object) }
            if hasFields(element) { kinds.insert(.array) }
            guard !kinds.isEmpty else { return [:] }
            kinds.formUnion([.string, .boolean, .number])
        }
        let schemas = kinds.sorted { $0.rawValue < $1.rawValue }.map { schema(of: $0, at: path) }
        return ["anyOf": .array(schemas + [["type": "null"]])]
    }

    private func schema(of kind: Kind, at path: JSONPath) -> JSONValue {
        switch kind {
        case .anything: [:]
        case .string, .boolean, .integer, .number: ["type": .string(kind.rawValue)]
        case .strings: ["type": "array", "items": ["type": "string"]]
        case .integers: ["type": "array", "items": ["type": "integer"]]
        case .object: .object(schema(at: path))
        case .array where !hasFields(path.appending(index: 0)): ["type": "array"]
        case .array, .objects: ["type": "array", "items": .object(schema(at: path.appending(index: 0)))]
        }
    }

    private func hasFields(_ path: JSONPath) -> Bool {
        objects.withLock { $0[Self.normalized(path)] } != nil
    }

    private static func normalized(_ path: JSONPath) -> String {
        path.description.replacing(/\[[0-9]+\]/, with: "[0]")
    }
}
