internal import Glibc

/// A file that is not whole yet, and the digest of what there is of it.
struct PartialFile: ~Copyable {
    private static let pieceByteCount = 1 << 20

    private let path: String
    private let file: RepositoryFile
    private let descriptor: Int32
    private var digest: DigestState
    /// How much there is.
    private(set) var byteCount = 0

    private init(_ path: String, of file: RepositoryFile, descriptor: Int32) {
        self.path = path
        self.file = file
        self.descriptor = descriptor
        digest = DigestState(of: file.digest, byteCount: file.byteCount)
    }

    deinit {
        close(descriptor)
    }

    /// Opens the file, and takes in what an earlier try left of it.
    static func opened(
        _ path: String, of file: RepositoryFile, isCancelled: () -> Bool
    ) throws(HubError) -> PartialFile {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw .system("\(path): the file cannot be written") }
        var partial = PartialFile(path, of: file, descriptor: descriptor)
        try partial.readAll(isCancelled)
        return partial
    }

    /// Forgets what there is.
    mutating func clear() throws(HubError) {
        guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
            throw .system("\(path): the file cannot be written")
        }
        digest = DigestState(of: file.digest, byteCount: file.byteCount)
        byteCount = 0
    }

    /// Adds bytes.
    mutating func append(_ bytes: [UInt8]) throws(HubError) {
        digest.update(bytes[...])
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { space in
                unsafe write(descriptor, space.baseAddress?.advanced(by: written), space.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("\(file.path)") }
            written += count
        }
        byteCount += bytes.count
    }

    /// Whether the bytes are what the hub said they are. Nothing can be added afterwards.
    mutating func isRight() -> Bool {
        byteCount == file.byteCount && digest.finish() == file.digest.name
    }

    /// Has the disk keep the bytes, and gives the file its name.
    func move(to destination: String) throws(HubError) {
        guard fdatasync(descriptor) == 0, unsafe rename(path, destination) == 0 else {
            throw .system("\(destination): the file cannot be written")
        }
    }

    private mutating func readAll(_ isCancelled: () -> Bool) throws(HubError) {
        var space = [UInt8](repeating: 0, count: Self.pieceByteCount)
        while true {
            if isCancelled() { throw .cancelled }
            let count = unsafe space.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system("\(path): the file cannot be read") }
            if count == 0 { return }
            digest.update(space[..<count])
            byteCount += count
            // Nothing of ours is longer than what it becomes.
            if byteCount > file.byteCount { return try clear() }
        }
    }
}
