internal import JSON

/// A dictionary in order of insertion, which templates never change; the reference is its identity.
final class DictionaryValue {
    private(set) var keys: [TemplateValue] = []
    private(set) var values: [TemplateValue] = []
    let origin: RenderedText.Origin
    // Empty while the dictionary is small: a linear search is then faster than hashing.
    private var positions: [DictionaryKey: Int] = [:]

    private static let linearSearchLimit = 8

    init(origin: RenderedText.Origin = .template) {
        self.origin = origin
    }

    var count: Int { keys.count }

    var items: [TemplateValue] {
        zip(keys, values).map { key, value in .tuple(ListValue([key, value], origin: origin)) }
    }

    /// The value of a key; throws for values that cannot be keys.
    func value(of key: TemplateValue) throws(TemplateError) -> TemplateValue? {
        position(of: try DictionaryKey(key)).map { values[$0] }
    }

    func value(of key: String) -> TemplateValue? {
        position(of: .text(Array(key.utf8))).map { values[$0] }
    }

    /// Adds a member, or replaces the value of one; only while the dictionary is being made, or by a namespace.
    func set(_ key: TemplateValue, _ value: TemplateValue) throws(TemplateError) {
        let hashable = try DictionaryKey(key)
        if let position = position(of: hashable) {
            values[position] = value
            return
        }
        keys.append(key)
        values.append(value)
        if !positions.isEmpty {
            positions[hashable] = keys.count - 1
        } else if keys.count > Self.linearSearchLimit {
            for (position, key) in keys.enumerated() {
                positions[try DictionaryKey(key)] = position
            }
        }
    }

    private func position(of key: DictionaryKey) -> Int? {
        guard positions.isEmpty else { return positions[key] }
        return keys.firstIndex { candidate in
            if case .string(let text) = candidate, case .text(let bytes) = key {
                return text.bytes == bytes
            }
            return (try? DictionaryKey(candidate)) == key
        }
    }
}

/// What a dictionary looks a key up by: equal numbers of different types are the same key, as in Python.
enum DictionaryKey: Hashable {
    case undefined
    case none
    case integer(Int)
    case wide(WideInteger)
    case float(Double)
    case text([UInt8])
    case tuple([DictionaryKey])
    case object(ObjectIdentifier)

    init(_ value: TemplateValue) throws(TemplateError) {
        var room = 10_000
        try self.init(value, room: &room, depth: 100)
    }

    private init(_ value: TemplateValue, room: inout Int, depth: Int) throws(TemplateError) {
        room -= 1
        guard depth > 0, room > 0 else { throw TemplateError("a key nests too deeply or is too large") }
        switch value {
        case .undefined: self = .undefined
        case .none: self = .none
        case .bool(let flag): self = .integer(flag ? 1 : 0)
        case .integer(let value): self = .integer(value)
        case .wide(let value): self = .wide(value)
        case .float(let value): self = Int(exactly: value).map(DictionaryKey.integer) ?? .float(value)
        case .string(let text): self = .text(text.bytes)
        case .tuple(let list):
            var keys: [DictionaryKey] = []
            for element in list.elements {
                keys.append(try DictionaryKey(element, room: &room, depth: depth - 1))
            }
            self = .tuple(keys)
        case .namespace(let namespace): self = .object(ObjectIdentifier(namespace))
        case .macro(let macro): self = .object(ObjectIdentifier(macro))
        default: throw TemplateError("unhashable type: '\(value.typeName)'")
        }
    }
}

extension TemplateValue {
    /// A value that the caller passed in.
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .none
        case .bool(let flag): self = .bool(flag)
        case .number(let number): self.init(number)
        case .string(let text): self = .string(TemplateText(text, origin: .caller))
        case .array(let elements): self = .list(ListValue(elements.map { TemplateValue($0) }, origin: .caller))
        case .object(let object):
            let dictionary = DictionaryValue(origin: .caller)
            for (key, value) in object {
                // A string is always a valid key.
                try? dictionary.set(.string(TemplateText(key, origin: .caller)), TemplateValue(value))
            }
            self = .dictionary(dictionary)
        }
    }

    private init(_ number: JSONNumber) {
        if number.isWrittenAsInteger {
            if let value = Int(number.text) {
                self = .integer(value)
                return
            }
            if let value = WideInteger(number.text, radix: 10) {
                self = .wide(value)
                return
            }
        }
        self = .float(number.double)
    }
}
