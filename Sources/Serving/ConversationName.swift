internal import Chat
internal import JSON

/// What stands for a conversation up to some message, and for messages that may follow: by what is said and called, not by how
/// a client spells it.
///
/// White space around texts, the order and spacing of JSON and what was thought make no difference. The sums are of Swift's
/// hash function, whose key is new in each process: nobody can make two conversations that share a name.
struct ConversationName: Sendable {
    private let owner: HashSum
    private var sum: HashSum

    /// The empty conversation of a client, apart from those of others and those under another salt.
    init(owner: [UInt8]?, salt: String?) {
        var sum = HashSum()
        sum.add(owner == nil ? 0 : 1)
        for byte in owner ?? [] {
            sum.add(Int(byte))
        }
        sum.add(salt == nil ? 0 : 1)
        sum.add(salt ?? "")
        self.owner = sum
        self.sum = sum
    }

    mutating func append(_ message: ChatMessage) {
        sum.add(message)
    }

    /// The names of a message that comes next: by the ids of its calls, if all have one, and by all that was said before it.
    func names(of message: ChatMessage) -> [ReasoningMemory.Name] {
        var byContext = sum
        byContext.add("context")
        byContext.add(message)
        guard !message.toolCalls.isEmpty, message.toolCalls.allSatisfy({ !$0.id.isEmpty }) else {
            return [byContext.name]
        }
        var byID = owner
        byID.add("ids")
        byID.add(message)
        for call in message.toolCalls {
            byID.add(call.id)
        }
        return [byID.name, byContext.name]
    }
}

/// A sum of 128 bits: two of 64 that begin differently.
private struct HashSum: Sendable {
    private var first = Hasher()
    private var second = Hasher()

    init() {
        second.combine(1)
    }

    var name: ReasoningMemory.Name {
        ReasoningMemory.Name(first: first.finalized, second: second.finalized)
    }

    mutating func add(_ number: Int) {
        first.combine(number)
        second.combine(number)
    }

    /// The text's bytes, and how many they are, so that texts cannot flow into one another.
    mutating func add(_ text: some StringProtocol) {
        var text = String(text)
        text.withUTF8 { bytes in
            add(bytes.count)
            unsafe first.combine(bytes: UnsafeRawBufferPointer(bytes))
            unsafe second.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
    }

    mutating func add(_ message: ChatMessage) {
        add(message.role.rawValue)
        add((message.content ?? "").trimmingWhiteSpace)
        add(message.toolCalls.count)
        for call in message.toolCalls {
            add(call.name)
            if let arguments = try? JSONValue(parsing: call.arguments) {
                add(arguments)
            } else {
                add(call.arguments)
            }
        }
    }

    private mutating func add(_ value: JSONValue) {
        add(value.kind)
        switch value {
        case .null: break
        case .bool(let flag): add(flag ? 1 : 0)
        case .number(let number): add(Int(truncatingIfNeeded: number.double.bitPattern))
        case .string(let text): add(text)
        case .array(let elements):
            add(elements.count)
            elements.forEach { add($0) }
        case .object(let members):
            add(members.count)
            for member in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                add(member.key)
                add(member.value)
            }
        }
    }
}

extension Hasher {
    fileprivate var finalized: Int {
        let copy = self
        return copy.finalize()
    }
}

extension String {
    fileprivate var trimmingWhiteSpace: Substring {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
