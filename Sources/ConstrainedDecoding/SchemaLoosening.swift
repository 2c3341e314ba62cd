internal import JSON

/// Takes out of a schema, piece by piece, what cannot be enforced: what is left allows at least as much.
struct SchemaLoosening {
    private static let stepLimit = 200

    private(set) var schema: JSONValue
    private var stepCount = 0

    init(_ schema: JSONValue) {
        self.schema = schema
    }

    /// Leaves out what an error of the compiler is about.
    /// - Throws: the error, where nothing less than the whole schema would have to go.
    mutating func leaveOut(_ error: ConstraintError) throws(ConstraintError) {
        stepCount += 1
        guard stepCount <= Self.stepLimit, let culprit = SchemaWalk(schema).nearest(to: error.place) else {
            throw error
        }
        switch culprit.kind {
        case .schema:
            guard !culprit.path.steps.isEmpty else { throw error }
            schema = schema.replacing(culprit.path.steps[...]) { _ in .bool(true) }
        case .keyword(let key):
            schema = schema.replacing(culprit.path.steps.dropLast()) { owner in
                .object(Self.loosened(owner.objectValue ?? [:], without: key))
            }
        }
    }

    private static func loosened(_ schema: JSONObject, without key: String) -> JSONObject {
        var result = schema.without(key)
        switch key {
        case "oneOf" where schema["anyOf"] == nil:
            result["anyOf"] = schema[key]
        case "patternProperties", "propertyNames":
            // Members that it spoke of are now undeclared ones.
            result["additionalProperties"] = true
        default:
            break
        }
        return result
    }
}

/// The schemas and keywords of a schema, with their places.
private struct SchemaWalk {
    enum Kind {
        case schema
        case keyword(String)
    }

    typealias Entry = (path: JSONPath, kind: Kind)

    private static let depthLimit = 256
    private var entries: [Entry] = []

    init(_ schema: JSONValue) {
        visit(schema, JSONPath(), depth: 0)
    }

    /// The entry at a place as errors spell it, or the innermost one around it.
    func nearest(to place: String) -> Entry? {
        entries.filter { Self.isBeginning($0.path.description, of: place) }
            .max { $0.path.steps.count < $1.path.steps.count }
    }

    private static func isBeginning(_ beginning: String, of place: String) -> Bool {
        guard place.utf8.starts(with: beginning.utf8) else { return false }
        let next = place.utf8.dropFirst(beginning.utf8.count).first
        return beginning.isEmpty || next == nil || next == UInt8(ascii: ".") || next == UInt8(ascii: "[")
    }

    private mutating func visit(_ schema: JSONValue, _ path: JSONPath, depth: Int) {
        guard depth < Self.depthLimit else { return }
        entries.append((path, .schema))
        for (key, value) in schema.objectValue ?? [:] {
            let place = path.appending(key: key)
            entries.append((place, .keyword(key)))
            switch key {
            case "properties", "$defs", "definitions":
                for (name, member) in value.objectValue ?? [:] {
                    visit(member, place.appending(key: name), depth: depth + 1)
                }
            case "anyOf", "oneOf", "allOf", "prefixItems", "items":
                for (index, element) in (value.arrayValue ?? []).enumerated() {
                    visit(element, place.appending(index: index), depth: depth + 1)
                }
                if value.objectValue != nil {
                    visit(value, place, depth: depth + 1)
                }
            case "additionalProperties", "additionalItems":
                visit(value, place, depth: depth + 1)
            default:
                break
            }
        }
    }
}

extension JSONValue {
    /// A copy with another value at a path that leads somewhere.
    fileprivate func replacing(_ steps: ArraySlice<JSONPath.Step>, _ change: (JSONValue) -> JSONValue) -> JSONValue {
        guard let step = steps.first else { return change(self) }
        switch (self, step) {
        case (.object(var object), .key(let key)):
            object[key] = (object[key] ?? .null).replacing(steps.dropFirst(), change)
            return .object(object)
        case (.array(var elements), .index(let index)) where elements.indices.contains(index):
            elements[index] = elements[index].replacing(steps.dropFirst(), change)
            return .array(elements)
        default:
            return self
        }
    }
}
