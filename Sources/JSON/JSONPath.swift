/// The way from a JSON text's root to one of its values, as error messages spell it: `messages[2].content`.
public struct JSONPath: Hashable, Sendable {
    /// One step down.
    public enum Step: Hashable, Sendable {
        case key(String)
        case index(Int)
    }

    /// The steps from the root.
    public var steps: [Step]

    /// A path of these steps; of none for the root itself.
    public init(_ steps: [Step] = []) {
        self.steps = steps
    }

    /// The path of a member of the object that this path leads to.
    public func appending(key: String) -> JSONPath { JSONPath(steps + [.key(key)]) }

    /// The path of an element of the array that this path leads to.
    public func appending(index: Int) -> JSONPath { JSONPath(steps + [.index(index)]) }
}

extension JSONPath: ExpressibleByStringLiteral {
    /// A path of one key.
    public init(stringLiteral key: String) { self.init([.key(key)]) }
}

extension JSONPath: CustomStringConvertible {
    /// The path in dots and brackets; keys that are no plain names stand quoted in brackets.
    public var description: String {
        var text = ""
        for step in steps {
            switch step {
            case .index(let index): text += "[\(index)]"
            case .key(let key) where Self.isPlainName(key): text += text.isEmpty ? key : ".\(key)"
            case .key(let key): text += "[\(JSONValue.string(key).serialized())]"
            }
        }
        return text
    }

    private static func isPlainName(_ key: String) -> Bool {
        guard let first = key.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return key.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}

extension JSONValue {
    /// The value at the end of a path; nil where there is none.
    public subscript(path path: JSONPath) -> JSONValue? {
        var value = self
        for step in path.steps {
            let next: JSONValue? =
                switch step {
                case .key(let key): value[key]
                case .index(let index): value[index]
                }
            guard let next else { return nil }
            value = next
        }
        return value
    }
}
