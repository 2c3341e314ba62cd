/// The keys and values at the head of a GGUF file.
///
/// A getter answers nil for a key that is not there and throws for a value of another type. Arrays are read from the
/// file on each call, in one pass: keep the result.
public struct GGUFMetadata: Sendable {
    /// All keys, in the file's order.
    public let keys: [String]
    private let entries: [String: Entry]
    private let file: MappedFile

    struct Entry: Sendable {
        let value: GGUFValue
        /// Where the value begins.
        let offset: Int
    }

    init(file: MappedFile, keys: [String], entries: [String: Entry]) {
        self.file = file
        self.keys = keys
        self.entries = entries
    }

    /// A string; bytes that are not UTF-8 were replaced.
    public func string(_ key: String) throws(CheckpointError) -> String? {
        try value(key, "a string") { if case .string(let text) = $0 { text } else { nil } }
    }

    /// An integer of any width that fits.
    public func integer(_ key: String) throws(CheckpointError) -> Int? {
        try value(key, "an integer") {
            switch $0 {
            case .signed(let value): Int(exactly: value)
            case .unsigned(let value): Int(exactly: value)
            default: nil
            }
        }
    }

    /// A float of either width; an integer serves too.
    public func double(_ key: String) throws(CheckpointError) -> Double? {
        try value(key, "a number") {
            switch $0 {
            case .float(let value): value
            case .signed(let value): Double(value)
            case .unsigned(let value): Double(value)
            default: nil
            }
        }
    }

    public func bool(_ key: String) throws(CheckpointError) -> Bool? {
        try value(key, "a boolean") { if case .bool(let value) = $0 { value } else { nil } }
    }

    /// An array of strings, such as `tokenizer.ggml.tokens` and `tokenizer.ggml.merges`.
    public func strings(_ key: String) throws(CheckpointError) -> [String]? {
        try array(key, "an array of strings") { $0.strings }
    }

    /// An array of integers, such as `tokenizer.ggml.token_type`.
    public func integers(_ key: String) throws(CheckpointError) -> [Int32]? {
        try array(key, "an array of integers") { $0.integers }
    }

    /// An array of 32-bit floats, such as `tokenizer.ggml.scores`.
    public func floats(_ key: String) throws(CheckpointError) -> [Float]? {
        try array(key, "an array of floats") { $0.floats }
    }

    public func booleans(_ key: String) throws(CheckpointError) -> [Bool]? {
        try array(key, "an array of booleans") { $0.booleans }
    }

    /// The number of an array's elements, without reading them.
    public func elementCount(_ key: String) throws(CheckpointError) -> Int? {
        try array(key, "an array") { $0.count }
    }

    /// Calls the body with the bytes of each string of an array, in order, without copying them.
    ///
    /// - Returns: false where the key is not there.
    public func forEachString(
        _ key: String,
        _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(CheckpointError) -> Bool {
        try array(key, "an array of strings") { unsafe $0.forEachString(body) ? true : nil } ?? false
    }

    /// The error for a value that does not serve.
    public func error(_ key: String, expected: String, found: String) -> CheckpointError {
        CheckpointError(
            file: file.name,
            offset: entries[key]?.offset,
            expected: "\(expected) for \(key)",
            found: found
        )
    }

    private func value<Value>(
        _ key: String,
        _ expected: String,
        _ convert: (GGUFValue) -> Value?
    ) throws(CheckpointError) -> Value? {
        guard let entry = entries[key] else { return nil }
        guard let value = convert(entry.value) else {
            throw error(key, expected: expected, found: entry.value.kind)
        }
        return value
    }

    private func array<Value>(
        _ key: String,
        _ expected: String,
        _ convert: (GGUFArray) -> Value?
    ) throws(CheckpointError) -> Value? {
        try value(key, expected) { if case .array(let array) = $0 { convert(array) } else { nil } }
    }
}
