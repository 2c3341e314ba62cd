internal import Glibc

/// The file of a snapshot: a head, and the bytes of its blocks behind it.
@safe
struct SnapshotFile: ~Copyable {
    private let descriptor: CInt
    /// Of the whole file.
    private(set) var byteCount: Int
    let index: SnapshotIndex
    /// What is written now and becomes `path` when it is whole; nil for a file that is read.
    private let partial: (path: String, finalPath: String)?

    private init(
        _ descriptor: CInt, byteCount: Int, _ index: SnapshotIndex, partial: (path: String, finalPath: String)?
    ) {
        self.descriptor = descriptor
        self.byteCount = byteCount
        self.index = index
        self.partial = partial
    }

    /// Opens a snapshot and reads its head.
    static func reading(_ path: String) throws(SnapshotError) -> SnapshotFile {
        // Another user's link is not followed, and no queue of another process is waited for.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .unreadable(reason: reason()) }
        do {
            let byteCount = try byteCount(of: descriptor)
            let index = try index(of: descriptor, byteCount: byteCount)
            return SnapshotFile(descriptor, byteCount: byteCount, index, partial: nil)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Begins a new file that takes a path's place when it is finished.
    static func writing(_ path: String, _ index: SnapshotIndex) throws(SnapshotError) -> SnapshotFile {
        let partialPath = "\(path).\(getpid()).partial"
        unsafe unlink(partialPath)
        let descriptor = unsafe open(partialPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unwritable(reason: reason()) }
        var file = SnapshotFile(descriptor, byteCount: 0, index, partial: (partialPath, path))
        try unsafe index.encoded().span.withUnsafeBytes { (head) throws(SnapshotError) in try unsafe file.append(head) }
        return file
    }

    deinit {
        // A finished file has its final name.
        if let partial { unsafe unlink(partial.path) }
        close(descriptor)
    }

    /// Reads a block.
    func read(block place: Int, into buffer: UnsafeMutableRawBufferPointer) throws(SnapshotError) {
        let start = byteCount - (index.entries.count - place) * index.blockByteCount
        try unsafe Self.read(buffer, from: descriptor, at: start)
        guard unsafe SnapshotDigest.of(UnsafeRawBufferPointer(buffer)) == index.entries[place].digest else {
            throw .damaged
        }
    }

    /// Appends bytes.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(SnapshotError) {
        var done = 0
        while done < bytes.count {
            let count = unsafe write(descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .unwritable(reason: Self.reason()) }
            done += count
        }
        byteCount += done
    }

    /// Gives a file that was written its name.
    func finish() throws(SnapshotError) {
        guard let partial else { return }
        guard fsync(descriptor) == 0, unsafe rename(partial.path, partial.finalPath) == 0 else {
            throw .unwritable(reason: Self.reason())
        }
    }

    private static func byteCount(of descriptor: CInt) throws(SnapshotError) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .unreadable(reason: reason()) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .foreign }
        return Int(status.st_size)
    }

    private static func index(of descriptor: CInt, byteCount: Int) throws(SnapshotError) -> SnapshotIndex {
        let fixed = try read(min(byteCount, SnapshotIndex.fixedByteCount), from: descriptor)
        let headByteCount = try SnapshotIndex.headByteCount(fixed)
        guard headByteCount <= byteCount else { throw .damaged }
        let index = try SnapshotIndex(try read(headByteCount, from: descriptor))
        let (blocks, overflow) = index.blockByteCount.multipliedReportingOverflow(by: index.entries.count)
        guard !overflow, byteCount - headByteCount == blocks else { throw .damaged }
        return index
    }

    /// The first bytes of a file.
    private static func read(_ count: Int, from descriptor: CInt) throws(SnapshotError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        try unsafe span.withUnsafeMutableBytes { (buffer) throws(SnapshotError) in
            try unsafe read(buffer, from: descriptor, at: 0)
        }
        return bytes
    }

    /// Fills a buffer from a place in a file.
    private static func read(
        _ buffer: UnsafeMutableRawBufferPointer, from descriptor: CInt, at offset: Int
    ) throws(SnapshotError) {
        var done = 0
        while done < buffer.count {
            let count = unsafe pread(
                descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done, offset + done)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(reason: reason()) }
            guard count > 0 else { throw .damaged }
            done += count
        }
    }

    private static func reason() -> String { unsafe String(cString: strerror(errno)) }
}
