internal import Glibc
internal import Synchronization

/// A file that comes in several parts at once.
///
/// Behind the end of what the file will be stands how far each part is, so that a pull that was killed goes on where each
/// ended: `PONDPART`, the count of parts, and for each part the offset of its next byte and its end, eight bytes each. A
/// file as ``PartialFile`` leaves it, which has no such table, is a first part that is there already.
final class PartedFile: Sendable {
    /// What is missing of a part: `next` up to `end`.
    struct Part: Hashable, Sendable {
        var next: Int
        let end: Int
    }

    private static let signature: UInt64 = 0x5452_4150_444E_4F50
    private static let partLimit = 256
    private static let headByteCount = 16
    private static let pieceByteCount = 1 << 20

    private let path: String
    private let file: RepositoryFile
    private let descriptor: Int32
    private let state: Mutex<[Part]>

    /// Opens the file, and divides what is missing of it where no earlier try has.
    init(_ path: String, of file: RepositoryFile, partCount: Int) throws(HubError) {
        self.path = path
        self.file = file
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .system("\(path): the file cannot be written") }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        if let parts = Self.readTable(descriptor, size: size, of: file) {
            state = Mutex(parts)
        } else {
            let start = size <= file.byteCount ? size : 0
            state = Mutex(Self.divide(start..<file.byteCount, by: partCount))
            if start == 0, ftruncate(descriptor, 0) != 0 { throw .system("\(path): the file cannot be written") }
            try writeTable()
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// The bytes that are missing of what an earlier try left; all of them where it is nothing that can be gone on with.
    static func missingByteCount(_ path: String, of file: RepositoryFile) -> Int {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return file.byteCount }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        let parts = readTable(descriptor, size: size, of: file)
        return parts.map { $0.reduce(0) { $0 + $1.end - $1.next } } ?? file.byteCount
    }

    var parts: [Part] { state.withLock { $0 } }

    /// How much there is.
    var byteCount: Int {
        state.withLock { parts in file.byteCount - parts.reduce(0) { $0 + $1.end - $1.next } }
    }

    /// Adds bytes to a part. Parts are written to by one thread each.
    func append(_ bytes: ArraySlice<UInt8>, to index: Int) throws(HubError) {
        let offset = state.withLock { $0[index].next }
        try write(Array(bytes), at: offset)
        state.withLock { $0[index].next = offset + bytes.count }
        try write(Self.bytes([offset + bytes.count]), at: file.byteCount + Self.headByteCount + index * 16)
    }

    /// Forgets what there is.
    func clear() throws(HubError) {
        guard ftruncate(descriptor, 0) == 0 else { throw .system("\(path): the file cannot be written") }
    }

    /// Where all bytes are there and come to the digest, has the disk keep them and gives the file its name.
    ///
    /// - Returns: whether they do.
    func move(to destination: String, ifRight isCancelled: () -> Bool) throws(HubError) -> Bool {
        guard try isRight(isCancelled) else { return false }
        guard ftruncate(descriptor, off_t(file.byteCount)) == 0, fdatasync(descriptor) == 0,
            unsafe rename(path, destination) == 0
        else { throw .system("\(destination): the file cannot be written") }
        return true
    }

    private func isRight(_ isCancelled: () -> Bool) throws(HubError) -> Bool {
        var digest = DigestState(of: file.digest, byteCount: file.byteCount)
        var space = [UInt8](repeating: 0, count: Self.pieceByteCount)
        var offset = 0
        while offset < file.byteCount {
            if isCancelled() { throw .cancelled }
            let wanted = min(space.count, file.byteCount - offset)
            let count = unsafe space.withUnsafeMutableBytes { space in
                unsafe pread(descriptor, space.baseAddress, wanted, off_t(offset))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("\(path): the file cannot be read") }
            digest.update(space[..<count])
            offset += count
        }
        return digest.finish() == file.digest.name
    }
}

extension PartedFile {
    private static func divide(_ range: Range<Int>, by count: Int) -> [Part] {
        let count = min(max(1, count), partLimit)
        let length = (range.count + count - 1) / count
        return stride(from: range.lowerBound, to: range.upperBound, by: max(1, length)).map { start in
            Part(next: start, end: min(start + length, range.upperBound))
        }
    }

    private func writeTable() throws(HubError) {
        let parts = parts
        let numbers = [Int(Self.signature), parts.count] + parts.flatMap { [$0.next, $0.end] }
        try write(Self.bytes(numbers), at: file.byteCount)
    }

    /// Nil where there is none, or none that this file can have.
    private static func readTable(_ descriptor: Int32, size: Int, of file: RepositoryFile) -> [Part]? {
        let byteCount = size - file.byteCount
        guard byteCount >= headByteCount, byteCount <= headByteCount + 16 * partLimit else { return nil }
        var space = [UInt8](repeating: 0, count: byteCount)
        let count = unsafe space.withUnsafeMutableBytes { space in
            unsafe pread(descriptor, space.baseAddress, space.count, off_t(file.byteCount))
        }
        guard count == byteCount, byteCount % 16 == 0 else { return nil }
        let numbers = stride(from: 0, to: byteCount, by: 8).map { start in
            (0..<8).reduce(UInt64(0)) { $0 | UInt64(space[start + $1]) << UInt64(8 * $1) }
        }
        guard numbers[0] == signature, numbers[1] == UInt64((numbers.count - 2) / 2) else { return nil }
        var parts: [Part] = []
        for index in stride(from: 2, to: numbers.count, by: 2) {
            guard let next = Int(exactly: numbers[index]), let end = Int(exactly: numbers[index + 1]),
                next <= end, end <= file.byteCount, next >= parts.last?.end ?? 0
            else { return nil }
            parts.append(Part(next: next, end: end))
        }
        return parts.last?.end == file.byteCount ? parts : nil
    }

    /// Eight bytes each, the lowest first.
    private static func bytes(_ numbers: [Int]) -> [UInt8] {
        numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
    }

    private func write(_ bytes: [UInt8], at offset: Int) throws(HubError) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { space in
                unsafe pwrite(
                    descriptor, space.baseAddress?.advanced(by: written), space.count - written,
                    off_t(offset + written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("\(file.path)") }
            written += count
        }
    }
}
