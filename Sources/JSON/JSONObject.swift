/// The members of a JSON object in their order of insertion.
///
/// A key set twice keeps its first place and its last value. Keys are compared by Unicode scalars.
public struct JSONObject: Sendable {
    private var members: [Element] = []
    // Empty while the object is small: a linear search is then faster than hashing.
    private var positions: [ScalarKey: Int] = [:]

    private static let linearSearchLimit = 12

    /// An object without members.
    public init() {}

    /// An object with these members; of members with the same key, the first gives the place and the last the value.
    public init(_ members: some Sequence<(String, JSONValue)>) {
        for (key, value) in members {
            self[key] = value
        }
    }

    /// The keys, in order.
    public var keys: [String] { members.map(\.key) }

    /// The values, in order of their keys.
    public var values: [JSONValue] { members.map(\.value) }

    /// The value of a member; setting nil removes it.
    public subscript(key: String) -> JSONValue? {
        get {
            position(of: key).map { members[$0].value }
        }
        set {
            guard let newValue else {
                removeMember(key)
                return
            }
            if let position = position(of: key) {
                members[position].value = newValue
            } else {
                appendMember(key, newValue)
            }
        }
    }

    /// Whether there is a member of this name, be it `null`.
    public func contains(key: String) -> Bool {
        position(of: key) != nil
    }
}

extension JSONObject: RandomAccessCollection {
    /// A member.
    public typealias Element = (key: String, value: JSONValue)

    public var startIndex: Int { 0 }
    public var endIndex: Int { members.count }

    public subscript(position: Int) -> Element { members[position] }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral members: (String, JSONValue)...) { self.init(members) }
}

extension JSONObject: Equatable {
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }
}

extension JSONObject {
    private func position(of key: String) -> Int? {
        positions.isEmpty
            ? members.firstIndex { $0.key.hasSameScalars(as: key) }
            : positions[ScalarKey(text: key)]
    }

    private mutating func appendMember(_ key: String, _ value: JSONValue) {
        members.append((key, value))
        if !positions.isEmpty {
            positions[ScalarKey(text: key)] = members.count - 1
        } else if members.count > Self.linearSearchLimit {
            indexMembers()
        }
    }

    private mutating func removeMember(_ key: String) {
        guard let position = position(of: key) else { return }
        members.remove(at: position)
        if !positions.isEmpty {
            indexMembers()
        }
    }

    private mutating func indexMembers() {
        positions.removeAll(keepingCapacity: true)
        for (position, member) in members.enumerated() {
            positions[ScalarKey(text: member.key)] = position
        }
    }
}
