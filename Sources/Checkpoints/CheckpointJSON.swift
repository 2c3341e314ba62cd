internal import JSON

/// JSON of a checkpoint's files, with the errors of this module.
enum CheckpointJSON {
    /// The object in a range of a file. Refuses other values, text after it, and a key that stands twice.
    static func object(_ file: MappedFile, _ range: Range<Int>, limit: Int) throws(CheckpointError) -> JSONObject {
        guard range.count <= limit, let slice = unsafe file.bytes.slice(range) else {
            throw CheckpointError(
                file: file.name,
                offset: range.lowerBound,
                expected: "at most \(limit) bytes of JSON",
                found: "\(range.count)"
            )
        }
        return try object(unsafe [UInt8](slice), file: file.name, offset: range.lowerBound)
    }

    /// The object that the bytes spell.
    static func object(_ bytes: [UInt8], file: String, offset: Int = 0) throws(CheckpointError) -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw CheckpointError(
                file: file,
                offset: offset + error.offset,
                expected: "JSON",
                found: error.reason
            )
        }
        guard case .object(let object) = value else {
            throw CheckpointError(file: file, offset: offset, expected: "a JSON object", found: "another JSON value")
        }
        guard memberCount(bytes) == memberCount(value) else {
            throw CheckpointError(file: file, offset: offset, expected: "each key once", found: "a key twice")
        }
        return object
    }

    /// The members that valid JSON text spells, counted by their colons.
    private static func memberCount(_ bytes: [UInt8]) -> Int {
        var count = 0
        var isInString = false
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\"") {
                isInString.toggle()
            } else if isInString {
                isEscaped = byte == UInt8(ascii: "\\")
            } else if byte == UInt8(ascii: ":") {
                count += 1
            }
        }
        return count
    }

    /// The members that the parsed value kept.
    private static func memberCount(_ value: JSONValue) -> Int {
        switch value {
        case .object(let object): object.reduce(object.count) { $0 + memberCount($1.value) }
        case .array(let elements): elements.reduce(0) { $0 + memberCount($1) }
        default: 0
        }
    }
}
