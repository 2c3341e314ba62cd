import JSON

/// A JSON text. Invariant: a value that is written in any style reads back as itself.
struct JSONTarget: FuzzTarget {
    static let name = "json"

    private static let styles: [JSONStyle] = [.compact, .spaced, .indented(by: 2)]

    func run(_ input: [UInt8]) {
        guard let value = try? JSONValue(parsing: input) else { return }
        for style in Self.styles {
            let text = value.serializedBytes(style)
            require((try? JSONValue(parsing: text)) == value, "a value does not read back as itself")
        }
        visit(value)
    }

    /// Asks each value for all that it may be.
    private func visit(_ value: JSONValue) {
        _ = (value.stringValue, value.boolValue, value.intValue, value.doubleValue, value.kind)
        for element in value.arrayValue ?? [] {
            visit(element)
        }
        for (key, member) in value.objectValue ?? [:] {
            require(value[key] == member, "a member is not found by its key")
            visit(member)
        }
    }
}
