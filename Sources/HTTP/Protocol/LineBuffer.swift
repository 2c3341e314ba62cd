/// Bytes that have arrived and were not parsed yet, taken line by line or in runs.
struct LineBuffer: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0
    private var searched = 0

    /// How many bytes wait.
    var count: Int { bytes.count - start }

    /// Adds bytes at the end.
    mutating func append(_ more: ArraySlice<UInt8>) {
        if start == bytes.count { removeAll() }
        bytes += more
    }

    /// Gives the memory back if nothing waits.
    mutating func shrink() {
        if start == bytes.count { removeAll() }
    }

    /// Drops everything, and the memory with it.
    mutating func removeAll() {
        bytes = []
        start = 0
        searched = 0
    }

    /// What came of looking for a line.
    enum Line: Equatable {
        /// A whole line, without its CR LF.
        case whole(ArraySlice<UInt8>)
        /// The line has not arrived to its end.
        case incomplete
        /// The line has more than the allowed number of bytes, CR LF included.
        case tooLong
        /// The line ends in a bare LF, or holds a CR elsewhere. Section 2.2 allows a bare LF; strict peers do not.
        case malformed
    }

    /// Takes the next line of at most `limit` bytes.
    mutating func nextLine(limit: Int) -> Line {
        let window = min(bytes.count, start + limit)
        let from = min(searched, window)
        guard let end = bytes[from..<window].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = window
            return count >= limit ? .tooLong : .incomplete
        }
        let line = bytes[start..<end]
        start = end + 1
        searched = start
        guard line.last == UInt8(ascii: "\r"), line.firstIndex(of: UInt8(ascii: "\r")) == end - 1 else {
            return .malformed
        }
        return .whole(line.dropLast())
    }

    /// Takes up to `limit` bytes.
    mutating func take(upTo limit: Int) -> [UInt8] {
        let end = min(bytes.count, start + limit)
        let taken = Array(bytes[start..<end])
        start = end
        searched = end
        if start == bytes.count { removeAll() }
        return taken
    }
}
