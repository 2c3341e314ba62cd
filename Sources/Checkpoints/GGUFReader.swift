/// A cursor over a GGUF file's head. Every read is bounded, and says where and what was missing.
struct GGUFReader {
    let file: MappedFile
    private(set) var offset = 0

    init(_ file: MappedFile) {
        self.file = file
    }

    /// Bytes from the cursor to the end.
    var remaining: Int { file.bytes.count - offset }

    /// The next little-endian integer.
    mutating func integer<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ what: String,
        as type: Integer.Type = Integer.self
    ) throws(CheckpointError) -> Integer {
        guard let value = file.bytes.integer(at: offset, as: Integer.self) else {
            throw cut(what, MemoryLayout<Integer>.size)
        }
        offset += MemoryLayout<Integer>.size
        return value
    }

    /// A count of things of which each takes at least `minimumByteCount` bytes: what follows must have room for them.
    mutating func count(_ what: String, minimumByteCount: Int, limit: Int = .max) throws(CheckpointError) -> Int {
        let start = offset
        let value = try integer("the number of \(what)", as: UInt64.self)
        let most = min(limit, remaining / max(minimumByteCount, 1))
        guard let count = Int(exactly: value), count <= most else {
            throw error(at: start, expected: "at most \(most) \(what)", found: "\(value)")
        }
        return count
    }

    /// The range of the next string's bytes: a 64-bit length, then that many bytes.
    mutating func stringRange(_ what: String, limit: Int) throws(CheckpointError) -> Range<Int> {
        let start = offset
        let length = try integer("the length of \(what)", as: UInt64.self)
        guard let length = Int(exactly: length), length <= limit else {
            throw error(at: start, expected: "\(what) of at most \(limit) bytes", found: "a length of \(length)")
        }
        return try skip(length, what)
    }

    /// The next string, which must be UTF-8.
    mutating func string(_ what: String, limit: Int) throws(CheckpointError) -> String {
        let range = try stringRange(what, limit: limit)
        guard let text = file.bytes.text(range) else {
            throw error(at: range.lowerBound, expected: "\(what) in UTF-8", found: "other bytes")
        }
        return text
    }

    /// Passes over a number of bytes and says which they were.
    @discardableResult
    mutating func skip(_ byteCount: Int, _ what: String) throws(CheckpointError) -> Range<Int> {
        guard byteCount <= remaining else { throw cut(what, byteCount) }
        defer { offset += byteCount }
        return offset..<offset + byteCount
    }

    func error(at place: Int, expected: String, found: String) -> CheckpointError {
        CheckpointError(file: file.name, offset: place, expected: expected, found: found)
    }

    private func cut(_ what: String, _ byteCount: Int) -> CheckpointError {
        error(at: offset, expected: "\(what) (\(byteCount) bytes)", found: "the end of the file after \(remaining)")
    }
}
